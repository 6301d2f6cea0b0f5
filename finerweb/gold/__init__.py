"""Human-labelled sets of the field, read into one record."""
