"""The share of a text's letters in a script."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from texts import texts

from finerweb.corpus.scripts import NAMES, share_in_script


@pytest.mark.parametrize(
    ("text", "script", "share"),
    [
        ("Straße", "Latn", 1),
        ("Ａｂｃ ﬁ", "Latn", 1),
        ("Amélie Ame\u0301lie", "Latn", 1),
        ("o‘zbek oʻzbek", "Latn", 1),
        ("Ана OK", "Cyrl", 0.6),
        ("Ана OK", "Latn", 0.4),
        ("aа", "Latn", 0.5),
        ("हिन्दी में १२३", "Deva", 1),
        ("بِسْمِ ١٢٣ ـ", "Arab", 1),
        ("ไทย กรุงเทพ ๑๒๓", "Thai", 1),
        ("東京タワーへ行く。", "Jpan", 1),
        ("東京タワーへ行く。", "Hani", 3 / 8),
        ("北京，中国。", "Hani", 1),
        ("北京，中国。", "Jpan", 1),
        ("人々", "Hani", 1),
        ("한국 韓國", "Hang", 0.5),
        ("ཨོཾ ab", "Latn", 2 / 3),
        ("𠀀𠀁 ab", "Hani", 0.5),
        ("𝔄 a", "Latn", 0.5),
        ("", "Latn", 0),
        ("1234 ?! 👩‍🚀 🇩🇪", "Latn", 0),
        ("a\ud800", "Latn", 1),
        ("\u0301\u064b\u093e", "Deva", 0),
    ],
)
def test_share(text: str, script: str, share: float) -> None:
    assert share_in_script(text, script) == pytest.approx(share)


def test_unknown_script() -> None:
    with pytest.raises(ValueError, match="unknown script 'Zzzz': expected one of Arab, Armn"):
        share_in_script("a", "Zzzz")


@given(texts(), texts(), st.sampled_from(sorted(NAMES)))
def test_the_share_of_two_texts_lies_between(one: str, other: str, script: str) -> None:
    """Weighted by their letters; order, digits, marks and spaces change nothing."""
    letters = [sum(unicodedata.category(c)[0] == "L" for c in text) for text in (one, other)]
    whole = share_in_script(one + other, script)
    expected = sum(
        n * share_in_script(text, script) for n, text in zip(letters, (one, other), strict=True)
    ) / max(sum(letters), 1)
    assert whole == pytest.approx(expected)
    assert share_in_script(f"{other} 42{one}\u0301", script) == pytest.approx(whole)


@pytest.mark.slow
def test_agrees_with_unicode() -> None:
    """Beside the script property of Unicode: all letters but a few hundred rare ones agree."""
    regex = pytest.importorskip("regex")
    of = {"Jpan": r"[\p{Hira}\p{Kana}\p{Han}]", "Hani": r"\p{Han}"}
    letters = "".join(chr(p) for p in range(0x40000) if unicodedata.category(chr(p))[0] == "L")
    for script in NAMES:
        # Hentaigana, and Latin modifier letters and ordinals.
        rare = {"Jpan": 300, "Latn": 200}.get(script, 10)
        own = "".join(regex.findall(of.get(script, rf"\p{{Script={script}}}"), letters))
        others = "".join(set(letters) - set(own))
        assert len(own) > 30
        assert share_in_script(own, script) * len(own) >= len(own) - rare, script
        assert share_in_script(others, script) * len(others) <= rare, script
