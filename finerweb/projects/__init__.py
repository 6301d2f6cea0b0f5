"""Projects of one's own: what `finerweb init` writes, and how they notice another finerweb."""
