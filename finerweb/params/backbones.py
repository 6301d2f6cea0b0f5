"""Section `backbones`: encoders by name."""

from pydantic import RootModel

from finerweb.params.load import PARAMS, document


class Backbones(RootModel[dict[str, str]]):
    """Name -> model reference."""


def backbone(name: str) -> str:
    """Return the model reference of a backbone.

    Raises:
        ValueError: params.yaml has no such backbone.
    """
    known = Backbones.model_validate(document(PARAMS)["backbones"]).root
    if name not in known:
        raise ValueError(f"{PARAMS}: no backbone {name!r}; backbones has {', '.join(known)}")
    return known[name]
