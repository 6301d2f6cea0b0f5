"""The usefulness regressor: training, scoring, selection (section 2 of the paper's facts)."""
