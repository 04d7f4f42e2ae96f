"""RDF syntaxes written batch by batch, so that a document can be sent while it is being made.

A serializer writes a whole document at once. Each batch is therefore serialized as a document of
its own, and of all but the first only what stands between its header and its footer is kept: the
headers are the same, for the prefixes are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import pyoxigraph as ox

from kg.namespaces import PREFIXES

Statement = ox.Triple | ox.Quad

_BATCH = 2_000
_PREFIXED = (ox.RdfFormat.TURTLE, ox.RdfFormat.TRIG, ox.RdfFormat.RDF_XML)


def serialized(statements: Iterable[Statement], syntax: ox.RdfFormat) -> Iterator[bytes]:
    """Yield a document of the statements, in pieces."""
    statements = iter(statements)
    return joined(iter(lambda: list(islice(statements, _BATCH)), []), syntax)


def joined(batches: Iterable[Sequence[Statement]], syntax: ox.RdfFormat) -> Iterator[bytes]:
    """Yield one document of all batches, none of which is empty; see `serialized`."""
    empty = _document((), syntax)
    footer = _FOOTERS.get(syntax, b"")
    header = empty.removesuffix(footer) or _directives(syntax)
    separator = b""
    yield header
    for batch in batches:
        yield separator + _document(batch, syntax)[len(header) :].removesuffix(footer)
        separator = _SEPARATORS.get(syntax, b"")
    if footer:
        yield footer


def _document(statements: Sequence[Statement], syntax: ox.RdfFormat) -> bytes:
    prefixes = PREFIXES if syntax in _PREFIXED else None
    # The annotations of the serializer know lists of one kind only.
    return ox.serialize(statements, format=syntax, prefixes=prefixes) or b""  # type: ignore[arg-type]


def _directives(syntax: ox.RdfFormat) -> bytes:
    """Return the header that the serializer leaves out of an empty document."""
    if syntax not in _PREFIXED:
        return b""
    return "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in PREFIXES.items()).encode()


_FOOTERS = {ox.RdfFormat.RDF_XML: b"</rdf:RDF>", ox.RdfFormat.JSON_LD: b"]"}
_SEPARATORS = {ox.RdfFormat.JSON_LD: b","}
