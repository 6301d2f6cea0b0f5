"""finerweb turns web text into multilingual named-entity datasets.

Keep this file empty of code: every stage reaches it, and no stage depends on it.
"""
