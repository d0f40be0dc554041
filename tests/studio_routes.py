"""The addresses that the studio answers at, for tests that go through all of them."""

from __future__ import annotations

import importlib

from idiolect.studio.app import PAGES


def every_route():
    """All routes of all pages."""
    routes = []
    for target in PAGES.values():
        module, _, name = target.partition(":")
        found = getattr(importlib.import_module(module), name).routes
        assert found, target
        routes += found
    return routes
