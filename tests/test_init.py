"""`finerweb init`: a project for one's own corpus, and that the graph runs there."""

import json
import shutil
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from annotated import NAMED, text_of
from click.testing import CliRunner, Result
from conftest import run
from documented import commands, run_all
from reach import ROOT
from scripted_server import scripted_server
from test_own_data import answer

from finerweb.cli.main import main
from finerweb.params.train_regressor import TrainRegressorParams
from finerweb.params.whole import check_params
from finerweb.projects.making import EXAMPLE, EXAMPLES
from finerweb.projects.settings import Settings, params
from finerweb.projects.template import CODE, code, graph, stale
from finerweb.regressor.training import examples
from finerweb.tables.io import read_table
from finerweb.tables.variants import SINGLE, with_confidence

BASE = (ROOT / "presets/sample.yaml").read_text("utf-8")
GRAPH = (ROOT / "dvc.yaml").read_text("utf-8")
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
LANGUAGES = ("tha_Thai", "arb_Arab")
HUB = "hub:organisation/My-Model.7B@" + "a" * 40
BUILT = ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", ".gitignore", "dvc.yaml")


def texts(folder: Path, codes: tuple[str, ...] = tuple(NAMED)) -> Path:
    """Return a folder with two documents a language."""
    folder.mkdir()
    for name in codes:
        lines = [json.dumps({"id": f"{name}-{n}", "text": text_of(name)}) for n in range(2)]
        (folder / f"{name}.jsonl").write_text("\n".join(lines), "utf-8")
    return folder


def init(*words: str, **more: Any) -> Result:
    return CliRunner().invoke(main, ["init", *words], **more)


@pytest.mark.slow
def test_a_project(tmp_path: Path) -> None:
    corpus = texts(tmp_path / "texts")
    done = init(str(tmp_path / "ข่าว"), "--corpus", str(corpus))
    assert done.exit_code == 0, done.output
    folder = tmp_path / "ข่าว"
    written = {str(Path(line).relative_to(folder)) for line in done.stdout.splitlines()}
    assert {"params.yaml", "dvc.yaml", CODE, "README.md", "stages/merge.py"} <= written
    for name in NAMED:
        copied = (folder / "corpus" / f"{name}.jsonl").read_bytes()
        assert copied == (corpus / f"{name}.jsonl").read_bytes()
    check_params(folder / "params.yaml")
    chosen = yaml.safe_load((folder / "params.yaml").read_text("utf-8"))
    assert chosen["documents"]["languages"] == sorted(NAMED)
    assert chosen["documents"]["path"] == "corpus"
    assert chosen["release"]["name"] == "ข่าว"
    assert (folder / chosen["types"]["overrides"]).is_file()
    assert (folder / ".git").is_dir() and (folder / ".dvc").is_dir()
    assert (folder / "dvc.yaml").read_text("utf-8") == graph(GRAPH)
    assert {p.stem for p in (folder / "stages").iterdir()} == set(
        yaml.load(GRAPH, Loader=LOADER)["stages"]
    )


