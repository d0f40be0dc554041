"""The one door out: the only room that opens a connection to somebody else's machine."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from idiolect.gateway.door import Gateway
    from idiolect.gateway.offline import offline_asked
    from idiolect.gateway.policy import Allowed, Policy
    from idiolect.gateway.values import (
        FREE,
        Forecast,
        Money,
        PriceRow,
        PriceSource,
        Reach,
        Request,
        Response,
        Usage,
    )

__all__ = [
    "FREE",
    "Allowed",
    "Forecast",
    "Gateway",
    "Money",
    "Policy",
    "PriceRow",
    "PriceSource",
    "Reach",
    "Request",
    "Response",
    "Usage",
    "offline_asked",
    "prices_of",
]

_WHERE = {
    "Gateway": "door",
    "Allowed": "policy",
    "Policy": "policy",
    "offline_asked": "offline",
    "prices_of": "opening",
}


def __getattr__(name: str) -> Any:
    """Each name is loaded when it is asked for: the door brings the HTTP client and the store."""
    if name in __all__:
        return getattr(import_module(f"idiolect.gateway.{_WHERE.get(name, 'values')}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
