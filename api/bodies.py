"""RDF documents that a request brings: its body, or the parts of a form."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from flask import request
from werkzeug.exceptions import UnsupportedMediaType

from kg.errors import UsageError
from kg.store.documents import FORMATS, rdf_format


@dataclass(frozen=True, slots=True)
class Received:
    """A document in a file of its own, with the media type that it came with."""

    path: Path
    format: str


@contextmanager
def received() -> Iterator[list[Received]]:
    """Yield the documents of the current request, as files that are removed at the end.

    Raises:
        UnsupportedMediaType: one has no media type of RDF, or is encoded in a way unknown here.
        UsageError: a form holds no document.
        RequestEntityTooLarge: the body is larger than is accepted.
    """
    with tempfile.TemporaryDirectory(prefix="clientgraph-") as folder:
        if request.mimetype == "multipart/form-data":
            parts = list(request.files.values())
            if not parts:
                raise UsageError("The form holds no document: send each as a file of the form.")
            yield [
                _kept(part.stream, part.mimetype, Path(folder) / f"document {number}")
                for number, part in enumerate(parts, 1)
            ]
        else:
            if request.content_encoding not in (None, "", "identity"):
                raise UnsupportedMediaType("The body is encoded: send it as it is.")
            yield [_kept(request.stream, request.mimetype, Path(folder) / "The document")]


def _kept(source: IO[bytes], media_type: str, path: Path) -> Received:
    try:
        rdf_format(media_type)
    except UsageError:
        known = ", ".join(one.media_type for one in FORMATS.values())
        raise UnsupportedMediaType(
            f"The Content-Type is {media_type!r}: send RDF as {known}."
            if media_type
            else f"The Content-Type is missing: send RDF as {known}."
        ) from None
    with path.open("wb") as target:
        shutil.copyfileobj(source, target, 2**20)
    return Received(path, media_type)
