"""How useful a passage is for NER, on the paper's scale of 1 to 4, read out of an LLM.

Two read-outs. ``digit`` asks for the digit, as the paper does. ``criteria`` asks the scale's
additive criteria one by one as yes/no questions, the passage first so that its prefix is cached,
and adds up the probabilities of yes: small models cannot grade, but they can answer.
"""

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from finerweb.languages import language
from finerweb.llm.requests import TOO_LONG, Reply, Request
from finerweb.llm.templates import render
from finerweb.params.raters import RaterParams
from finerweb.records import Passage
from finerweb.tables.io import Row
from finerweb.tally import Tally

CRITERIA = (
    "Is this text a report, article or story about particular named people, places or "
    "organizations?",
    "Does this text name entities from different fields, and tell enough about them to understand "
    "what they are?",
    "Is this text rich in names of people, places, organizations, events and dates?",
)
N_FIRST_TOKENS = 20


@dataclass(frozen=True, slots=True)
class Rating:
    """A rating from 1 to 4, and its rounded score; or the reason why there is none."""

    rating: float | None
    dropped: str | None = None

    @property
    def score(self) -> int | None:
        """Return the rating rounded to the nearest integer, halves up."""
        return None if self.rating is None else math.floor(self.rating + 0.5)


def one_a_document(passages: Iterable[Passage]) -> list[Passage]:
    """Return one passage of each rating document, the one of the smallest hash."""
    chosen: dict[str, tuple[str, Passage]] = {}
    for passage in passages:
        if passage.part == "rating":
            digest = hashlib.sha256(passage.passage_id.encode()).hexdigest()
            best = chosen.get(passage.document_id)
            if best is None or digest < best[0]:
                chosen[passage.document_id] = (digest, passage)
    return [passage for _, passage in chosen.values()]


def requests(passage: Passage, params: RaterParams) -> list[Request]:
    """Return the questions to ask about a passage, one or three; a base model gets them as text."""
    fields = {"language": language(passage.language).name, "passage": passage.text}
    if params.read_out == "digit":
        prompts = [render("digit.jinja", **fields)]
    else:
        prompts = [render("criteria.jinja", question=q, **fields) for q in CRITERIA]
    return [
        Request(
            subject=passage.passage_id,
            messages=(("user", prompt),) if params.chat else None,
            prompt=None if params.chat else f"{prompt}\nAnswer:",
            max_tokens=1,
            logprobs=N_FIRST_TOKENS,
        )
        for prompt in prompts
    ]


def read(replies: Sequence[Reply], params: RaterParams) -> Rating:
    """Return the rating in the replies to `requests`.

    By ``criteria`` it is 1 plus, for each criterion, the logistic of how far the log-odds of yes
    are above those of ``params.yes_at``: half a point where yes is as likely as that, since small
    models say yes too easily.
    """
    if params.read_out == "digit":
        return _digit(replies[0])
    rating = 1.0
    for reply, even in zip(replies, params.yes_at, strict=True):
        yes = probability_of_yes(reply)
        if reply.finish_reason == TOO_LONG:
            return Rating(None, "too long for the model")
        if yes is None:
            return Rating(None, "neither yes nor no")
        rating += 1 / (1 + math.exp(_log_odds(even) - _log_odds(yes)))
    return Rating(round(rating, 4))


def _log_odds(probability: float) -> float:
    clipped = min(max(probability, 1e-6), 1 - 1e-6)
    return math.log(clipped / (1 - clipped))


def probability_of_yes(reply: Reply) -> float | None:
    """Return P(yes) / (P(yes) + P(no)) over the first token's spellings; None without either.

    >>> probability_of_yes(Reply("Yes", "stop", 1, 1, "", (("Yes", 0.0), (" no", -1.0986123))))
    0.75
    """
    mass = {"yes": 0.0, "no": 0.0}
    for token, logprob in reply.first_tokens:
        word = token.strip().lower()
        if word in mass:
            mass[word] += math.exp(logprob)
    total = mass["yes"] + mass["no"]
    return round(mass["yes"] / total, 6) if total else None


def _digit(reply: Reply) -> Rating:
    text = reply.text.strip()
    if text in ("1", "2", "3", "4"):
        return Rating(float(text))
    return Rating(None, "no digit from 1 to 4")


def row(passage: Passage, rater: str, replies: Sequence[Reply], params: RaterParams) -> Row:
    """Return the row of the `ratings` table for a passage and the replies about it."""
    rating = read(replies, params)
    return {
        "passage_id": passage.passage_id,
        "rater": rater,
        "text": passage.text,
        "useful": passage.useful,
        "rating": rating.rating,
        "score": rating.score,
        "dropped": rating.dropped,
        "replies": [reply.to_json() for reply in replies],
    }


def report(rows: Mapping[str, Sequence[Row]]) -> dict[str, object]:
    """Return the counts, and how well the ratings tell useful from useless, by language."""
    everything = [row for rated in rows.values() for row in rated]
    languages = {code: _figures(rated) for code, rated in rows.items()}
    return {"overall": _figures(everything), "languages": languages}


def _figures(rows: Sequence[Row]) -> dict[str, object]:
    tally = Tally()
    for row in rows:
        tally.drop(row["dropped"]) if row["dropped"] else tally.keep()
    kept = [row for row in rows if not row["dropped"]]
    replies = [Reply.from_json(reply) for row in rows for reply in row["replies"]]
    return tally.metrics() | {
        "scores": {str(score): sum(r["score"] == score for r in kept) for score in (1, 2, 3, 4)},
        "roc_auc": roc_auc([(r["useful"], r["rating"]) for r in kept if r["useful"] is not None]),
        "prompt_tokens": sum(reply.n_prompt_tokens for reply in replies),
        "output_tokens": sum(reply.n_output_tokens for reply in replies),
    }


def roc_auc(pairs: Sequence[tuple[bool, float]]) -> float | None:
    """Return the area under the ROC curve of ratings; None without both useful and useless."""
    from sklearn.metrics import roc_auc_score

    if len({useful for useful, _ in pairs}) < 2:
        return None
    return float(roc_auc_score([useful for useful, _ in pairs], [rating for _, rating in pairs]))