def test_the_corpus_comes_later(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    done = init(str(folder), *(word for name in LANGUAGES for word in ("--language", name)))
    assert f"put <language>.jsonl into {folder}/corpus/" in done.stderr
    assert [p.name for p in (folder / "corpus").iterdir()] == [EXAMPLE]
    lines = (folder / "corpus" / EXAMPLE).read_text("utf-8").splitlines()
    assert [json.loads(line) for line in lines] == list(EXAMPLES)


@pytest.mark.parametrize(
    ("words", "exit_code", "said"),
    [
        ([], 2, "name a language with --language"),
        (["--language", "tha"], 1, "unknown language 'tha'"),
        (["--language", "kor_Hang", "--corpus", "texts"], 1, "no documents for kor_Hang"),
        (["--corpus", "bad"], 1, "deu_Latn.jsonl, line 1: not a JSON object"),
        (["--corpus", "empty"], 2, "empty has no file <language>.jsonl"),
        (
            ["--corpus", "mixed"],
            1,
            "got fr.jsonl (fra_Latn?), tha.jsonl (tha_Thai?), นิทาน.jsonl.gz",
        ),
        (["--language", "tha_Thai", "--run"], 2, "--run needs documents"),
        (["--language", "tha_Thai", "--model", "served:x"], 1, "say which with --server URL"),
        (["--language", "tha_Thai", "--model", "mirror:x"], 1, "mirror:x: unknown"),
        (["--language", "tha_Thai", "--model", "x"], 1, "expected mirror:NAME"),
        (["--language", "tha_Thai", "--label", "law:"], 1, "expected a name, or `name: what"),
        (["--upgrade"], 1, "expected a project there"),
    ],
)
def test_errors_write_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], exit_code: int, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    texts(tmp_path / "texts", LANGUAGES)
    for name, content in (("bad", "{"), ("empty", None)):
        (tmp_path / name).mkdir()
        if content:
            (tmp_path / name / "deu_Latn.jsonl").write_text(content)
    mixed = texts(tmp_path / "mixed", ("arb_Arab",))
    for name in ("fr.jsonl", "tha.jsonl", "นิทาน.jsonl.gz", "example.jsonl", "cmn_Hani.jsonl~"):
        shutil.copy(mixed / "arb_Arab.jsonl", mixed / name)
    done = init("new", *words)
    assert done.exit_code == exit_code, done.output
    assert said in done.stderr
    assert not (tmp_path / "new").exists()


def test_a_folder_in_use_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    done = init(str(tmp_path), "--language", "tha_Thai")
    assert done.exit_code == 1 and "expected an empty folder" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_what_is_not_said_stays_the_sample_s() -> None:
    text = params(BASE, Settings("news", LANGUAGES))
    before, after = (yaml.load(t, Loader=LOADER) for t in (BASE, text))
    changed = {
        f"{section}.{key}"
        for section, values in before.items()
        for key in values
        if after[section][key] != values[key]
    }
    told = {"documents.languages", "documents.path", "types.overrides", "release.name"}
    fitted = {"train_regressor.languages", "confidence.edges", "evaluate.predictors"}
    assert changed == told | fitted | {"release.text_licence"}
    assert set(before) == set(after)


@pytest.mark.parametrize("code_", ["fra_Latn", "fas_Arab", "npi_Deva", "lao_Laoo", "ydd_Hebr"])
def test_what_was_fitted_to_the_sample_is_not_taken_over(code_: str) -> None:
    """A language outside the sample is learnt from; margins and edges are the paper's."""
    made = yaml.load(params(BASE, Settings("news", (code_,))), Loader=LOADER)
    regressor = TrainRegressorParams.model_validate(made["train_regressor"])
    rows = [{"text": f"{code_} {n}", "score": 1 + n, "useful": None} for n in range(4)]
    rated = [(code_, rows)]
    kept, tallies = examples(rated, "binary", regressor)
    assert len(kept) == tallies[code_].kept == 4
    assert made["confidence"]["edges"] == [0.5, 0.9, 0.97]
    assert made["evaluate"]["predictors"]["binder"]["margin"] == 0
    kept_knobs = yaml.load(BASE, Loader=LOADER)["evaluate"]["predictors"]["binder"]
    assert made["evaluate"]["predictors"] == {"binder": kept_knobs | {"margin": 0}}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("models", "server", "engines"),
    [
        (("served:gpt",), "http://localhost:1/v1", {"gpt": "openai"}),
        ((HUB,), None, {"my_model_7b": "vllm"}),
        (("served:a/b-c", HUB), "https://x/v1", {"b_c": "openai", "my_model_7b": "vllm"}),
    ],
)
def test_models(
    tmp_path: Path, models: tuple[str, ...], server: str | None, engines: dict[str, str]
) -> None:
    text = params(BASE, Settings("news", LANGUAGES, (), models, server))
    (tmp_path / "params.yaml").write_text(text, "utf-8")
    check_params(tmp_path / "params.yaml")
    made = yaml.load(text, Loader=LOADER)
    first = next(iter(engines))
    assert {name: one["engine"] for name, one in made["annotators"].items()} == engines
    assert tuple(one["model"] for one in made["annotators"].values()) == models
    assert made["annotate"]["annotators"] == list(engines)
    assert made["rate"]["raters"] == list(made["raters"]) == [first]
    assert made["judge"]["judges"] == list(made["judges"]) == [first]
    rater, judge = made["raters"][first], made["judges"][first]
    assert rater["yes_at"] == [0.5] * 3
    assert rater["read_out"] == ("digit" if engines[first] == "openai" else "criteria")
    assert {one["max_mentions"] for one in made["annotators"].values()} == {200}
    assert (judge["max_listed"], judge["max_tokens"], judge["max_model_len"]) == (30, 4000, 8192)
    assert set(made["release"]["licences"]) == set(engines)
    assert server is None or made["llm"]["openai"]["base_url"] == server
    assert "# yes/no questions" not in text and "criteria (yes/no questions" in text


