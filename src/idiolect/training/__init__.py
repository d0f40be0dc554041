"""A dataset and a recipe to a checkpoint."""
