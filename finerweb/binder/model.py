"""The model: texts and types in one space, after Zhang et al. (2023), section 3.

A span is its first and its last token's vectors and its width's, projected; a type is the [CLS] of
its name. Similarities are cosines over learnt temperatures. The published code projects the three
of a span joined; a sum of three projections is the same function, but dropout falls on each part.
Only spans up to ``max_width`` exist at all.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from finerweb.binder.losses import Scores, banded
from finerweb.params.train_binder import ModelParams
from finerweb.regressor.encoders import NEW_LAYERS, check

TYPE_TOKENS = 64
"""Subword tokens of a type's name that are read."""
SPREAD = 0.02
"""Standard deviation of new weights, as in BERT."""
SMALLEST = 1e-12
"""Square of the length that a shorter span's vector is taken for."""


@dataclass(frozen=True, slots=True)
class Encoder:
    """An encoder with its tokenizer."""

    model: Any
    tokenizer: Any


@dataclass(frozen=True, slots=True)
class Binder:
    """Two encoders, which may be one, and what brings their vectors to one space."""

    text: Encoder
    type: Encoder
    heads: Any
    params: ModelParams

    @property
    def modules(self) -> Any:
        """Return all that is learnt, as one module; an encoder that is both is there once."""
        from torch.nn import ModuleDict

        parts = {"texts": self.text.model, "heads": self.heads}
        if self.type.model is not self.text.model:
            parts["types"] = self.type.model
        return ModuleDict(parts)

    @property
    def device(self) -> Any:
        """Return where the weights are."""
        return self.heads["start"].weight.device

    def to_accelerator(self) -> None:
        """Move the weights to the GPU, where there is one."""
        self.modules.to(accelerator())

    def type_vectors(self, types: Sequence[str]) -> Any:
        """Return the vectors of types before projection, (types, hidden)."""
        names = [self.params.verbalisation.format(type=name) for name in types]
        limits = {"truncation": True, "max_length": TYPE_TOKENS}
        rows = self.type.tokenizer(names, padding=True, return_tensors="pt", **limits)
        wanted = {k: rows[k].to(self.device) for k in ("input_ids", "attention_mask")}
        return self.type.model(**wanted).last_hidden_state[:, 0]

    def token_vectors(self, ids: Any, mask: Any) -> Any:
        """Return the vectors of tokens, (batch, tokens, hidden), of ids (batch, tokens)."""
        return self.text.model(input_ids=ids, attention_mask=mask).last_hidden_state

    def scores(self, ids: Any, mask: Any, types: Sequence[str]) -> Scores:
        """Return how well the tokens and spans of windows fit the types."""
        tokens, kinds = self.token_vectors(ids, mask), self.type_vectors(types)
        return Scores(
            self.position_scores("start", tokens, kinds),
            self.position_scores("end", tokens, kinds),
            self.span_scores(tokens, kinds),
        )

    def position_scores(self, part: str, tokens: Any, kinds: Any) -> Any:
        """Return `Scores.start` or ``end`` of (batch, tokens, hidden) and (types, hidden)."""
        with self._precisely():
            return self._wanted(part, kinds) @ _unit(self._projected(part, tokens)).transpose(1, 2)

    def span_scores(self, tokens: Any, kinds: Any) -> Any:
        """Return `Scores.span` of vectors (batch, tokens, hidden) and (types, hidden).

        A span is f + l + w, its projected first and last token and its width; products with a type
        and with itself are sums of those of the three, so that no vector of a span is ever made.
        """
        widths = self.params.max_width
        with self._precisely():
            first, last = (self._projected(p, tokens) for p in ("span_first", "span_last"))
            width = self.heads["dropout"](self.heads["width"].weight)
            wanted = self._wanted("span", kinds)
            # (batch, types, tokens, widths), but for the last line (batch, tokens, widths)
            products = (wanted @ first.transpose(1, 2))[..., None] + banded(
                wanted @ last.transpose(1, 2), widths
            )
            products = products + (wanted @ width.transpose(0, 1))[:, None]
            return products / _lengths(first, last, width)[:, None]

    def _projected(self, part: str, vectors: Any) -> Any:
        head = self.heads[part]
        return self.heads["dropout"](head(vectors.to(head.weight.dtype)))

    def _wanted(self, part: str, kinds: Any) -> Any:
        """Return the types' vectors, (types, projection), as long as the inverse temperature."""
        return _unit(self._projected(f"type_{part}", kinds)) * self.heads["scales"][part].exp()

    def _precisely(self) -> Any:
        """Return a context without half precision: only the encoders are worth it."""
        import torch

        return torch.autocast(self.device.type, enabled=False)


