"""Correction of labels by a language model, behind a guard that lets no other meaning through."""
