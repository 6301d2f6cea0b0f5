"""GLiNER models, through the package `gliner` (the extra of that name): loaded, taught, asked."""
