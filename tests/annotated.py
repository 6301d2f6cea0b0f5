"""A folder of annotated passages in several scripts, as the graph leaves it."""

from pathlib import Path

from texts import SENTENCES

from finerweb.records import Passage, Span
from finerweb.tables.entities import ENTITIES
from finerweb.tables.grounded import GROUNDED
from finerweb.tables.io import write
from finerweb.tables.passages import SELECTED
from finerweb.tables.rows import passage_row

NAMED = {
    "deu_Latn": ("Latn", "Anna Müller", "Straßburg"),
    "arb_Arab": ("Arab", "آنا", "القاهرة"),
    "hin_Deva": ("Deva", "अन्ना", "वाराणसी"),
    "tha_Thai": ("Thai", "อันนา", "เชียงใหม่"),
    "jpn_Jpan": ("Jpan", "アンナ", "京都"),
}
"""Language -> its script, and the person and the city that its sentence names."""


def text_of(code: str) -> str:
    """Return the text of a language's passages."""
    return SENTENCES[NAMED[code][0]]


def place(code: str, surface: str) -> dict[str, int]:
    """Return where a surface stands in the text."""
    start = text_of(code).index(surface)
    return {"start": start, "end": start + len(surface)}


def annotated(data: Path) -> None:
    """Write two passages a language: qwen names the person, gemma person and city; gold on one."""
    for code, (_, person, city) in NAMED.items():
        people, cities = place(code, person), place(code, city)
        gold = (Span(**people, type="human"),)
        selected, entities, grounded = [], [], {"qwen": [], "gemma": []}
        for n in range(2):
            name = f"{code}-{n}#0"
            one = Passage(name, f"{code}-{n}", code, text_of(code), 0, 5, "corpus", rank=n)
            row = passage_row(one) | {"quality_score": 0.5 + n / 4}
            if n == 0:
                row["gold"] = [{"start": s.start, "end": s.end, "type": s.type} for s in gold]
            selected.append(row)
            for where, surface, kind in ((people, person, "person"), (cities, city, "city")):
                found_by = ["qwen", "gemma"] if kind == "person" else ["gemma"]
                sources = [{"annotator": a, **where, "type": kind} for a in found_by]
                entity = {"surface": surface, "labels": [kind], "similarity": None}
                entities.append({"passage_id": name, **where, **entity, "sources": sources})
                for annotator in found_by:
                    mention = {"mention": surface, "type": kind, "status": "grounded"}
                    grounded[annotator].append(
                        {"passage_id": name, "position": len(entities), **mention, **where}
                    )
        write(data / "selected" / f"{code}.parquet", selected, SELECTED)
        write(data / "entities" / f"{code}.parquet", entities, ENTITIES)
        for annotator, rows in grounded.items():
            write(data / "grounded" / annotator / f"{code}.parquet", rows, GROUNDED)
