"""Forms with a file, as an upload is sent. RFC 7578."""

from __future__ import annotations

import uuid
from collections.abc import Sequence


def multipart(fields: Sequence[tuple[str, str]], name: str, kind: str, content: bytes) -> tuple[bytes, str]:
    """The body of a form with `fields` and one ``file`` of this name and content type; and the body's own type."""
    border = uuid.uuid4().hex
    head = "".join(
        f'--{border}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{text}\r\n' for field, text in fields
    )
    head += f'--{border}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: {kind}\r\n'
    body = f"{head}\r\n".encode() + content + f"\r\n--{border}--\r\n".encode()
    return body, f"multipart/form-data; boundary={border}"
