"""Values and terms of mapping documents become SQL expressions over a relation.

A relation is a temporary table with `_row` (row of the file; of a group its first), the columns
c0, c1 ..., and for groups `_rows` (all their rows). Names out of documents and files never become
identifiers.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import sqlglot.expressions as exp

from kg.errors import MappingError
from kg.ingest.functions import FUNCTIONS, Context, iri_safe
from kg.ingest.lookups import Lookup, key_of
from kg.ingest.mapping import (
    Call,
    Constant,
    Reference,
    Template,
    TermMap,
    Value,
    calls,
    references,
)
from kg.ingest.minting import label_sql
from kg.ingest.sql import call, column, concat, every, missing, present, temporary, text

ROW = "_row"
ROWS = "_rows"

IRI = r"[A-Za-z][A-Za-z0-9+.\-]*:[^\x00-\x20<>\"{}|^`\\]*"
_NODE = rf"{IRI}|_:[A-Za-z0-9]+"
"""Texts that can stand between the angle brackets of an absolute IRI (RFC 3987, loosely)."""


_LANGUAGE = r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*"


@dataclass(frozen=True, slots=True)
class Relation:
    """A temporary table: its columns by the names that documents use, and the file it is of."""

    table: str
    columns: dict[str, str]
    file: int
    grouped: bool = False
    made_of: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Computed column -> the columns of the file that it is made of."""
    empty: frozenset[str] = frozenset()
    """Columns that the file does not have: nothing is in any of their cells."""
    chosen_by: tuple[str, ...] = ()
    """Columns of the file by which it is decided which rows are there."""
    grouped_by: tuple[str, ...] = ()
    """Columns of the file whose values the rows of a group share."""
    beyond: frozenset[tuple[int, str]] = frozenset()
    """Columns (file, name) of other rows that a row depends on."""

    def shown(self, value: Value) -> tuple[str, ...]:
        """Return the columns of the file that a value comes from, each once."""
        names = (self.made_of.get(name, (name,)) for name in references(value))
        return tuple(dict.fromkeys(itertools.chain.from_iterable(names)))

    def sources(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return the columns of the file that some columns come from."""
        return self.shown(Call("", tuple(map(Reference, names)), ""))

    def outside(self, names: Iterable[str] = ()) -> frozenset[tuple[int, str]]:
        """Return what rows beside these depend on that read some columns of them."""
        read = (*self.sources(names), *self.chosen_by, *self.grouped_by)
        return self.beyond | {(self.file, name) for name in read}

    def column(self, name: str, place: str) -> exp.Column:
        """Return the SQL column for a name.

        Raises:
            MappingError: there is none of that name.
        """
        if name not in self.columns:
            raise MappingError(
                f"{place}: there is no column {name!r}; there are {', '.join(self.columns)}."
            )
        return column(self.columns[name])


@dataclass(frozen=True, slots=True)
class Check:
    """A condition that holds for the rows of a relation that are wrong."""

    condition: exp.Expr
    columns: tuple[str, ...]
    value: exp.Expr
    code: str
    """Key of the message; see `kg.ingest.messages`."""
    detail: str = ""


class Values:
    """Compiler of the values of one relation."""

    def __init__(self, relation: Relation, context: Context, place: str) -> None:
        self._relation = relation
        self._context = context
        self._place = place

    def sql(self, value: Value) -> exp.Expr:
        """Return the SQL of a value: a text, or a condition for functions that are one."""
        if isinstance(value, Reference):
            return self._relation.column(value.column, self._place)
        if isinstance(value, Constant):
            return text(value.text)
        if isinstance(value, Template):
            return concat(*(self.sql(part) for part in value.parts))
        arguments = [self.sql(argument) for argument in value.arguments]
        return FUNCTIONS[value.function].build(self._context, arguments)

    def lookups(self, *values: Value) -> Iterator[Lookup]:
        """Yield what has to be looked up before the SQL of values can run, inner calls first."""
        for inner in itertools.chain.from_iterable(map(calls, values)):
            if FUNCTIONS[inner.function].looked_up:
                key = key_of([self.sql(argument) for argument in inner.arguments])
                keys = exp.select(exp.alias_(key, "key")).from_(temporary(self._relation.table))
                yield Lookup(inner.function, keys)

    def term(self, term: TermMap) -> exp.Expr:
        """Return the text of a term; references inside the template of an IRI are encoded."""
        if term.blank:
            source = text(self._context.key_source)
            return label_sql(self._context.secret, source, self.sql(term.value))
        return self.iri(term.value) if term.iri else self.sql(term.value)

    def iri(self, value: Value) -> exp.Expr:
        """Return the text of an IRI; references inside a template are encoded."""
        if not isinstance(value, Template):
            return self.sql(value)
        return concat(
            *(
                self.sql(part) if isinstance(part, Constant) else iri_safe(self.sql(part))
                for part in value.parts
            )
        )

    def checks(self, value: Value) -> Iterator[Check]:
        """Yield the checks that calls inside a value could read what they were given."""
        for inner in calls(value):
            if FUNCTIONS[inner.function].partial:
                given = [present(self.sql(argument)) for argument in inner.arguments]
                condition = every([*given, missing(self.sql(inner))])
                yield self._check(inner, condition, "function", inner.function)

    def term_checks(self, term: TermMap) -> Iterator[Check]:
        """Yield the checks of a term, its being an IRI included."""
        yield from self.checks(term.value)
        if term.iri and not term.blank and _may_be_no_iri(term.value):
            yield self._form(term.value, _NODE if term.stored else IRI, "iri")
        if term.datatype_of is not None:
            yield self._form(term.datatype_of, IRI, "iri")
        if term.language_of is not None:
            yield self._form(term.language_of, _LANGUAGE, "language")

    def _form(self, value: Value, pattern: str, code: str) -> Check:
        """Return the check that a value has a form."""
        wrong = exp.Not(this=call("regexp_full_match", self.iri(value), text(pattern)))
        return self._check(value, wrong, code, "")

    def _check(self, value: Value, condition: exp.Expr, code: str, detail: str) -> Check:
        """Return a check that shows the columns that a value reads."""
        names = dict.fromkeys(references(value))
        shown = [call("coalesce", self.sql(Reference(name)), text("")) for name in names]
        columns = self._relation.shown(value)
        return Check(condition, columns, call("concat_ws", text(" | "), *shown), code, detail)


def _may_be_no_iri(value: Value) -> bool:
    """Tell whether the text of a value could be something else than an IRI."""
    if isinstance(value, Call):
        return FUNCTIONS[value.function].returns != "iri"
    if isinstance(value, Template):
        return isinstance(value.parts[0], Reference)
    return isinstance(value, Reference)
