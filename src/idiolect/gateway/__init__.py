"""The only door to another machine: what may leave, what it may cost, and what left."""
