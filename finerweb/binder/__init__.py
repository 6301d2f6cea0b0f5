"""Binder: two encoders that bring spans and types to one space (Zhang et al., 2023)."""
