"""The table of languages: every code in every tool, and which labels of identifiers mean it."""

import csv
import os
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icu4py.locale import Locale
from reach import ROOT

from finerweb.corpus.scripts import share_in_script
from finerweb.languages import Language, language, languages

TABLE = languages()
PAPER = [row for row in TABLE.values() if row.in_paper]
DATA = Path(os.environ.get("FINERWEB_TEST_DATA", ROOT.parent / "shared" / "data"))
needs_data = pytest.mark.skipif(
    not (DATA / "passages").is_dir(), reason=f"no texts in {DATA}: set FINERWEB_TEST_DATA"
)

SCRIPTS = {
    "Latn": 49, "Cyrl": 8, "Arab": 7, "Deva": 4, "Beng": 2, "Hebr": 2, "Armn": 1, "Ethi": 1,
    "Geor": 1, "Grek": 1, "Gujr": 1, "Guru": 1, "Hang": 1, "Hani": 1, "Jpan": 1, "Khmr": 1,
    "Knda": 1, "Laoo": 1, "Mlym": 1, "Mymr": 1, "Orya": 1, "Sinh": 1, "Taml": 1, "Telu": 1,
    "Thai": 1,
}  # fmt: skip

# The paper's choice where XLM-R's code is a macrolanguage's (section 11 of its facts).
CHOICES = {
    "sq": "als_Latn",
    "ar": "arb_Arab",
    "az": "azj_Latn",
    "zh": "cmn_Hani",
    "et": "ekk_Latn",
    "fa": "fas_Arab",
    "tl": "fil_Latn",
    "om": "gaz_Latn",
    "mn": "khk_Cyrl",
    "lv": "lvs_Latn",
    "ne": "npi_Deva",
    "or": "ory_Orya",
    "ps": "pbt_Arab",
    "mg": "plt_Latn",
    "sw": "swh_Latn",
    "uz": "uzn_Latn",
    "yi": "ydd_Hebr",
    "ms": "zsm_Latn",
    "sr": "srp_Latn",
}


def test_the_paper_has_91_languages_in_25_scripts() -> None:
    assert len(PAPER) == 91
    assert {s: sum(row.script == s for row in PAPER) for s in {r.script for r in PAPER}} == SCRIPTS


def test_fineweb_2_has_ten_more() -> None:
    more = {row.code for row in TABLE.values() if not row.in_paper}
    assert len(more) >= 10
    assert more >= {
        "hau_Latn", "nob_Latn", "nno_Latn", "kmr_Latn", "srp_Cyrl", "yor_Latn", "ibo_Latn",
        "zul_Latn", "kin_Latn", "tgk_Cyrl",
    }  # fmt: skip


@pytest.mark.parametrize("row", TABLE.values(), ids=TABLE)
def test_a_row_is_whole(row: Language) -> None:
    assert len(row.iso639_3) == 3 and len(row.script) == 4 and row.code[3] == "_"
    assert row.name.isascii() or row.code == "nob_Latn"
    assert unicodedata.is_normalized("NFC", row.autonym)
    assert share_in_script(row.autonym, row.script) == 1
    locale = Locale(row.icu)
    assert not locale.bogus and locale.language == row.bcp47.partition("-")[0]
    assert row.glotlid == row.code and row.is_named(row.glotlid)
    assert row.lid176 is None or row.is_named(row.lid176)


def test_codes_in_one_tool_name_one_language() -> None:
    """But for the languages a tool does not tell apart."""
    for of in (lambda r: r.bcp47, lambda r: r.icu, lambda r: r.google):
        codes = [of(row) for row in TABLE.values() if of(row)]
        assert len(set(codes)) == len(codes)
    for of in (lambda r: r.xlmr, lambda r: r.lid176):
        twice = [r.code for r in TABLE.values() if of(r) and of(r) == of(language("srp_Latn"))]
        assert twice == ["srp_Cyrl", "srp_Latn"]
        others = [of(row) for row in TABLE.values() if of(row) and row.code not in twice]
        assert len(set(others)) == len(others)


