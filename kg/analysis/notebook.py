"""The store as a notebook sees it: `kg.open(path).query("A4", ...)`, and answers as data frames.

`to_polars` and `to_pandas` need these packages, which `pip install clientgraph[notebook]` brings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from html import escape
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import networkx as nx
from rdflib import Literal
from rdflib.term import Node

from kg.catalog import find_query, load_catalog, read_term
from kg.config import Settings
from kg.derivation import derive_in
from kg.errors import UsageError
from kg.library import find_kept, settled
from kg.sparql import query
from kg.store import Store

if TYPE_CHECKING:
    import pandas
    import polars

Value = str | int | float | Decimal | bool | date | datetime
"""A value given for a parameter."""

_SHOWN = 20
"""Rows of an answer that a notebook shows by itself."""
_PLAIN = (str, int, float, Decimal, bool, date, datetime)


def open_graph(path: Path | str, *, organization: str | None = None) -> OpenGraph:
    """Open a store: its file, or the data folder that it is in.

    `organization` is the key of the focal organisation, that of the settings otherwise.

    Raises:
        UsageError: there is no store.
        StoreLockedError: another process holds the file.
    """
    file = Path(path)
    file = Settings(data_dir=file).store_path if file.is_dir() else file
    if not file.exists():
        raise UsageError(f"There is no store at {path}: import something first.")
    store = Store.open(file)
    derive_in(store)
    return OpenGraph(store, Settings().organization if organization is None else organization)


class OpenGraph:
    """An open store; close it, or use it in a `with` statement."""

    def __init__(self, store: Store, organization: str) -> None:
        self.store = store
        self._organization = organization

    def query(
        self,
        question: str,
        *,
        as_of_commit: int | None = None,
        timeout: float | None = None,
        **parameters: Value,
    ) -> Answer:
        """Ask a named question, by name or id, a query that is kept, or a SPARQL text.

        Parameters are bound as terms; a parameter called like an argument takes a `_` behind it.

        Raises:
            UsageError: no question has this name, no commit this number, or a parameter is wrong.
            QueryError: the query cannot be answered.
        """
        values = {name.removesuffix("_"): _text(value) for name, value in parameters.items()}
        self.store.check_commit(as_of_commit)
        text, bindings = self._asked(question, values)
        result = query(
            self.store, text, bindings=bindings, as_of_commit=as_of_commit, timeout=timeout
        )
        if result.form == "ask":
            raise UsageError("The query is an ASK: write a SELECT, whose answer has rows.")
        result = result if as_of_commit is None else settled(result, text)
        names = result.variables if result.form == "select" else ["subject", "predicate", "object"]
        return Answer(tuple(names), tuple(result.terms()), result.commit)

    def _asked(self, question: str, values: Mapping[str, str]) -> tuple[str, Mapping[str, Any]]:
        if any(mark in question for mark in "{ \n"):
            return question, {name: read_term(text) for name, text in values.items()}
        if kept := find_kept(self.store, question):
            return kept.version().text, kept.bind(values, organization=self._organization)
        named = find_query(question, load_catalog())
        return named.text, named.bind(values, organization=self._organization)

    def close(self) -> None:
        """Close the store."""
        self.store.close()

    def __enter__(self) -> OpenGraph:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class Answer:
    """The rows of an answer, and the commit that they were computed on."""

    def __init__(
        self, columns: tuple[str, ...], terms: tuple[tuple[Node | None, ...], ...], commit: int
    ) -> None:
        self.columns = columns
        self.terms = terms
        """The rows as RDF terms."""
        self.commit = commit

    def __len__(self) -> int:
        return len(self.terms)

    def __repr__(self) -> str:
        return f"<Answer: {len(self)} rows of {', '.join(self.columns)}; commit {self.commit}>"

    def _repr_html_(self) -> str:
        """Return the first rows as the table that a notebook shows."""
        head = "".join(f"<th>{escape(name)}</th>" for name in self.columns)
        rows = (
            "".join(f"<td>{'' if value is None else escape(str(value))}</td>" for value in row)
            for row in islice(self, _SHOWN)
        )
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        more = len(self) - _SHOWN
        foot = f"<p>... {more:,} more rows</p>" if more > 0 else ""
        return f"<table><tr>{head}</tr>{body}</table>{foot}"

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        """Yield the rows as Python values: numbers, dates, texts; an IRI is a text."""
        return (tuple(map(_value, row)) for row in self.terms)

    def records(self) -> list[dict[str, Any]]:
        """Return the rows as dictionaries by column."""
        return [dict(zip(self.columns, row, strict=True)) for row in self]

    def to_polars(self) -> polars.DataFrame:
        """Return the rows as a data frame of polars."""
        import polars

        rows = list(self)
        columns = list(self.columns)
        return polars.DataFrame(rows, schema=columns, orient="row", infer_schema_length=None)

    def to_pandas(self) -> pandas.DataFrame:
        """Return the rows as a data frame of pandas."""
        import pandas

        return pandas.DataFrame(list(self), columns=list(self.columns))

    def to_networkx(
        self, source: str | None = None, target: str | None = None
    ) -> nx.MultiDiGraph[Any]:
        """Return the rows as edges from one column to another, the rest being their attributes.

        Without names, the first two columns are the ends. A row that lacks an end is left out.

        Raises:
            UsageError: there is no such column, or less than two.
        """
        ends = (source or next(iter(self.columns), ""), target or next(iter(self.columns[1:]), ""))
        for end in ends:
            if end not in self.columns:
                raise UsageError(
                    f"There is no column {end!r}; there are {', '.join(self.columns)}."
                )
        graph: nx.MultiDiGraph[Any] = nx.MultiDiGraph()
        for row in self.records():
            one, other = (row[end] for end in ends)
            if one is not None and other is not None:
                rest = {name: value for name, value in row.items() if name not in ends}
                graph.add_edges_from([(one, other, rest)])
        return graph


def _text(value: Value) -> str:
    """Return a parameter's value as users write it."""
    if not isinstance(value, _PLAIN):
        raise UsageError(f"{value!r} is no value for a parameter: give text, a number or a date.")
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, date) else str(value)


def _value(term: Node | None) -> Any:
    if not isinstance(term, Literal):
        return None if term is None else str(term)
    value = term.toPython()
    return value if isinstance(value, _PLAIN) else str(term)
