"""RDF syntaxes written batch by batch, so that a document can be sent while it is being made.

A serializer writes a whole document at once. Each batch is therefore serialized as a document of
its own, and of all but the first only what stands between its header and its footer is kept: the
headers are the same, for the prefixes are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import pyoxigraph as ox

from kg.namespaces import PREFIXES

Statement = ox.Triple | ox.Quad

_BATCH = 2_000
_ENDS_IN_NAME = re.compile(r"[^\W\d][\w.-]*\Z")
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PREFIXED = (ox.RdfFormat.TURTLE, ox.RdfFormat.TRIG, ox.RdfFormat.RDF_XML)


def serialized(statements: Iterable[Statement], syntax: ox.RdfFormat) -> Iterator[bytes]:
    """Yield a document of the statements, in pieces.

    Raises:
        ValueError: a term cannot be written in this syntax; the message continues a sentence.
    """
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
        if syntax == ox.RdfFormat.RDF_XML:
            _check_for_xml(batch)
        yield separator + _document(batch, syntax)[len(header) :].removesuffix(footer)
        separator = _SEPARATORS.get(syntax, b"")
    if footer:
        yield footer


def _document(statements: Sequence[Statement], syntax: ox.RdfFormat) -> bytes:
    prefixes = PREFIXES if syntax in _PREFIXED else None
    # The annotations of the serializer know lists of one kind only.
    return ox.serialize(statements, format=syntax, prefixes=prefixes) or b""  # type: ignore[arg-type]


def _check_for_xml(statements: Sequence[Statement]) -> None:
    """Raise ValueError where XML cannot carry a statement, which the serializer does not check."""
    for statement in statements:
        predicate, value = statement.predicate.value, statement.object
        if not _ENDS_IN_NAME.search(predicate):
            raise ValueError(
                f"holds the predicate <{predicate}>, which does not end in a name, so that RDF/XML"
                " cannot carry it"
            )
        if isinstance(value, ox.Literal) and (found := _NOT_XML.search(value.value)):
            raise ValueError(
                f"holds the character U+{ord(found[0]):04X}, which XML 1.0 cannot carry"
            )


def _directives(syntax: ox.RdfFormat) -> bytes:
    """Return the header that the serializer leaves out of an empty document."""
    if syntax not in _PREFIXED:
        return b""
    return "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in PREFIXES.items()).encode()


_FOOTERS = {ox.RdfFormat.RDF_XML: b"</rdf:RDF>", ox.RdfFormat.JSON_LD: b"]"}
_SEPARATORS = {ox.RdfFormat.JSON_LD: b","}
