"""A released variant in the formats of other tools, and what each of them cannot hold."""
