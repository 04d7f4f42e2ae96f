"""RDF documents: their formats by name, media type and extension, unpacked and parsed."""

from __future__ import annotations

import contextlib
import gzip
import io
import re
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import pyoxigraph

from kg.errors import RdfSyntaxError, UsageError
from kg.store.entities import check_entities
from kg.store.nesting import check_nesting

FORMATS: dict[str, pyoxigraph.RdfFormat] = {
    "turtle": pyoxigraph.RdfFormat.TURTLE,
    "trig": pyoxigraph.RdfFormat.TRIG,
    "nt": pyoxigraph.RdfFormat.N_TRIPLES,
    "nquads": pyoxigraph.RdfFormat.N_QUADS,
    "xml": pyoxigraph.RdfFormat.RDF_XML,
    "json-ld": pyoxigraph.RdfFormat.JSON_LD,
}
"""Formats by the name that users give."""

_EXTENSIONS = {
    "ttl": "turtle",
    "trig": "trig",
    "nt": "nt",
    "nq": "nquads",
    "rdf": "xml",
    "owl": "xml",
    "xml": "xml",
    "jsonld": "json-ld",
    "json": "json-ld",
}

EXTENSIONS = frozenset(f".{extension}" for extension in _EXTENSIONS)
"""Extensions of the files that hold RDF; each may be followed by `.gz`."""

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"\x1f\x8b", "gzip data: give its name the extension .gz"),
    (b"pk\x03\x04", "a ZIP archive: unpack it and import the files that it holds"),
    (b"<!doctype html", "an HTML page: export RDF from its source instead"),
    (b"<html", "an HTML page: export RDF from its source instead"),
    (b"<?xml", "RDF/XML: give the format xml"),
    (b"<rdf:rdf", "RDF/XML: give the format xml"),
    (b"{", "JSON-LD or TriG: give the format json-ld or trig"),
    (b"[{", "JSON-LD: give the format json-ld"),
    (b"@prefix", "Turtle or TriG: give the format turtle or trig"),
    (b"@base", "Turtle or TriG: give the format turtle or trig"),
    (b"prefix ", "Turtle or TriG: give the format turtle or trig"),
)
"""First bytes of a document, in lower case, and what they mean in a document of another format."""


def rdf_format(name: str) -> pyoxigraph.RdfFormat:
    """Return the format of a name of `FORMATS`, a media type or a file extension.

    Raises:
        UsageError: no format is called so.
    """
    known = FORMATS.get(_EXTENSIONS.get(name.removeprefix("."), name))
    found = known or pyoxigraph.RdfFormat.from_media_type(name)
    if found is None or found not in FORMATS.values():
        raise UsageError(
            f"{name!r} is not an RDF format known here. Use one of {', '.join(FORMATS)}."
        )
    return found


def format_of(path: Path) -> pyoxigraph.RdfFormat:
    """Return the format that the extension of a file names, `.gz` aside.

    Raises:
        UsageError: the extension names no RDF format.
    """
    suffix = path.with_suffix("").suffix if path.suffix == ".gz" else path.suffix
    if suffix.lower() not in EXTENSIONS:
        raise UsageError(
            f"The extension of {path.name} names no RDF format. Use one of"
            f" {', '.join(sorted(EXTENSIONS))}, or give the format."
        )
    return rdf_format(suffix.lower())


def _mismatch(start: bytes) -> str | None:
    """Return what the first bytes of a document that cannot be read look like, with advice."""
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return next((what for sign, what in _SIGNATURES if text.startswith(sign)), None)


@contextlib.contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """Yield a file as it is, or what it holds when its extension is `.gz`.

    Raises:
        UsageError: the file cannot be opened.
        RdfSyntaxError: the gzip data are cut short or damaged.
    """
    try:
        packed = path.suffix == ".gz" and path.stat().st_size
        if path.suffix != ".gz":
            path.open("rb").close()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}. Check its name.") from error
    if path.suffix != ".gz":
        yield path
        return
    if not packed:
        raise RdfSyntaxError(f"{path.name} is empty, which gzip data never are: copy it again.")
    with tempfile.TemporaryDirectory(prefix="clientgraph-") as folder:
        plain = Path(folder) / "plain"
        _unpack(path, plain)
        yield plain


