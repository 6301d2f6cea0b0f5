"""From the source to passages: readers, sampling, segmentation, language identification."""
