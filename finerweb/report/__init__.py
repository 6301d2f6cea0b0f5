"""Numbers about the dataset, beside the paper's."""
