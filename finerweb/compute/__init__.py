"""Mapping a function over the batches of parquet files: processes here, or a Ray cluster.

Keep this file empty of code: every stage reaches it, and no stage depends on it.
"""
