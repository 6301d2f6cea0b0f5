"""The human-labelled sets of FINERWEB_TEST_DATA, counted as their README counts them."""

import os
from pathlib import Path

import pytest
from reach import ROOT

from finerweb.corpus.contamination import EvaluationTexts
from finerweb.corpus.segmentation import words
from finerweb.gold.sets import read_set
from finerweb.params.evaluate import GoldSetParams
from finerweb.params.passages import EvaluationSet

DATA = Path(os.environ.get("FINERWEB_TEST_DATA", ROOT.parent / "shared" / "data")) / "gold"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"no gold sets in {DATA}: set FINERWEB_TEST_DATA"),
]


@pytest.mark.parametrize(
    ("name", "kind", "path", "language", "texts", "mentions", "dropped", "repaired"),
    [
        ("wikigold", "wikigold", "wikigold/eng", "eng_Latn", 1696, 3558, 0, 0),
        ("masakhaner", "masakhaner", "masakhaner2/swa", "swh_Latn", 1883, 4330, 0, 1),
        ("masakhaner", "masakhaner", "masakhaner1/amh", "amh_Ethi", 500, 558, 0, 0),
        ("kaznerd", "columns", "kaznerd/kaz", "kaz_Cyrl", 3000, 3463, 0, 0),
        ("ronec", "tagged", "ronec-2/ron", "ron_Latn", 2000, 12885, 0, 0),
        ("thainer", "thainer", "thainer-1.5/tha", "tha_Thai", 1274, 3284, 0, 0),
        ("uner", "uner", "uner/eng_ewt", "eng_Latn", 2077, 1088, 0, 0),
        ("uner", "uner", "uner/hrv_set", "hrv_Latn", 1136, 1403, 133, 0),
        ("uner", "uner", "uner/srp_set", "srp_Latn", 520, 847, 54, 0),
        ("uner", "uner", "uner/dan_ddt", "dan_Latn", 565, 447, 0, 1),
        ("uner", "uner", "uner/por_bosque", "por_Latn", 1167, 1215, 0, 0),
    ],
)
def test_set(
    name: str,
    kind: str,
    path: str,
    language: str,
    texts: int,
    mentions: int,
    dropped: int,
    repaired: int,
) -> None:
    file = next(one for one in (DATA / path).iterdir() if one.is_file())
    params = {"name": name, "kind": kind, "path": file, "language": language, "split": None}
    gold = read_set(
        GoldSetParams.model_validate(params | {"types": None, "labels": None}), "longest"
    )
    assert len(gold.texts) == texts
    assert gold.report.spans.kept == mentions
    assert gold.report.spans.dropped.total() == dropped
    assert gold.report.repaired == repaired
    for one in gold.texts:
        borders = {place for token in one.tokens or () for place in token}
        if one.tokens is not None:
            assert all(s.start in borders and s.end in borders for s in one.spans)
    known = EvaluationTexts([EvaluationSet(kind=params["kind"], path=file, split=None)], 8)
    long = [one.text for one in gold.texts if len(words(one.text).hashes) >= 8]
    assert len(long) > len(gold.texts) / 3
    assert all(known.share_a_run(words(f"1. {text} 2.").hashes) for text in long)
