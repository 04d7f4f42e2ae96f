"""Writes the answer of a query in a result format, as bytes in UTF-8, chunk by chunk."""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Protocol

from kg.errors import UsageError
from kg.namespaces import CUT_ANSWER
from kg.sparql.formats import BINDING_FORMATS, FILE_FORMATS, GRAPH_FORMATS, Format, files
from kg.sparql.formats import json_bindings as _json
from kg.sparql.formats import text_bindings as _text
from kg.sparql.formats import xml_bindings as _xml
from kg.sparql.formats.graphs import Triple, rewritten, write_triples
from kg.sparql.formats.terms import Row, encoded

_LINES = {
    "json": _json.objects,
    "xml": _xml.results,
    "csv": _text.csv_lines,
    "tsv": _text.tsv_lines,
}
_FRAMES = {
    "json": _json.frame,
    "xml": _xml.frame,
    "csv": _text.frame_csv,
    "tsv": _text.frame_tsv,
}
_FILES = {"parquet": files.parquet, "xlsx": files.xlsx}
_BOOLEANS = {
    "json": _json.write_boolean,
    "xml": _xml.write_boolean,
    "csv": _text.write_boolean,
    "tsv": _text.write_boolean,
}


_IN_MEMORY = 8 * 1024 * 1024
"""Bytes of an answer that wait in memory for its end; more wait in a file."""
_CUT = "This answer is not complete: it was cut at the limit of rows."
_REMARKS = {"xml": f"<!-- {_CUT} -->\n", "turtle": f"# {_CUT}\n", "nt": f"# {_CUT}\n"}
"""What the formats that take remarks say at the end of an answer that was cut."""


class Bindings(Protocol):
    """What the writers ask of the answer of SELECT or ASK."""

    @property
    def form(self) -> str:
        """`select` or `ask`."""

    @property
    def variables(self) -> list[str]:
        """Names of the variables, in order."""

    @property
    def boolean(self) -> bool | None:
        """The answer of ASK."""

    @property
    def limited(self) -> bool:
        """Whether there is a limit of rows, which may cut some."""

    @property
    def complete(self) -> bool:
        """Whether no row was cut; known after the rows."""

    def rows(self) -> Iterator[Row]:
        """The solutions of SELECT."""

    def lines(self, name: str) -> Iterator[list[str]] | None:
        """The solutions as text in a format, chunk by chunk; None where only rows are offered."""


class Triples(Protocol):
    """What the writers ask of the answer of CONSTRUCT or DESCRIBE."""

    @property
    def complete(self) -> bool:
        """Whether no triple was cut; known after the triples."""

    def triples(self) -> Iterator[Triple]:
        """The triples of the answer."""

    def lines(self, name: str) -> Iterator[list[str]] | None:
        """The triples as text in a format, chunk by chunk; None where only triples are offered."""


def formats_of(form: str) -> tuple[Format, ...]:
    """Return the formats in which a query of this form is answered, the preferred one first."""
    if form == "select":
        return (*BINDING_FORMATS, *FILE_FORMATS)
    return BINDING_FORMATS if form == "ask" else GRAPH_FORMATS


def write_bindings(result: Bindings, name: str) -> Iterator[bytes]:
    """Yield the answer of SELECT or ASK in the format `json`, `xml`, `csv` or `tsv`.

    SELECT is written as `parquet` and `xlsx`, too. The head of JSON and XML links to `CUT_ANSWER`
    where rows were cut.

    Raises:
        UsageError: there is no such format.
        QueryEvaluationError: a term cannot be written in this format.
    """
    _check(name, formats_of(result.form))
    if name in _FILES:
        return _FILES[name](result.variables, result.rows())
    if result.form == "ask":
        return encoded(_BOOLEANS[name](bool(result.boolean)))
    written = result.lines(name)
    lines: Iterator[Sequence[str]] = (
        _LINES[name](result.variables, result.rows()) if written is None else written
    )
    if result.limited:
        lines = _kept(lines)
    links = () if result.complete else (CUT_ANSWER,)
    pieces = _FRAMES[name](result.variables, lines, links)
    return _remarked(encoded(pieces), result, name)


def _kept(lines: Iterable[Sequence[str]]) -> Iterator[Sequence[str]]:
    """Return lines once all are there, so that it is known whether some were cut.

    Raises:
        QueryError: what the query raises while its rows are read.
    """
    document = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  (closed below)
    try:
        for chunk in lines:
            pickle.dump(chunk, document)
    except BaseException:
        document.close()
        raise
    document.seek(0)
    return _read(document)


def _read(document: IO[bytes]) -> Iterator[Sequence[str]]:
    with document:
        while True:
            try:
                chunk: Sequence[str] = pickle.load(document)  # noqa: S301  (written above)
            except EOFError:
                return
            yield chunk


def write_graph(result: Triples, name: str) -> Iterator[bytes]:
    """Yield the answer of CONSTRUCT or DESCRIBE in the format `turtle`, `nt`, `xml` or `json-ld`.

    Raises:
        UsageError: there is no such format.
        QueryEvaluationError: a term cannot be written in this format.
    """
    _check(name, GRAPH_FORMATS)
    lines = result.lines("nt")
    if lines is None:
        return _remarked(write_triples(result.triples(), name), result, name)
    if name == "nt":
        return _remarked(encoded(map("".join, lines)), result, name)
    return _remarked(rewritten(map("".join, lines), name), result, name)


def _remarked(chunks: Iterator[bytes], result: Bindings | Triples, name: str) -> Iterator[bytes]:
    """Yield an answer, then what tells that it was cut where it was."""
    yield from chunks
    if not result.complete and name in _REMARKS:
        yield _REMARKS[name].encode()


def _check(name: str, offered: tuple[Format, ...]) -> None:
    names = [one.name for one in offered]
    if name not in names:
        raise UsageError(f"There is no result format {name!r} here; choose {', '.join(names)}.")
