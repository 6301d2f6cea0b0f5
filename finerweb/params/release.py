"""Section `release`."""

from finerweb.params.load import Section


class ReleaseParams(Section):
    """What the dataset card says of the dataset."""

    name: str
    licence: str
