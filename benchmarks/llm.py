"""What the LLM layer costs: a stage's asking against bare `LLM.generate`, and `transformers`.

    python benchmarks/llm.py

Input: the sample's passages as annotation requests to the default's second annotator, in processes
that take turns; the loading of the model is not counted. The floor is bare `LLM.generate`.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import click

from finerweb import annotation
from finerweb.llm.answers import Answers
from finerweb.llm.requests import Request
from finerweb.models import resolve
from finerweb.params.annotators import AnnotatorParams
from finerweb.params.llm import LlmParams
from finerweb.params.load import load
from finerweb.records import Passage

ANNOTATOR = "gemma"
PASSAGES = 48
PAIRS = 3
NEW_TOKENS = 48
BATCHES = (4, 16, 48)


def requests(params: AnnotatorParams) -> list[Request]:
    """Return annotation requests about the sample's documents, some of each language."""
    found = []
    for path in sorted(Path("sample/documents").glob("*.jsonl")):
        for line in path.read_text("utf-8").splitlines()[: PASSAGES // 12]:
            row = json.loads(line)
            passage = Passage(row["id"], row["id"], path.stem, row["text"], 0, 0, "corpus")
            found.append(annotation.request(passage, annotation.Brief(params, None)))
    return found


def stage(params: AnnotatorParams, llm: LlmParams) -> dict[str, float]:
    """Ask as a stage does."""
    with tempfile.TemporaryDirectory() as folder:
        fresh = llm.model_copy(update={"store": f"{folder}/r.sqlite", "shared": folder})
        with Answers("bench", params, fresh) as answers:
            answers.ask(
                lambda: requests(params), annotation.canaries(annotation.Brief(params, None))
            )
            return {
                "seconds": answers.asked.ask_seconds,
                "output": answers.asked.output_tokens,
                "cached": answers.asked.cached_tokens / answers.asked.prompt_tokens,
            }


def bare(params: AnnotatorParams, llm: LlmParams, fixed: bool = False) -> dict[str, float]:
    """Ask by `LLM.generate` on the same prompts with the same settings; nothing is kept."""
    from finerweb.llm.vllm_engine import VllmEngine, _sampling

    engine = VllmEngine(params, resolve(params.model), llm.vllm)
    asked = requests(params)
    prompts = [{"prompt_token_ids": engine.tokens(request)} for request in asked]
    sampling = [_sampling(request) for request in asked]
    if fixed:
        for one in sampling:
            one.structured_outputs, one.max_tokens, one.ignore_eos = None, NEW_TOKENS, True
    engine._llm.generate(prompts[0], sampling[0], use_tqdm=False)
    begun = time.perf_counter()
    outputs = engine._llm.generate(prompts, sampling, use_tqdm=False)
    took = time.perf_counter() - begun
    return {"seconds": took, "output": sum(len(o.outputs[0].token_ids) for o in outputs)}


def transformers(params: AnnotatorParams, llm: LlmParams) -> dict[str, float]:
    """Generate a fixed number of tokens by `transformers`, by the best of several batch sizes."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = resolve(params.model)
    tokenizer = AutoTokenizer.from_pretrained(folder, padding_side="left")
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16)
    prompts = sorted((request.text for request in requests(params)), key=len)
    times = []
    for size in BATCHES:
        begun = time.perf_counter()
        for i in range(0, len(prompts), size):
            batch = tokenizer(prompts[i : i + size], return_tensors="pt", padding=True)
            with torch.inference_mode():
                model.generate(
                    **batch, max_new_tokens=NEW_TOKENS, min_new_tokens=NEW_TOKENS, do_sample=False
                )
        times.append(time.perf_counter() - begun)
    return {"seconds": min(times), "output": NEW_TOKENS * len(prompts)}


def fixed(params: AnnotatorParams, llm: LlmParams) -> dict[str, float]:
    """Generate as many tokens as `transformers` does."""
    return bare(params, llm, fixed=True)


WAYS = {way.__name__: way for way in (stage, bare, fixed, transformers)}


def run(way: str) -> dict[str, float]:
    """Return what a way measured in a process of its own."""
    command = [sys.executable, __file__, way]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    measured: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return measured


@click.command()
@click.argument("way", required=False, type=click.Choice(list(WAYS)))
def main(way: str | None) -> None:
    """Compare all ways, in turns; or measure one."""
    if way:
        os.environ.setdefault("VLLM_LOGGING_LEVEL", "ERROR")
        params = load(f"annotators.{ANNOTATOR}", AnnotatorParams)
        click.echo(json.dumps(WAYS[way](params, load("llm", LlmParams))))
        return
    for ours, floor in (("stage", "bare"), ("fixed", "transformers")):
        ratios = []
        for _ in range(PAIRS):
            a, b = run(ours), run(floor)
            speeds = [row["output"] / row["seconds"] for row in (a, b)]
            ratios.append(speeds[0] / speeds[1])
            click.echo(f"{ours} {speeds[0]:.0f}, {floor} {speeds[1]:.0f} output tokens/s {a}")
        click.echo(f"{ours} / {floor}: {median(ratios):.2f} (median of {PAIRS})")


if __name__ == "__main__":
    main()
