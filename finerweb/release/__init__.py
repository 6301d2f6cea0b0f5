"""From entities to a published dataset: variants, layout, card."""
