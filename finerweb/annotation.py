"""What an annotator is asked about a passage (section 4.1 of the paper's facts)."""

from collections.abc import Mapping, Sequence

from finerweb.languages import language
from finerweb.llm.requests import Reply, Request
from finerweb.llm.schemas import annotation
from finerweb.llm.templates import render
from finerweb.params.annotators import AnnotatorParams
from finerweb.records import Passage
from finerweb.tables.io import Row


def request(passage: Passage, params: AnnotatorParams) -> Request:
    """Return the request for a passage's entities, to a chat model or to a base model."""
    fields = {"language": language(passage.language).name, "passage": passage.text}
    prompt = render("annotate_chat.jinja" if params.chat else "annotate_base.jinja", **fields)
    return Request(
        subject=passage.passage_id,
        messages=(("user", prompt),) if params.chat else None,
        prompt=None if params.chat else prompt,
        max_tokens=params.max_tokens,
        schema=annotation(params.max_mentions),
    )


def row(passage: Passage, annotator: str, reply: Reply) -> Row:
    """Return the row of the `annotations` table for a reply."""
    return {
        "passage_id": passage.passage_id,
        "annotator": annotator,
        "reply": reply.text,
        "finish_reason": reply.finish_reason,
        "n_prompt_tokens": reply.n_prompt_tokens,
        "n_output_tokens": reply.n_output_tokens,
    }


def report(rows: Mapping[str, Sequence[Row]]) -> dict[str, object]:
    """Return counts and tokens by language and overall."""
    everything = [row for annotated in rows.values() for row in annotated]
    languages = {code: _figures(annotated) for code, annotated in rows.items()}
    return {"overall": _figures(everything), "languages": languages}


def _figures(rows: Sequence[Row]) -> dict[str, int]:
    return {
        "passages": len(rows),
        "cut_off": sum(row["finish_reason"] == "length" for row in rows),
        "prompt_tokens": sum(row["n_prompt_tokens"] for row in rows),
        "output_tokens": sum(row["n_output_tokens"] for row in rows),
    }
