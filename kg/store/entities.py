"""Entities of RDF/XML documents: those that would make a small document a huge one are refused.

A parser replaces entities by their text (XML 1.0, section 4.4). Where that text names further
entities, a few lines hold more than any memory.
"""

from __future__ import annotations

import re
from typing import BinaryIO

from kg.errors import RdfSyntaxError

LONGEST = 200
"""Bytes of an entity's text; the namespaces that documents write as entities are shorter."""
_CHUNK = 1024 * 1024
_SUBSET = 64 * 1024
"""Bytes within which a document type declaration has to end."""
_START = b"<!DOCTYPE"
_ENTITY = re.compile(rb"<!ENTITY\s+(?:[^>\"']*)(\"[^\"]*\"|'[^']*')")


def check_entities(stream: BinaryIO, name: str) -> None:
    """Read a document for its declarations of entities; the stream ends where it began.

    Raises:
        RdfSyntaxError: an entity names another one or is long; the document is called `name`.
    """
    begin = stream.tell()
    subset = _declarations(stream)
    stream.seek(begin)
    if len(subset) >= _SUBSET and b"<!ENTITY" in subset:
        raise RdfSyntaxError(f"{name} begins with too long a document type declaration.")
    for found in _ENTITY.finditer(subset):
        text = found[1][1:-1]
        if b"&" in text or len(text) > LONGEST:
            raise RdfSyntaxError(
                f"{name} declares an entity that names another one or is longer than {LONGEST}"
                " bytes, which could make it endless: write its text where it is used."
            )


def _declarations(stream: BinaryIO) -> bytes:
    """Return what follows the start of a document type declaration, as far as it may go."""
    kept = b""
    while chunk := stream.read(_CHUNK):
        searched = kept + chunk
        place = searched.find(_START)
        if place >= 0:
            following = searched[place : place + _SUBSET]
            return following + stream.read(_SUBSET - len(following))
        kept = searched[-len(_START) :]
    return b""
