"""A person in five scripts, and rows of translations."""

from finerweb.tables.io import Row

PERSON = {
    "deu_Latn": ("Latn", "Anna Müller", "Person"),
    "arb_Arab": ("Arab", "آنا", "شخص"),
    "hin_Deva": ("Deva", "अन्ना", "व्यक्ति"),
    "tha_Thai": ("Thai", "อันนา", "บุคคล"),
    "cmn_Hani": ("Hani", "安娜", "人物"),
}
"""Where somebody stands in the texts, and what a person is called."""


def translation(kind: str, name: str, status: str = "lexicon", count: int = 1) -> Row:
    return {"type": kind, "translation": name, "status": status, "count": count}
