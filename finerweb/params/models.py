"""The keys that name a model and how it is served, shared by raters and annotators."""

from typing import Literal

from finerweb.params.load import Section


class ServedModel(Section):
    """A language model, by what can change its replies."""

    model: str
    engine: Literal["vllm", "openai"]
    chat: bool
    dtype: Literal["bfloat16", "float32"]
    max_model_len: int


class LlmParams(Section):
    """Section `llm`: where replies are kept and how requests are served; no stage depends on it."""

    store: str
    replay_only: bool
    max_num_seqs: int
    kv_cache_gib: int
    openai_base_url: str
    openai_concurrency: int
