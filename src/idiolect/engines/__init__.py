"""Samples to hypotheses: one file per engine."""
