"""The model: texts and types in one space, after Zhang et al. (2023), section 3.

A span is its first and its last token's vectors and its width's, projected; a type is the [CLS] of
its name. Similarities are cosines over learnt temperatures. The projection of a span is a sum of
three (the published code projects the three joined, which is the same function), so that the
encoder's wide vectors are never copied for each of the tokens x widths spans; only spans up to
``max_width`` exist at all.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from finerweb.binder.losses import Scores
from finerweb.params.train_binder import ModelParams
from finerweb.regressor.encoders import NEW_LAYERS, check

TYPE_TOKENS = 64
"""Subword tokens of a type's name that are read."""
SPREAD = 0.02
"""Standard deviation of new weights, as in BERT."""


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
            self._positions("start", tokens, kinds),
            self._positions("end", tokens, kinds),
            self.span_scores(tokens, kinds),
        )

    def span_scores(self, tokens: Any, kinds: Any) -> Any:
        """Return `Scores.span` of vectors (batch, tokens, hidden) and (types, hidden)."""
        from torch.nn.functional import pad

        heads, widths = self.heads, self.params.max_width
        last = pad(heads["span_last"](tokens), (0, 0, 0, widths - 1)).unfold(1, widths, 1)
        # (batch, tokens, widths, projection)
        spans = heads["span_first"](tokens)[:, :, None] + last.transpose(2, 3)
        spans = spans + heads["width"].weight
        scores = self._unit(spans) @ self._unit(heads["type_span"](kinds)).transpose(0, 1)
        return self._scaled("span", scores).permute(0, 3, 1, 2)

    def _positions(self, part: str, tokens: Any, kinds: Any) -> Any:
        projected = self._unit(self.heads[part](tokens))
        wanted = self._unit(self.heads[f"type_{part}"](kinds))
        return self._scaled(part, projected @ wanted.transpose(0, 1)).transpose(1, 2)

    def _unit(self, vectors: Any) -> Any:
        from torch.nn.functional import normalize

        return normalize(self.heads["dropout"](vectors), dim=-1)

    def _scaled(self, part: str, cosines: Any) -> Any:
        """Return scores in float32 where the products were in less."""
        import torch

        precise = torch.promote_types(cosines.dtype, torch.float32)
        return cosines.to(precise) * self.heads["scales"][part].exp()


def new_binder(encoder: Path, type_encoder: Path | None, params: ModelParams, seed: int) -> Binder:
    """Return a Binder that has learnt nothing; without ``type_encoder`` the texts' reads types too.

    Raises:
        ValueError: as `load_encoder`; or a window is longer than the encoder can read.
    """
    from transformers import set_seed

    set_seed(seed)
    text = load_encoder(encoder)
    kind = load_encoder(type_encoder) if type_encoder else text
    longest = getattr(text.model.config, "max_position_embeddings", params.max_length)
    if params.max_length > longest:
        raise ValueError(
            f"train_binder.model.max_length is {params.max_length}, but {encoder} reads at most "
            f"{longest} tokens"
        )
    hidden = text.model.config.hidden_size, kind.model.config.hidden_size
    return Binder(text, kind, new_heads(*hidden, params), params)


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