EXPANSION = 200
"""How many times its packed size a file may unpack to, beyond what is always allowed."""


def unpacked_limit(packed: int) -> int:
    """Return how many bytes a packed file of a size may unpack to.

    A small file can otherwise fill the disk: gzip packs zeros a thousandfold.
    """
    return 64 * 2**20 + EXPANSION * packed


def _unpack(path: Path, plain: Path) -> None:
    """Write what a gzip file holds; its check sums are verified, which the engine does not do."""
    try:
        with gzip.open(path) as source, plain.open("wb") as target:
            room = unpacked_limit(path.stat().st_size)
            while chunk := source.read(2**20):
                room -= len(chunk)
                if room < 0:
                    raise RdfSyntaxError(
                        f"{path.name} unpacks to more than {EXPANSION} times its size, as no"
                        " document does: unpack it first."
                    )
                target.write(chunk)
    except gzip.BadGzipFile as error:
        raise RdfSyntaxError(
            f"{path.name} is not sound gzip data ({error}): copy it again, or take the extension"
            " .gz off a file that is not packed."
        ) from error
    except (EOFError, zlib.error) as error:
        raise RdfSyntaxError(
            f"{path.name} is cut short or damaged ({error}): copy it again."
        ) from error


@dataclass(frozen=True, slots=True)
class Document:
    """What is read, and how it is called in messages."""

    name: str
    source: Path | bytes
    format: pyoxigraph.RdfFormat
    base: str | None
    triples_only: bool

    def quads(self) -> Iterator[pyoxigraph.Quad]:
        """Yield the quads of the document, with its own blank node labels.

        Raises:
            RdfSyntaxError: at the first place that is wrong.
        """
        check_nesting(self.source, self.name)
        with contextlib.ExitStack() as stack:
            stream: io.BufferedIOBase = (
                io.BytesIO(self.source)
                if isinstance(self.source, bytes)
                else stack.enter_context(self.source.open("rb"))
            )
            if self.format == pyoxigraph.RdfFormat.RDF_XML:
                check_entities(cast(BinaryIO, stream), self.name)
            start = stream.read(64)
            stream.seek(3 if start.startswith(b"\xef\xbb\xbf") else 0)
            try:
                yield from pyoxigraph.parse(
                    stream,  # type: ignore[arg-type]
                    self.format,
                    base_iri=self.base,
                    without_named_graphs=self.triples_only,
                )
            except SyntaxError as error:
                raise self._error(error, start) from error
            except ValueError as error:
                raise RdfSyntaxError(f"{self.name} cannot be read: {error}.") from error

    def check(self) -> None:
        """Read the document for its errors only.

        Raises:
            RdfSyntaxError: at the first place that is wrong.
        """
        for _ in self.quads():
            pass

    def _error(self, error: SyntaxError, start: bytes) -> RdfSyntaxError:
        """Return the error of ours for one of the parser."""
        message = re.sub(r"^Parser error (at|between) [^:]*: ", "", error.msg).rstrip(".")
        place = f", line {error.lineno}, column {error.offset}" if error.lineno else ""
        if "LoadDocumentCallback" in message:
            return RdfSyntaxError(
                f"{self.name} names a context that stands elsewhere. Nothing is fetched from the"
                " network: write the context into the document."
            )
        advice = _advice(message, self.triples_only)
        looks = _mismatch(start)
        if looks and self.format.name not in looks and (error.lineno or 1) == 1:
            advice = f"It was read as {self.format.name}, but looks like {looks}."
        return RdfSyntaxError(
            f"{self.name}{place}: {message}. {advice}", error.lineno or None, error.offset
        )


def _advice(message: str, triples_only: bool) -> str:  # noqa: FBT001
    """Return what to do about an error of the parser."""
    if "No scheme" in message:
        return "Give the base IRI of the document, or write the IRI in full."
    if triples_only and "graph" in message.lower():
        return "Leave out the target graph to keep the document's own graphs."
    return "Correct the document there and load it again."