def test_labels() -> None:
    """Where this params.yaml has a place for them; the entries are those of `annotate.types`."""
    open_types = BASE
    if "\n  types: null" not in BASE:
        open_types = BASE.replace("annotate:\n", "annotate:\n  types: null\n", 1)
    labels = ("person", "law: statutes, decrees: and treaties", "ชื่อ", "عَلَم: اسم شخص")
    made = yaml.safe_load(params(open_types, Settings("news", LANGUAGES, labels)))
    assert made["annotate"]["types"] == [
        "person",
        {"law": "statutes, decrees: and treaties"},
        "ชื่อ",
        {"عَلَم": "اسم شخص"},
    ]
    assert made["annotate"]["annotators"] == ["qwen"], "no example has these types: no base model"
    known = yaml.safe_load(params(open_types, Settings("news", LANGUAGES, ("person", "city"))))
    assert known["annotate"]["annotators"] == ["qwen", "gemma"]


def test_the_graph_of_a_project() -> None:
    ours = yaml.load(GRAPH, Loader=LOADER)
    theirs = yaml.load(graph(GRAPH), Loader=LOADER)
    assert set(theirs["stages"]) == set(ours["stages"]) == set(code(GRAPH)) - {"finerweb"}
    for name, stage in theirs["stages"].items():
        before = ours["stages"][name]
        assert stage["deps"] == [d for d in before["deps"] if not d.startswith("finerweb/")]
        assert stage["params"] == [{CODE: [name]}, *before["params"]]
        rest = {key: stage[key] for key in stage if key not in ("deps", "params")}
        assert rest == {key: before[key] for key in rest}
    assert {key: theirs[key] for key in theirs if key != "stages"} == {
        key: ours[key] for key in ours if key != "stages"
    }


def test_digests_are_of_the_modules_that_a_stage_reaches() -> None:
    """Two stages that reach the same have the same; one module more is another digest."""
    whole = code(GRAPH)
    assert len({whole["merge"], whole["annotate"], whole["ground"]}) == 3
    without = code(GRAPH.replace("      - finerweb/grounding.py\n", ""))
    moved = {name for name in whole if without[name] != whole[name]}
    stages = yaml.load(GRAPH, Loader=LOADER)["stages"]
    assert moved == {n for n, s in stages.items() if "finerweb/grounding.py" in s["deps"]}
    assert "ground" in moved and "documents" not in moved


