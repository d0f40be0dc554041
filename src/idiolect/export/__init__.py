"""A checkpoint to a checked bundle."""
