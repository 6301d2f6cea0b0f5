"""docs/gold.md's way from a GLiNER with pickled weights to one that finerweb loads."""

from pathlib import Path

import pytest
from documented import commands, run_all
from encoders import make_encoder

from finerweb.evaluation.predictors import load_predictor
from finerweb.gliner.loading import icu_words
from finerweb.models import add
from finerweb.params.evaluate import GlinerParams

pytestmark = [pytest.mark.slow, pytest.mark.long]
PARAMS = {"kind": "gliner", "threshold": 0.0, "batch_size": 2, "types_at_once": 2, "words": "icu"}


def test_a_gliner_gets_safe_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from gliner import GLiNER

    monkeypatch.setenv("FINERWEB_MODELS", str(tmp_path / "models"))
    shape = {"model_name": str(make_encoder(tmp_path / "encoder")), "hidden_size": 32}
    model = GLiNER.from_config(shape | {"max_width": 3}, backbone_from_pretrained=False)
    model.save_pretrained(tmp_path / "pickled", safe_serialization=False)
    with pytest.raises(ValueError, match=r"safetensors"):
        add("pickled", tmp_path / "pickled")
    stand_ins = {"urchade/gliner_multi-v2.1": str(tmp_path / "pickled")}
    lines = commands("docs/gold.md", "Predictors", stand_ins)
    run_all(lines, tmp_path, {"HF_HUB_OFFLINE": "1"})
    params = GlinerParams.model_validate(PARAMS | {"model": "local:gliner-multi-v2.1"})
    text = "อันนาเดินทางถึงเชียงใหม่"
    (found,) = load_predictor(params, None, "tha_Thai").predict([text], ["person", "place"])
    starts = {start for _, start, _ in icu_words(text)}
    assert found and {start for start, _, _, _ in found} <= starts