@pytest.mark.parametrize(("code", "chosen"), CHOICES.items(), ids=CHOICES)
def test_the_papers_choice_for_a_macrolanguage(code: str, chosen: str) -> None:
    assert [row.code for row in PAPER if row.xlmr == code] == [chosen]


def test_xlmr_has_93_languages_of_which_the_paper_leaves_out_two() -> None:
    known = {row.xlmr for row in TABLE.values() if row.xlmr}
    assert len(known) == 93
    # The paper reads Kurmanji's ku as Central Kurdish, which XLM-R was not trained on.
    assert {row.code for row in PAPER if row.xlmr is None} == {"ckb_Arab"}
    assert known - {row.xlmr for row in PAPER} == {"no", "ha", "ku"}
    assert language("kmr_Latn").xlmr == "ku"
    assert language("nno_Latn").xlmr is None


def test_english_is_in_the_table_though_not_in_fineweb_2() -> None:
    assert language("eng_Latn").in_paper


@pytest.mark.parametrize(
    ("code", "icu", "bcp47", "google"),
    [
        ("cmn_Hani", "zh", "zh", "zh-CN"),
        ("srp_Latn", "sr_Latn", "sr-Latn", None),
        ("srp_Cyrl", "sr", "sr", "sr"),
        ("heb_Hebr", "he", "he", "he"),
        ("jav_Latn", "jv", "jv", "jv"),
        ("fil_Latn", "fil", "fil", "fil"),
        ("nob_Latn", "nb", "nb", "no"),
        ("nno_Latn", "nn", "nn", None),
        ("ckb_Arab", "ckb", "ckb", "ckb"),
        ("kmr_Latn", "ku", "ku", "ku"),
        ("ory_Orya", "or", "or", "or"),
        ("nya_Latn", "ny", "ny", "ny"),
        ("kor_Hang", "ko", "ko", "ko"),
        ("zsm_Latn", "ms", "ms", "ms"),
        ("pbt_Arab", "ps", "ps", "ps"),
    ],
)
def test_codes_that_tools_disagree_on(code: str, icu: str, bcp47: str, google: str | None) -> None:
    row = language(code)
    assert (row.icu, row.bcp47, row.google) == (icu, bcp47, google)


def test_direction() -> None:
    rtl = {row.script for row in TABLE.values() if row.direction == "rtl"}
    assert rtl == {"Arab", "Hebr"}
    assert all((row.direction == "rtl") == (row.script in rtl) for row in TABLE.values())


