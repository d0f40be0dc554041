"""Addresses: which clouds have a name, and how a URL is read."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from idiolect.errors import DestinationError


@dataclass(frozen=True, slots=True)
class Known:
    """A service with a name. `url` is what an OpenAI client calls its base URL; `key` the usual variable of its key."""

    url: str
    key: str = ""


KNOWN: dict[str, Known] = {
    "openai": Known("https://api.openai.com/v1", "OPENAI_API_KEY"),
    "groq": Known("https://api.groq.com/openai/v1", "GROQ_API_KEY"),
    "mistral": Known("https://api.mistral.ai/v1", "MISTRAL_API_KEY"),
    "together": Known("https://api.together.xyz/v1", "TOGETHER_API_KEY"),
    "fireworks": Known("https://api.fireworks.ai/inference/v1", "FIREWORKS_API_KEY"),
    "deepinfra": Known("https://api.deepinfra.com/v1/openai", "DEEPINFRA_API_KEY"),
    "openrouter": Known("https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
    "huggingface": Known("https://huggingface.co", "HF_TOKEN"),
}
"""Clouds that `idiolect allow NAME` knows. To be here allows nothing: a project allows each by name."""

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Address:
    """A URL taken apart. `target` is path and query."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def origin(self) -> str:
        """``https://api.openai.com``: scheme, host, and the port where it is not the usual one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if self.port == _PORTS[self.scheme] else f":{self.port}")

    @property
    def shown(self) -> str:
        """For the ledger and for messages: without the query, which may hold what nobody should read."""
        return self.origin + self.target.partition("?")[0]


def read_url(url: str) -> Address:
    """The parts of `url`. Raises `DestinationError` for anything but http and https, and for one with a password."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise DestinationError(f"{url!r} is no URL: {error}") from None
    if parts.scheme not in _PORTS or not parts.hostname:
        raise DestinationError(f"{url!r} is no http or https URL", hint="http://localhost:8000/v1, for example")
    if parts.username is not None or parts.password is not None:
        raise DestinationError(
            f"the URL for {parts.hostname} has a user or a password in it", hint="name a key instead: --with key=NAME"
        )
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Address(parts.scheme, parts.hostname.rstrip(".").lower(), port or _PORTS[parts.scheme], target)


def url_of(name_or_url: str) -> str:
    """The URL of a known cloud, or the URL itself; a bare host is https. Raises `DestinationError`."""
    if name_or_url in KNOWN:
        return KNOWN[name_or_url].url
    if "://" in name_or_url:
        return name_or_url
    if "." in name_or_url:
        return f"https://{name_or_url}"
    raise DestinationError(f"there is no destination {name_or_url!r}", hint=f"a URL, or one of: {', '.join(KNOWN)}")


def name_of(address: Address) -> str:
    """The name of a known cloud, else host (and port where it is not the usual one)."""
    for name, known in KNOWN.items():
        if read_url(known.url).origin == address.origin:
            return name
    return address.origin.partition("://")[2]
