"""An application on a socket of this machine."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from idiolect.errors import MissingExtraError, UserError

if TYPE_CHECKING:
    from fastapi import FastAPI


LARGEST = 1024 * 1024
"""Bytes of one WebSocket message: half a minute of audio."""


def run_server(
    app: FastAPI,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    ready: Callable[[str], None] | None = None,
    tls: tuple[Path, Path] | None = None,
) -> None:
    """Serve `app` until it is interrupted. Port 0 takes a free one; `ready` is told the address.

    tls: a certificate and its key, as PEM files.

    Raises `UserError` where the address cannot be listened at, `MissingExtraError` where uvicorn is not installed.
    """
    try:
        import uvicorn
    except ModuleNotFoundError as error:
        raise MissingExtraError("the server", "serve") from error

    listening = _listen(host, port)
    with listening:
        name = f"[{host}]" if ":" in host else host
        if ready is not None:
            # The socket takes connections from here on; what arrives before the first answer waits in its queue.
            ready(f"{'http' if tls is None else 'https'}://{name}:{listening.getsockname()[1]}")
        certificate, key = (None, None) if tls is None else (str(tls[0]), str(tls[1]))
        # A client that vanished is found by pings; one that sends more than is read waits (16 messages are held).
        config = uvicorn.Config(
            app,
            log_level="warning",
            ws_max_size=LARGEST,
            ws_max_queue=16,
            ws_ping_interval=10,
            ws_ping_timeout=20,
            ssl_certfile=certificate,
            ssl_keyfile=key,
        )
        uvicorn.Server(config).run(sockets=[listening])


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
            listening.listen(128)
        except OSError:
            listening.close()
            raise
    except OSError as error:
        message = f"cannot listen at {host}:{port}: {error.strerror}"
        raise UserError(message, hint="--port 0 takes a free one") from error
    return listening
