"""Sends an answer only when it is complete: an error half-way is a problem, not half a result."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from typing import IO

from flask import Response

_IN_MEMORY = 8 * 1024 * 1024
_CHUNK = 64 * 1024


def send_whole(chunks: Iterable[bytes], media_type: str) -> Response:
    """Return a response of the chunks, kept in a temporary file when they are large.

    Raises:
        ClientgraphError: what producing the chunks raised; nothing was sent then.
    """
    document = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  (closed when it was read)
    try:
        for chunk in chunks:
            document.write(chunk)
    except BaseException:
        document.close()
        raise
    size = document.tell()
    document.seek(0)
    whole = size <= _IN_MEMORY
    body = _read_and_close(document)
    response = Response(b"".join(body) if whole else body, content_type=_with_charset(media_type))
    response.content_length = size
    return response


def _read_and_close(document: IO[bytes]) -> Iterator[bytes]:
    with document:
        while chunk := document.read(_CHUNK):
            yield chunk


def _with_charset(media_type: str) -> str:
    return f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type
