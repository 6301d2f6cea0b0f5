"""Telling why nothing is kept for a request: what comes nearest to it, and where it differs."""

import json

from finerweb.llm.requests import Request
from finerweb.llm.store import ReplyStore


def miss(request: Request, model: dict[str, str], store: ReplyStore) -> str:
    """Return the message for a request that `llm.replay_only` cannot answer."""
    text = (
        f"llm.replay_only is set and {store.path} has no reply of {model['weights']} to "
        f"{request.subject}"
    )
    kept = store.about(request.subject)
    if not kept:
        return (
            f"{text}, nor any other about it: get the replies (`dvc pull`, or `finerweb replies "
            "import`), or set llm.replay_only to false to ask the model"
        )
    asked = json.loads(request.settings(model))
    others = [
        {name: (value, row.get(name)) for name, value in asked.items() if row.get(name) != value}
        for row in kept
    ]
    nearest = min(others, key=len)
    differs = "; ".join(f"{name} is {now}, was {then}" for name, (now, then) in nearest.items())
    return (
        f"{text}. The nearest that is kept differs in: {differs or 'the text of the prompt'}. Go "
        "back to what was asked then, or set llm.replay_only to false to ask the model"
    )
