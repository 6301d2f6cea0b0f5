"""The parquet schemas, one module a table, and `io`, the only place that writes artefacts.

Keep this file empty of code: every stage reaches it, and no stage depends on it.
"""
