"""Section `labels`."""

from finerweb.params.load import Section


class LabelsParams(Section):
    """How type strings are split into concepts."""

    split_compounds: bool
