"""Section `variants`."""

from finerweb.params.load import Section


class VariantsParams(Section):
    """What a variant leaves out."""

    annotated_only: bool
