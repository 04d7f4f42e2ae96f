"""The compiled queries of a store: kept until its next commit, shared by queries of one shape.

The shape of a query is its text without its constants, with the variety of each constant. Where
the compiler looked at the value of a constant itself, queries must share that value, too.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from rdflib import URIRef
from rdflib.plugins.sparql.sparql import Query
from rdflib.term import Node

from kg.sparql import sql
from kg.sparql.compiled import Compiled, GraphChoice, compile_lines, compile_query
from kg.sparql.context import typed_term
from kg.sparql.lifting import Asked
from kg.sparql.parameters import Parameter
from kg.sparql.staged import Read
from kg.sparql.steps import Step
from kg.store import Cursor, Statement, Store, TermKey, term_key
from kg.store.decoding import Terms
from kg.store.lookup_index import LookupIndex
from kg.store.property_table import PropertyTable

_MOST_KNOWN = 512
_FIRST_STRANGER = -1_000_000_000
"""Id of a parameter that is not stored, far from those of other constants of a query."""


@dataclass(frozen=True, slots=True)
class _Question:
    """What is compiled: a query, its bindings, and what some of its terms stand for."""

    query: Query
    bindings: Mapping[str, Node]
    constants: Mapping[TermKey, TermKey]
    """Terms that stand for constants, with the constants."""
    identity: Hashable
    """The same for questions that differ in these constants only."""


def _question(asked: Asked, bindings: Mapping[str, Node]) -> _Question:
    """Return what to compile for a query, as general as it can be."""
    stand_ins = {name: URIRef(f"urn:x-constant:binding:{name}") for name in bindings}
    constants = {term_key(stand_ins[name]): term_key(node) for name, node in bindings.items()}
    template = asked.template
    constants.update(zip(template.open, asked.constants, strict=True))
    values = set(constants.values())
    if len(values) == len(constants) and template.fixed.isdisjoint(values):
        identity: Hashable = (template.text, asked.base, tuple(bindings))
        return _Question(template.query, stand_ins, constants, identity)
    # Terms that are equal are one constant to the compiler.
    identity = (asked.text, asked.base, tuple(bindings.items()))
    return _Question(asked.query, bindings, {}, identity)


@dataclass(frozen=True, slots=True)
class _Gapped:
    """A statement with gaps."""

    parts: Sequence[str]
    gaps: Sequence[tuple[int, str]]

    def filled(self, parameters: Sequence[Parameter]) -> str:
        """Return the statement of some parameters."""
        return self._with({gap: parameters[gap[0]].filling(gap[1]) for gap in set(self.gaps)})

    def parsed(self, cursor: Cursor) -> _Parsed | None:
        """Return the statement as the engine reads it, where only ids are filled in."""
        if not all(facet == "id" for _, facet in self.gaps):
            return None
        indexes = sorted({index for index, _ in self.gaps})
        marks = {(index, "id"): f"${number}" for number, index in enumerate(indexes, 1)}
        return _Parsed(cursor.extract_statements(self._with(marks))[0], indexes)

    def _with(self, texts: Mapping[tuple[int, str], str]) -> str:
        filled = [self.parts[0]]
        for gap, part in zip(self.gaps, self.parts[1:], strict=True):
            filled += (texts[gap], part)
        return "".join(filled)


@dataclass(frozen=True, slots=True)
class _Parsed:
    """A statement that the engine need not read again, with the parameters whose ids it takes."""

    statement: Statement
    indexes: Sequence[int]

    def filled(self, parameters: Sequence[Parameter]) -> Read:
        """Return the statement with the ids of some parameters."""
        return Read(self.statement, [parameters[index].entry[0] for index in self.indexes])


def _gapped(statement: str) -> _Gapped:
    return _Gapped(*sql.split(statement))


@dataclass(frozen=True, slots=True)
class _Plan:
    """A compiled query with gaps."""

    compiled: Compiled
    statement: _Gapped
    before: _Gapped | None
    direct: _Gapped | None
    read: _Parsed | None
    """`direct`, read by the engine."""
    steps: Sequence[tuple[Step, _Gapped]]

    def filled(self, parameters: Sequence[Parameter]) -> Compiled:
        """Return the compiled query of some parameters."""
        direct = self.compiled.direct
        if direct is not None and self.direct is not None:
            own = dict(parameter.entry for parameter in parameters if parameter.stranger)
            text = self.direct.filled(parameters)
            read = None if self.read is None else self.read.filled(parameters)
            direct = replace(direct, sql=text, own={**direct.own, **own}, read=read)
        return replace(
            self.compiled,
            sql=self.statement.filled(parameters),
            before=self.before.filled(parameters) if self.before else None,
            direct=direct,
            steps=tuple(replace(step, sql=text.filled(parameters)) for step, text in self.steps),
        )


def _plan(compiled: Compiled, cursor: Cursor) -> _Plan:
    before = compiled.before
    direct = _gapped(compiled.direct.sql) if compiled.direct else None
    return _Plan(
        compiled,
        _gapped(compiled.sql),
        None if before is None else _gapped(before),
        direct,
        None if direct is None or compiled.recursive else direct.parsed(cursor),
        [(step, _gapped(step.sql)) for step in compiled.steps],
    )


_T = TypeVar("_T")


class _Kept(Generic[_T]):
    """What was compiled since a commit, by shape and by the values that it follows from."""

    def __init__(self) -> None:
        self._number = -1
        self._known: dict[Hashable, _T] = {}
        self._looked_at: dict[Hashable, frozenset[int]] = {}
        """For each shape the parameters whose values its SQL follows from."""

    def __len__(self) -> int:
        return len(self._known)

    def find(self, shape: Hashable, values: Sequence[Parameter]) -> _T | None:
        """Return what was compiled for some parameters, or others that do as well."""
        looked_at = self._looked_at.get(shape, frozenset())
        return self._known.get((shape, _keys(values, looked_at)))

    def keep(self, shape: Hashable, values: Sequence[Parameter], found: _T, number: int) -> None:
        """Keep what was compiled; that for earlier commits is no longer asked for."""
        if number > self._number or len(self._known) >= _MOST_KNOWN:
            self._known, self._looked_at, self._number = {}, {}, number
        looked_at = self._looked_at.get(shape, frozenset())
        looked_at |= {index for index, value in enumerate(values) if value.looked_at}
        self._looked_at[shape] = looked_at
        self._known[shape, _keys(values, looked_at)] = found


class Plans:
    """The compiled queries of one store."""

    def __init__(self, terms: Terms | None = None) -> None:
        self._terms = terms or Terms()
        self._plans: _Kept[_Plan] = _Kept()
        self._lines: _Kept[_Gapped] = _Kept()

    def __len__(self) -> int:
        return len(self._plans)

    def compiled(
        self,
        cursor: Cursor,
        asked: Asked,
        bindings: Mapping[str, Node],
        graphs: GraphChoice,
        number: int,
        is_settled: Callable[[], bool] = lambda: True,
        properties: PropertyTable | None = None,
        first: int | None = None,
        index: LookupIndex | None = None,
    ) -> Compiled:
        """Return the SQL of a query on the state of the store after a commit.

        `is_settled` tells, once the cursor was used, whether it sees that state; `properties` is
        the property table of that state and `index` the look-up index of it, `first` asks for the
        first solutions alone.

        Raises:
            NotCompiledError: some part of the query is not compiled.
        """
        question = _question(asked, bindings)
        parameters = _parameters(cursor, index or self._terms, question.constants)
        values = list(parameters.values())
        varieties = tuple(value.variety for value in values)
        shape = (question.identity, graphs, number, properties is not None, first, varieties)
        plan = self._plans.find(shape, values)
        if plan is None:
            found = compile_query(
                cursor,
                question.query,
                question.bindings,
                graphs,
                parameters,
                in_two_steps=True,
                properties=properties,
                first=first,
            )
            plan = _plan(found, cursor)
            if found.lasting and is_settled():
                self._plans.keep(shape, values, plan, number)
        return plan.filled(values)

    def lines(
        self,
        cursor: Cursor,
        asked: Asked,
        bindings: Mapping[str, Node],
        graphs: GraphChoice,
        name: str,
        number: int,
        properties: PropertyTable | None = None,
        index: LookupIndex | None = None,
    ) -> str:
        """Return the SQL that reads what the plan of a query has staged as text in a format.

        The cursor sees the state after the commit `number`.
        """
        question = _question(asked, bindings)
        parameters = _parameters(cursor, index or self._terms, question.constants)
        values = list(parameters.values())
        varieties = tuple(value.variety for value in values)
        sound = index is not None and index.sound
        shape = (question.identity, graphs, number, properties is not None, name, sound, varieties)
        statement = self._lines.find(shape, values)
        if statement is None:
            found = compile_lines(
                cursor,
                question.query,
                question.bindings,
                graphs,
                name,
                parameters,
                properties=properties,
                sound=sound,
            )
            statement = _gapped(found.sql)
            if found.lasting:
                self._lines.keep(shape, values, statement, number)
        return statement.filled(values)


_PLANS: WeakKeyDictionary[Store, Plans] = WeakKeyDictionary()


def plans_of(store: Store) -> Plans:
    """Return the compiled queries of a store."""
    plans = _PLANS.get(store)
    if plans is None:
        plans = _PLANS.setdefault(store, Plans(store.terms))
    return plans


def _keys(values: Sequence[Parameter], indexes: frozenset[int]) -> tuple[TermKey, ...]:
    return tuple(values[index].key for index in sorted(indexes))


def _parameters(
    cursor: Cursor, terms: Terms | LookupIndex, constants: Mapping[TermKey, TermKey]
) -> dict[TermKey, Parameter]:
    """Return a parameter for each term that stands for a constant."""
    keys = list(constants.values())
    if isinstance(terms, LookupIndex):
        ids = [terms.id(key) for key in keys]
    else:
        ids = terms.ids(cursor, keys)
    found = zip(constants, keys, ids, strict=True)
    return {
        stand_in: Parameter(
            typed_term(cursor, key), _FIRST_STRANGER - index if term_id is None else term_id, index
        )
        for index, (stand_in, key, term_id) in enumerate(found)
    }
