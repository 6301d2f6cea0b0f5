"""Section `variants`."""

from finerweb.params.load import Section


class VariantsParams(Section):
    """What a variant leaves out, and whether there are variants of sentences."""

    annotated_only: bool
    sentences: bool
