"""One module a section of params.yaml, each a frozen pydantic model, and `load`.

Keep this file empty of code: every stage reaches it, and no stage depends on it.
"""
