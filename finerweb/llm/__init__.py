"""Requests to language models, and the replies that are kept."""
