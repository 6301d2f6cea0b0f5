"""Section `translate`."""

from typing import Literal

from finerweb.params.load import Section


class TranslateParams(Section):
    """Who translates types."""

    by: Literal["lexicon", "nobody"]