@pytest.mark.slow
def test_upgrade(tmp_path: Path) -> None:
    folder = tmp_path / "news"
    init(str(folder), "--language", "tha_Thai")
    assert stale(folder) == []
    written = json.loads((folder / CODE).read_text("utf-8"))
    (folder / CODE).write_text(json.dumps(written | {"merge": "before"}))
    assert stale(folder) == ["merge"]
    (folder / "params.yaml").write_text("mine: 1\n")
    done = init(str(folder), "--upgrade")
    assert done.exit_code == 0 and stale(folder) == []
    assert json.loads((folder / CODE).read_text("utf-8")) == written
    assert (folder / "params.yaml").read_text() == "mine: 1\n"
    (folder / CODE).write_text("[")
    with pytest.raises(ValueError, match=r"code.json: .* --upgrade"):
        stale(folder)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with finerweb as its wheel has it, far from the checkout."""
    source = tmp_path_factory.mktemp("source")
    for name in BUILT:
        shutil.copy(ROOT / name, source / name)
    for name in ("finerweb", "stages", "presets"):
        ignore = shutil.ignore_patterns("__pycache__", "template")
        shutil.copytree(ROOT / name, source / name, ignore=ignore)
    built = tmp_path_factory.mktemp("built")
    options = ("--no-deps", "--no-build-isolation", "--quiet", "--wheel-dir", str(built))
    run(sys.executable, "-m", "pip", "wheel", *options, str(source), cwd=built)
    (wheel,) = built.glob("*.whl")
    site = tmp_path_factory.mktemp("site")
    zipfile.ZipFile(wheel).extractall(site)
    return site


def own_corpus(folder: Path) -> Path:
    """Return a folder with the sample's texts as people have theirs: an id and a text."""
    folder.mkdir()
    for name in LANGUAGES:
        lines = (ROOT / f"sample/documents/{name}.jsonl").read_text("utf-8").splitlines()
        kept = [{key: json.loads(line)[key] for key in ("id", "text")} for line in lines]
        text = "\n".join(json.dumps(row, ensure_ascii=False) for row in kept)
        (folder / f"{name}.jsonl").write_text(text, "utf-8")
    return folder


@pytest.mark.slow
@pytest.mark.long
def test_the_graph_runs_there(site: Path, tmp_path: Path) -> None:
    """As docs/console.md has it, from the wheel alone: init, doctor, repro; then nothing to do."""
    env = {"PYTHONPATH": str(site), "OPENAI_API_KEY": "test", "DVC_NO_ANALYTICS": "1"}
    folder = tmp_path / "news"
    own_corpus(tmp_path / "texts")

    def call(*command: str) -> str:
        return run(*command, cwd=folder, env=env).stdout

    with scripted_server(answer=answer) as server:
        models = "--model served:scripted/first --model served:scripted/second"
        stand_ins = {"--corpus texts": f"--corpus texts --server {server.base_url} {models}"}
        lines = commands("docs/console.md", "A project of your own", stand_ins)
        begin, enter, doctor, repro = lines
        run_all([begin], tmp_path, env)
        assert not list(folder.glob("finerweb"))
        make_small(folder / "params.yaml")
        run_all([f"{enter} && {doctor}", f"{enter} && {repro}"], tmp_path, env)
        assert "up to date" in call("dvc", "repro")
        n_asked = len(server.asked)
        written = json.loads((folder / CODE).read_text("utf-8"))
        (folder / CODE).write_text(json.dumps(written | {"release": "another finerweb"}))
        assert "Running stage 'release'" in (again := call("dvc", "repro"))
        assert again.count("Running stage") <= 2, "release, and what follows it"
        assert len(server.asked) == n_asked
    for name in LANGUAGES:
        path = folder / f"data/release/data/merged-single/{name}/train-00000-of-00001.parquet"
        rows = read_table(path, with_confidence(SINGLE)).to_pylist()
        assert rows and all(row["char_spans"] for row in rows)
        assert json.loads(call("finerweb", "show", name, "--json"))
    call("finerweb", "verify", "--documents", "data/documents", "--metrics", "metrics")


def make_small(path: Path) -> None:
    """Leave little to train: the server's ratings teach nothing."""
    chosen = yaml.safe_load(path.read_text("utf-8"))
    chosen["documents"] |= {"rating_documents": 6, "corpus_documents": 5}
    chosen["filter"] |= {"threshold": -100.0, "quota": 3}
    chosen["train_regressor"] |= {"epochs": 1, "max_length": 32, "tasks": ["binary"]}
    chosen["train_binder"]["max_steps"] = 2
    path.write_text(yaml.safe_dump(chosen, sort_keys=False), "utf-8")
