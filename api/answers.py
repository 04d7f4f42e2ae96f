"""Sends an answer as it is computed, so that its size costs neither memory nor waiting.

What fits into the first `HEAD` bytes is sent whole, and an error met there is a problem with its
own status. An error met later cannot take back the status that was sent: the connection breaks,
which every client sees as an error, so that half an answer never looks like a whole one.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import IO

from flask import Flask, Response, current_app, request

from kg.errors import ClientgraphError

HEAD = 1024 * 1024
_IN_MEMORY = 8 * HEAD
_CHUNK = 64 * 1024

Pause = Callable[[], AbstractContextManager[None]]


class BrokenAnswerError(ConnectionError):
    """Raised towards the server after an error half-way: the connection must not end cleanly."""


def send(chunks: Iterable[bytes], media_type: str, pause: Pause = nullcontext) -> Response:
    """Return a response of the chunks, streamed beyond its first bytes.

    `pause` gives a context in which the client is waited for.

    Raises:
        ClientgraphError: what producing the first bytes raised; nothing was sent then.
    """
    # Without chunked transfer (RFC 9112, section 7.1) the end of the connection is the end of the
    # answer: a client could not tell a broken one.
    if request.environ.get("SERVER_PROTOCOL") == "HTTP/1.0":
        return send_whole(chunks, media_type)
    rest = iter(chunks)
    head: list[bytes] = []
    size = 0
    for chunk in rest:
        head.append(chunk)
        size += len(chunk)
        if size > HEAD:
            return _streamed(head, rest, media_type, pause)
    return _response(b"".join(head), media_type, size)


def send_whole(chunks: Iterable[bytes], media_type: str) -> Response:
    """Return a response of the chunks once all are there; large ones wait in a temporary file.

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
    body = _read_and_close(document)
    return _response(b"".join(body) if size <= HEAD else body, media_type, size)


def _streamed(head: list[bytes], rest: Iterator[bytes], media_type: str, pause: Pause) -> Response:
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    body = _guarded(head, rest, pause, app, request.path)
    # The first, empty, piece starts the generator, so that closing it runs its end.
    next(body)
    response = Response(body, content_type=_with_charset(media_type))
    response.call_on_close(body.close)
    return response


def _guarded(
    head: list[bytes], rest: Iterator[bytes], pause: Pause, app: Flask, path: str
) -> Generator[bytes]:
    """Yield an empty piece and then an answer; break the connection when it cannot go on."""
    try:
        yield b""
        with pause():
            while head:
                yield head.pop(0)
        for chunk in rest:
            with pause():
                yield chunk
    except ClientgraphError as error:
        app.logger.warning("%s broke off after its first bytes: %s", path, error)
        raise BrokenAnswerError(str(error)) from None
    finally:
        if hasattr(rest, "close"):
            rest.close()


def _response(body: bytes | Iterator[bytes], media_type: str, size: int) -> Response:
    response = Response(body, content_type=_with_charset(media_type))
    response.content_length = size
    return response


def _read_and_close(document: IO[bytes]) -> Iterator[bytes]:
    with document:
        while chunk := document.read(_CHUNK):
            yield chunk


def _with_charset(media_type: str) -> str:
    return f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type