@pytest.mark.parametrize(
    ("code", "labels", "others"),
    [
        ("arb_Arab", "ar ara_Arab arb_Arab", "arz arz_Arab fa"),
        ("cmn_Hani", "zh zho_Hani cmn_Hani zho_Hant", "yue wuu yue_Hani ja"),
        ("swh_Latn", "sw swa_Latn swh_Latn", "rw swc_Latn"),
        ("nob_Latn", "no nor_Latn nob_Latn", "nn da nno_Latn"),
        ("nno_Latn", "nn nor_Latn nno_Latn", "no nob_Latn"),
        ("zsm_Latn", "ms msa_Latn zsm_Latn", "id ind_Latn min"),
        ("ind_Latn", "id ind_Latn", "ms zsm_Latn msa_Latn"),
        ("ekk_Latn", "et est_Latn ekk_Latn", "fi vro_Latn"),
        ("uzn_Latn", "uz uzb_Latn uzn_Latn", "uzn_Cyrl kaa_Latn"),
        ("azj_Latn", "az aze_Latn azj_Latn", "azb azb_Arab tr"),
        ("als_Latn", "sq sqi_Latn als_Latn", "als aln_Latn"),
        ("lvs_Latn", "lv lav_Latn lvs_Latn", "lt ltg_Latn"),
        ("plt_Latn", "mg mlg_Latn plt_Latn", "ms"),
        ("khk_Cyrl", "mn mon_Cyrl khk_Cyrl", "bxr"),
        ("npi_Deva", "ne nep_Deva npi_Deva", "hi dty mai"),
        ("ory_Orya", "or ori_Orya ory_Orya", "bn"),
        ("pbt_Arab", "ps pus_Arab pbt_Arab", "ur fa"),
        ("ydd_Hebr", "yi yid_Hebr ydd_Hebr", "he"),
        ("gaz_Latn", "orm_Latn gaz_Latn", "en so om"),
        ("fas_Arab", "fa fas_Arab pes_Arab prs_Arab", "tg ps"),
        ("fil_Latn", "tl fil_Latn tgl_Latn", "ceb"),
        ("ckb_Arab", "ckb ckb_Arab kur_Arab", "ku kmr_Latn kur_Latn"),
        ("kmr_Latn", "ku kmr_Latn kur_Latn", "ckb ckb_Arab"),
        ("srp_Latn", "sr sh hr bs srp_Latn hbs_Latn", "srp_Cyrl sl hrv_Latn"),
        ("srp_Cyrl", "sr srp_Cyrl hbs_Cyrl", "mk srp_Latn hr"),
        ("hrv_Latn", "hr sh bs sr hrv_Latn", "sl srp_Latn"),
        ("bos_Latn", "bs sh hr sr bos_Latn", "sl srp_Latn"),
        ("xho_Latn", "xho_Latn", "en zul_Latn"),
    ],
)
def test_labels_that_mean_a_language(code: str, labels: str, others: str) -> None:
    row = language(code)
    assert all(row.is_named(label) for label in labels.split())
    assert not any(row.is_named(label) for label in others.split())
    assert not row.is_named("") and not row.is_named("None")


def test_a_label_means_one_language_but_for_documented_ones() -> None:
    shared = {"bs", "hr", "sh", "sr", "hbs_Latn", "nor_Latn"}
    labels = [
        label
        for row in TABLE.values()
        for label in {row.lid176, row.glotlid, *row.also} - {None} - shared
    ]
    assert len(set(labels)) == len(labels)


@needs_data
def test_the_table_agrees_with_the_facts() -> None:
    with (DATA / "languages.csv").open(encoding="utf-8", newline="") as file:
        facts = {row["code"]: row for row in csv.DictReader(file)}
    assert {code for code in facts if facts[code]["in_finerweb_paper"] == "yes"} == {
        row.code for row in PAPER
    }
    for code, fact in facts.items():
        row = language(code)
        assert (row.lid176 or "no") == fact["in_lid176"] or code == "nob_Latn"
        assert (row.xlmr is not None) == (fact["in_xlmr"] == "yes")


UNKNOWN = [
    "", " ", "de", "deu", "deu-Latn", "DEU_LATN", "deu_latn", "deu_Latn ", "deu_Latn\n",
    "deu_Latn\0", "deu_Latn/../fra_Latn", "../../evil", "/etc/passwd", "de;rm -rf", "$(id)",
    "`id`", "*", "dеu_Latn", "ｄｅｕ_Latn", "ara_Arab", "xxx_Latn",
]  # fmt: skip


@pytest.mark.parametrize("code", UNKNOWN, ids=ascii)
def test_unknown_code(code: str) -> None:
    with pytest.raises(ValueError, match="unknown language") as caught:
        language(code)
    assert repr(code) in str(caught.value)


@given(st.one_of(st.text(max_size=12), st.from_regex(r"[a-z]{3}_[A-Z][a-z]{3}", fullmatch=True)))
def test_only_codes_of_the_table_pass(code: str) -> None:
    if code in TABLE:
        assert language(code).code == code
    else:
        with pytest.raises(ValueError, match="unknown language"):
            language(code)


def test_unknown_language_names_the_nearest() -> None:
    with pytest.raises(ValueError, match="Did you mean deu_Latn"):
        language("deu_Cyrl")
