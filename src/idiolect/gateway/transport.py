"""One try of one request, over httpx. It says what is known of a failure: whether the other side can have worked on it.

Each request has a connection of its own. A connection that is used again can carry a second answer that the server sent
to the first request, and would be taken as the answer to the next; and a server that closes it just then leaves us not
knowing whether it had read the request. Both would cost money; a handshake costs some 50 ms.

No proxy is read from the environment: what was checked is where it goes. TLS is always verified, against the
certificates that httpx brings, or those of ``SSL_CERT_FILE`` where it is set.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from idiolect.gateway.destinations import Address

LARGEST = 32 * 2**20
"""Bytes of an answer that are read; more is no transcript, and no sentence that was spoken."""
_CONNECT = 10.0
"""Seconds for one address to answer; then the next one is tried."""


class NotSentError(Exception):
    """Nothing of the request reached anybody who could work on it. `final`: trying again would not help.

    absent: nobody took the connection.
    """

    def __init__(self, reason: str, *, final: bool = False, absent: bool = False) -> None:
        super().__init__(reason)
        self.final = final
        self.absent = absent


class UnknownError(Exception):
    """The request went out, and no whole answer came back: it may have been worked on, and billed."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer, of whatever status. The names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request as it leaves. `places` are the checked IP addresses of `address`."""

    method: str
    address: Address
    places: tuple[str, ...]
    body: bytes
    headers: Mapping[str, str]


class Transport:
    """Sends to addresses that were checked. Safe to share between threads."""

    def __init__(self, largest: int = LARGEST) -> None:
        self._largest = largest
        self._lock = threading.Lock()
        self._clients: dict[str, httpx.Client] = {}

    def close(self) -> None:
        """Let go of the sockets."""
        for client in self._clients.values():
            client.close()

    def _client(self, scheme: str) -> httpx.Client:
        with self._lock:
            if scheme not in self._clients:
                # Reading the certificates takes 30 ms: not for http. A bare context trusts nobody.
                context = httpx.create_ssl_context() if scheme == "https" else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
                self._clients[scheme] = httpx.Client(
                    verify=context,
                    trust_env=False,
                    follow_redirects=False,
                    limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
                )
            return self._clients[scheme]

    def send(self, outgoing: Outgoing, deadline: float) -> Answer:
        """One try, at each of the checked addresses until one takes the connection.

        deadline: of `time.monotonic`. Raises `NotSentError` and `UnknownError`.
        """
        refused = NotSentError(f"{outgoing.address.origin} has no address")
        for place in outgoing.places:
            try:
                return self._send(outgoing, place, deadline)
            except NotSentError as error:
                refused = error
                if error.final:
                    break
        raise refused

    def _send(self, outgoing: Outgoing, place: str, deadline: float) -> Answer:
        left = deadline - time.monotonic()
        if left <= 0:
            raise NotSentError("the deadline was over before it could be sent", final=True)
        address = outgoing.address
        host = f"[{place}]" if ":" in place else place
        named = {
            "Host": address.origin.partition("://")[2],
            "Accept-Encoding": "identity",
            "Connection": "close",
            "User-Agent": "idiolect",
            **outgoing.headers,
        }
        try:
            with self._client(address.scheme).stream(
                outgoing.method,
                f"{address.scheme}://{host}:{address.port}{address.target}",
                content=outgoing.body,
                headers=named,
                timeout=httpx.Timeout(left, connect=min(left, _CONNECT)),
                extensions={"sni_hostname": address.host},
            ) as answer:
                lowered = {name.lower(): value for name, value in answer.headers.items()}
                return Answer(answer.status_code, lowered, self._read(answer, deadline))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            untrusted = "CERTIFICATE_VERIFY_FAILED" in str(error)
            said = f"no connection to {address.origin}: {_said(error)}"
            raise NotSentError(said, final=untrusted, absent=True) from None
        except httpx.TimeoutException as error:
            raise UnknownError(f"no answer in time ({type(error).__name__})") from None
        except httpx.HTTPError as error:
            raise UnknownError(f"no whole answer: {_said(error)}") from None

    def _read(self, answer: httpx.Response, deadline: float) -> bytes:
        parts = []
        size = 0
        for part in answer.iter_bytes():
            size += len(part)
            if size > self._largest:
                raise UnknownError(f"the answer is longer than {self._largest} bytes")
            if time.monotonic() > deadline:
                raise UnknownError(f"no whole answer in time: {size} bytes of it")
            parts.append(part)
        return b"".join(parts)


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__
