"""A bundle to answers."""
