"""Clips and engines to labels: teachers, synthetic speech, review."""
