"""A GPU's passages a second in Gemma3-27B's shapes: a stage's asking against bare `LLM.generate`.

    python benchmarks/llm_gpu.py [--quantization fp8] [--kv-cache fp8] [--sequences 512]

Input: prompts of 400 tokens in common and 300 of their own (the sample's texts), 200 tokens of
output each, once free and, by the stage only, once in the form of an annotation. The weights are
random, so the replies are too, and no weights need be had; the tokenizer is Gemma 3's. Both ways
use one loaded model, whose prefix cache is emptied in between; its loading is not counted. The
floor is bare `LLM.generate`.
"""

import json
import os
import shutil
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
import torch

from finerweb import models
from finerweb.llm.answers import Answers
from finerweb.llm.requests import Request
from finerweb.llm.schemas import annotation
from finerweb.llm.templates import render
from finerweb.llm.vllm_process import VllmProcess
from finerweb.llm.vllm_worker import run
from finerweb.params.annotators import AnnotatorParams
from finerweb.params.llm import LlmParams, VllmParams
from finerweb.params.load import load

TOKENIZER = "mirror:gemma-3-270m-q4"
SHAPES = {
    "architectures": ["Gemma3ForCausalLM"],
    "model_type": "gemma3_text",
    "vocab_size": 262208,
    "hidden_size": 5376,
    "intermediate_size": 21504,
    "num_hidden_layers": 62,
    "num_attention_heads": 32,
    "num_key_value_heads": 16,
    "head_dim": 128,
    "sliding_window": 1024,
    "sliding_window_pattern": 6,
    "query_pre_attn_scalar": 168,
    "rope_theta": 1000000.0,
    "rope_local_base_freq": 10000.0,
    "rope_scaling": {"rope_type": "linear", "factor": 8.0},
    "max_position_embeddings": 131072,
    "dtype": "bfloat16",
    "bos_token_id": 2,
    "eos_token_id": 1,
    "pad_token_id": 0,
}
REQUESTS = 384
SHARED, OWN, NEW = 400, 300, 200
BARE = "bare.json"


def requests(folder: Path) -> list[Request]:
    """Return the requests, all of one length."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    texts = [
        json.loads(line)["text"]
        for path in sorted(Path("sample/documents").glob("*.jsonl"))
        for line in path.read_text("utf-8").splitlines()
    ]
    tokens = tokenizer.encode(" ".join(texts), add_special_tokens=False)
    asked = render("annotate_base.jinja", few="", language="English", passage="") * 4
    shared = tokenizer.decode(tokenizer.encode(asked, add_special_tokens=False)[:SHARED])
    step = max((len(tokens) - OWN) // REQUESTS, 1)
    owns = [tokenizer.decode(tokens[i * step : i * step + OWN]) for i in range(REQUESTS)]
    return [Request(f"p{i}", NEW, prompt=f"{shared} {own}") for i, own in enumerate(owns)]


def measured(model: AnnotatorParams, folder: Path, params: VllmParams) -> Any:
    """Return the engine of a worker process, after bare `generate` was measured with it."""
    import vllm

    from finerweb.llm import vllm_engine

    vllm.LLM = partial(vllm.LLM, load_format="dummy")
    begun = time.perf_counter()
    engine = vllm_engine.VllmEngine(model, folder, params)
    loaded = time.perf_counter() - begun
    asked = requests(folder)
    prompts = [{"prompt_token_ids": engine.tokens(request)} for request in asked]
    sampling = [vllm_engine._sampling(request) for request in asked]
    engine._llm.generate(prompts[:64], sampling[:64], use_tqdm=False)
    engine._llm.reset_prefix_cache()
    begun = time.perf_counter()
    outputs = engine._llm.generate(prompts, sampling, use_tqdm=False)
    found = {
        "seconds": time.perf_counter() - begun,
        "load_seconds": loaded,
        "engine": engine.name,
        "prompt": sum(len(prompt["prompt_token_ids"]) for prompt in prompts),
        "output": sum(len(output.outputs[0].token_ids) for output in outputs),
    }
    engine._llm.reset_prefix_cache()
    (folder / BARE).write_text(json.dumps(found))
    return engine


def make_model(folder: Path) -> Path:
    """Write a folder that has all of the model but its weights."""
    folder.mkdir()
    for path in models.resolve(TOKENIZER).glob("tokenizer*"):
        shutil.copy(path, folder)
    (folder / "config.json").write_text(json.dumps(SHAPES))
    (folder / "model.safetensors").touch()
    return folder


@click.command()
@click.option("--quantization", default="none")
@click.option("--kv-cache", default="auto")
@click.option("--sequences", default=256, help="In one batch.")
@click.option("--memory", default=0.95, help="The share of the GPU's memory.")
def main(quantization: str, kv_cache: str, sequences: int, memory: float) -> None:
    """Measure and print."""
    if not torch.cuda.is_available():
        click.echo("no GPU here: nothing was measured")
        return
    how = {"quantization": quantization, "kv_cache": kv_cache, "max_model_len": 2048}
    llm = load("llm", LlmParams)
    serving = {"max_num_seqs": sequences, "gpu_memory": memory, "hang_seconds": 1200.0}
    vllm = llm.vllm.model_copy(update=serving | {"enforce_eager": False, "restarts": 0})
    with TemporaryDirectory() as name:
        folder = make_model(Path(name) / "model")
        os.environ["FINERWEB_MODELS"] = name
        model = load("annotators.gemma", AnnotatorParams).model_copy(
            update=how | {"model": models.add("shapes", folder), "chat": False}
        )
        here = llm.model_copy(update={"store": f"{name}/r.sqlite", "shared": name, "vllm": vllm})
        worker = (sys.executable, __file__, "worker")
        asked = requests(folder)
        schema = annotation(model.max_mentions, model.structured)
        formed = [replace(request, schema=schema) for request in asked]
        seconds = []
        with Answers("bench", model, here, lambda *_: VllmProcess(model, vllm, worker)) as answers:
            for some in (asked, formed):
                before = answers.asked.ask_seconds, answers.asked.output_tokens
                answers.ask(lambda some=some: some)
                took = answers.asked.ask_seconds - before[0]
                seconds.append((took, answers.asked.output_tokens - before[1]))
        bare = json.loads((folder / BARE).read_text())
    loaded = f"loaded in {bare['load_seconds']:.0f} s"
    click.echo(f"{bare['engine']}, {how}, max_num_seqs {sequences}: {loaded}")
    click.echo(f"{len(asked)} requests of {bare['prompt'] / len(asked):.0f} prompt tokens")
    for what, took, output in (
        ("bare", bare["seconds"], bare["output"]),
        ("stage", *seconds[0]),
        ("stage, in the form of an annotation", *seconds[1]),
    ):
        click.echo(
            f"{what:36} {len(asked) / took:6.2f} passages/s, {output / len(asked):.0f} output "
            f"tokens each, {output / took:,.0f} a second"
        )
    click.echo(f"stage / bare: {bare['seconds'] / seconds[0][0]:.2f}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["worker"]:
        del sys.argv[1]
        run(measured)
    main()
