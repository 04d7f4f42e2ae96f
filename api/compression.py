"""Answers packed with gzip for clients that accept it, piece by piece as they are sent.

Pages are left as they are: packed, the length of a page that repeats a part of the request beside a
secret would tell the secret.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

from flask import Flask, Response, request

from api.errors import MEDIA_TYPE
from kg.sparql.formats import BINDING_FORMATS, DATASET_FORMATS, GRAPH_FORMATS

_KINDS = {
    MEDIA_TYPE,
    *(
        media_type
        for one in (*BINDING_FORMATS, *DATASET_FORMATS, *GRAPH_FORMATS)
        for media_type in one.media_types
    ),
}
_LEAST = 1024
"""Bytes below which packing does not pay."""
_LEVEL = 5
_GZIP = 31
"""What asks zlib for the header and the check sum of gzip (RFC 1952)."""


def register_compression(app: Flask) -> None:
    """Pack the data that the server answers with."""
    app.after_request(_pack)


def _pack(response: Response) -> Response:
    if response.mimetype not in _KINDS:
        return response
    response.vary.add("Accept-Encoding")
    size = response.content_length
    if (
        request.method == "HEAD"
        or not _accepted()
        or response.content_encoding
        or (size is not None and size < _LEAST)
        or request.environ.get("SERVER_PROTOCOL") == "HTTP/1.0"
    ):
        return response
    whole = response.is_sequence
    response.response = _packed(response.iter_encoded())
    response.content_encoding = "gzip"
    del response.content_length
    if whole:
        response.make_sequence()
        response.content_length = sum(map(len, response.iter_encoded()))
    return response


def _accepted() -> bool:
    wanted = request.accept_encodings
    plain = wanted.quality("identity") if "identity" in wanted.values() else 0.0
    return bool(wanted) and wanted.quality("gzip") > 0 and wanted.quality("gzip") >= plain


def _packed(chunks: Iterable[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
    # The first bytes must not wait in the packer for more.
    mode = zlib.Z_SYNC_FLUSH
    for chunk in chunks:
        packed = packer.compress(chunk)
        if mode:
            packed += packer.flush(mode)
            mode = 0
        if packed:
            yield packed
    yield packer.flush()
