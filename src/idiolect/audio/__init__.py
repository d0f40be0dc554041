"""Bytes to samples: decode, cut, check, augment, record."""