def _unit(vectors: Any) -> Any:
    from torch.nn.functional import normalize

    return normalize(vectors, dim=-1)


def _lengths(first: Any, last: Any, width: Any) -> Any:
    """Return |f + l + w| of every span, (batch, tokens, widths).

    ``first`` and ``last`` are (batch, tokens, projection), ``width`` is (widths, projection).
    """
    import torch
    from torch.nn.functional import pad

    (n, tokens, _), widths = first.shape, len(width)
    further = torch.arange(tokens, device=first.device)[:, None]
    further = (further + torch.arange(widths, device=first.device)).expand(n, -1, -1)
    both = pad(first @ last.transpose(1, 2), (0, widths - 1)).gather(2, further)
    with_width = pad(last @ width.transpose(0, 1), (0, 0, 0, widths - 1)).gather(1, further)
    mixed = both + with_width + first @ width.transpose(0, 1)
    squares = (first**2).sum(-1)[..., None] + banded((last**2).sum(-1), widths)
    squares = squares + (width**2).sum(-1) + 2 * mixed
    return squares.clamp(min=SMALLEST).sqrt()


def accelerator() -> str:
    """Return the name of the device that students learn and predict on."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def new_binder(encoder: Path, type_encoder: Path | None, params: ModelParams, seed: int) -> Binder:
    """Return a Binder that has learnt nothing; without ``type_encoder`` the texts' reads types too.

    Raises:
        ValueError: as `load_encoder`; or a window is longer than the encoder can read.
    """
    from transformers import set_seed

    set_seed(seed)
    text = load_encoder(encoder)
    kind = load_encoder(type_encoder) if type_encoder else text
    longest = longest_of(text.model, params.max_length)
    if params.max_length > longest:
        raise ValueError(
            f"train_binder.model.max_length is {params.max_length}, but {encoder} reads at most "
            f"{longest} tokens"
        )
    hidden = text.model.config.hidden_size, kind.model.config.hidden_size
    return Binder(text, kind, new_heads(*hidden, params), params)


def longest_of(model: Any, default: int) -> int:
    """Return how many tokens an encoder reads at once: its positions, but those below the first."""
    positions: int = getattr(model.config, "max_position_embeddings", default)
    table = getattr(getattr(model, "embeddings", None), "position_embeddings", None)
    padding = getattr(table, "padding_idx", None)
    # RoBERTa's positions begin after that of padding.
    return positions if padding is None else positions - padding - 1


def new_heads(hidden: int, of_types: int, params: ModelParams) -> Any:
    """Return new projections, widths and temperatures for encoders of these vector lengths."""
    import torch
    from torch import nn

    n = params.projection
    parts: dict[str, Any] = {"dropout": nn.Dropout(params.dropout)}
    for part in ("start", "end", "span_first", "span_last"):
        # One bias for a span: the sum of two is no more.
        parts[part] = nn.Linear(hidden, n, bias=part != "span_last")
    for part in ("type_start", "type_end", "type_span"):
        parts[part] = nn.Linear(of_types, n)
    parts["width"] = nn.Embedding(params.max_width, n)
    for module in parts.values():
        if hasattr(module, "weight"):
            nn.init.normal_(module.weight, std=SPREAD)
        if getattr(module, "bias", None) is not None:
            nn.init.zeros_(module.bias)
    warm = torch.tensor(math.log(1 / params.temperature))
    scales = {part: nn.Parameter(warm.clone()) for part in ("start", "end", "span")}
    return nn.ModuleDict(parts | {"scales": nn.ParameterDict(scales)})


def load_encoder(folder: Path) -> Encoder:
    """Return an encoder for vectors of tokens, in float32.

    Raises:
        ValueError: as `finerweb.regressor.encoders.check`; or the weights are of another kind of
            encoder than config.json says.
    """
    import torch
    from transformers import AutoModel, AutoTokenizer

    check(folder)
    model, loaded = AutoModel.from_pretrained(
        folder, dtype=torch.float32, use_safetensors=True, output_loading_info=True
    )
    missing = [k for k in sorted(loaded["missing_keys"]) if not any(n in k for n in NEW_LAYERS)]
    if missing:
        raise ValueError(
            f"{folder}: its weights have no {missing[0]} and {len(missing) - 1} more that its "
            f"config.json ({type(model).__name__}) names: expected the weights of that encoder"
        )
    if hasattr(model, "pooler"):
        model.pooler = None
    return Encoder(model, AutoTokenizer.from_pretrained(folder))
