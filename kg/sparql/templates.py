"""Templates of updates filled with the solutions of a WHERE clause, set-wise, as ids of terms.

The solutions stand in a temporary table. What a computed value or a blank node of the template is
called gets its id there in one go; then each quad of a template is one SELECT over ids. A quad
with an unbound variable, or that is not RDF, is left out (SPARQL 1.1 Update, section 3.1.3).
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from rdflib import BNode, Literal, URIRef, Variable
from rdflib.term import Node

from kg.sparql.operations import TemplateQuad
from kg.sparql.statements import Columns
from kg.sparql.values import ANY, IRIS, RESOURCES, Kinds
from kg.store import DEFAULT_GRAPH, Cursor, Key, Kind, TermKey, identified, temporary, term_key

SOLUTIONS = "_solutions"

_ROLES: tuple[Kinds, ...] = (RESOURCES, IRIS, ANY, RESOURCES)
"""Kinds of terms that subject, predicate, object and graph may be."""

_VALID_IRI = r"""'[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>"{}|^`\\]*'"""
_TEXTS = (
    "SELECT unnest(?::BIGINT[]) AS id, unnest(?::VARCHAR[]) AS lex, unnest(?::VARCHAR[]) AS dt,"
    " unnest(?::VARCHAR[]) AS lang, unnest(?::BOOLEAN[]) AS written"
)


@dataclass(frozen=True, slots=True)
class Solutions:
    """The columns of `SOLUTIONS`: those of each variable; the terms behind negative ids."""

    columns: Mapping[str, Columns]
    own: Mapping[int, TermKey]


def valid(quads: tuple[TemplateQuad, ...]) -> tuple[TemplateQuad, ...]:
    """Return the quads of a template that can be RDF."""
    return tuple(
        quad
        for quad in quads
        if not isinstance(quad[0], Literal)
        and isinstance(quad[1], URIRef | Variable)
        and not isinstance(quad[3], Literal)
    )


def kinds_of_use(quads: tuple[TemplateQuad, ...]) -> dict[str, Kinds]:
    """Return the variables of templates, with the kinds that all their places admit."""
    found: dict[str, Kinds] = {}
    for quad in quads:
        for node, role in zip(quad, _ROLES, strict=True):
            if isinstance(node, Variable):
                found[str(node)] = found.get(str(node), ANY) & role
    return found


class Templates:
    """Templates over one table of solutions."""

    def __init__(self, cursor: Cursor, solutions: Solutions) -> None:
        self._cursor = cursor
        self._columns = solutions.columns
        self._own = solutions.own
        self._written: dict[TermKey, int] = {}
        self._labels: dict[BNode, str] = {}
        # No two operations, here or elsewhere, make the same blank node.
        self._salt = secrets.token_hex(8)
        self._ids: dict[int, int] = {}

    @contextmanager
    def filled(
        self, delete: tuple[TemplateQuad, ...], insert: tuple[TemplateQuad, ...]
    ) -> Iterator[None]:
        """Hold the quads of two templates as codes in the tables `_gone` and `_come`.

        A quad that is in both stays as it is, and is in `_come` only.
        """
        for node in (node for quad in (*delete, *insert) for node in quad):
            self._note(node)
        with (
            self._identified(add_missing=bool(insert)) as key,
            temporary(self._cursor, "_bound", self._bound(key)),
            temporary(self._cursor, "_come", self._codes(insert)),
            temporary(self._cursor, "_gone", f"{self._codes(delete)} EXCEPT FROM _come"),
        ):
            yield

    def _note(self, node: Node | None) -> None:
        """Remember a term that a template holds."""
        if isinstance(node, BNode):
            self._labels.setdefault(node, f"b{len(self._labels)}")
        elif isinstance(node, URIRef | Literal):
            # Below every number that stands for a term of the WHERE clause.
            number = min(self._own, default=0) - len(self._written) - 1
            self._written.setdefault(term_key(node), number)

    @contextmanager
    def _identified(self, *, add_missing: bool) -> Iterator[Key]:
        """Hold the ids of all terms in `_ids`, and those behind negative numbers in `_known`."""
        rows = [(number, *key, False) for number, key in self._own.items()]
        rows += [(number, *key, True) for key, number in self._written.items()]
        columns = [[row[i] for row in rows] for i in range(5)]
        with (
            temporary(self._cursor, "_texts", _TEXTS, columns),
            identified(self._cursor, self._occurrences(), add_missing=add_missing) as key,
            temporary(self._cursor, "_known", _KNOWN.format(key=key("t.lex", "t.dt", "t.lang"))),
        ):
            self._ids = dict(self._cursor.execute("SELECT old, id FROM _known").fetchall())
            yield key

    def _occurrences(self) -> str:
        """Return the statement of the terms whose ids are asked for."""
        parts = ["SELECT lex, dt, lang, id AS first, 0 AS family FROM _texts WHERE written"]
        parts += [
            f"SELECT {name}_lex, {name}_dt, {name}_lang, rowid, 0 FROM {SOLUTIONS}"
            f" WHERE {name}_k <> {int(Kind.IRI)} OR regexp_full_match({name}_lex, {_VALID_IRI})"
            for name in (column.name for column in self._columns.values() if not column.stored)
        ]
        parts += [
            f"SELECT {self._label(name)}, NULL, NULL, rowid, 0 FROM {SOLUTIONS}"
            for name in self._labels.values()
        ]
        if self._own:
            parts += [
                "SELECT lex, dt, lang, id, 0 FROM _texts WHERE NOT written"
                f" AND id IN (SELECT {column.name} FROM {SOLUTIONS})"
                for column in self._columns.values()
                if column.stored
            ]
        return " UNION ALL ".join(parts)

    def _label(self, name: str) -> str:
        """Return the SQL text of a blank node of the template in one solution."""
        return f"'_:u{self._salt}n' || n || '{name}'"

    def _bound(self, key: Key) -> str:
        """Return the statement of the solutions with every variable and blank node by its id."""
        columns, joins = ["1 AS one"], ""
        for column in self._columns.values():
            name, other = column.name, f"i_{column.name}"
            if not column.stored:
                term = key(f"s.{name}_lex", f"s.{name}_dt", f"s.{name}_lang")
                joins += f" LEFT JOIN _ids AS {other} ON {other}.k = {term}"
                columns.append(f"{other}.id AS {name}")
            elif self._own:
                joins += f" LEFT JOIN _known AS {other} ON {other}.old = s.{name}"
                columns.append(f"coalesce({other}.id, s.{name}) AS {name}")
            else:
                columns.append(f"s.{name}")
            if column.kind:
                columns.append(f"s.{name}_k")
        for name in self._labels.values():
            label = key(self._label(name), "NULL::VARCHAR", "NULL::VARCHAR")
            joins += f" LEFT JOIN _ids AS i_{name} ON i_{name}.k = {label}"
            columns.append(f"i_{name}.id AS {name}")
        return f"SELECT {', '.join(columns)} FROM {SOLUTIONS} AS s{joins}"

    def _codes(self, quads: tuple[TemplateQuad, ...]) -> str:
        """Return the statement of the quads of a template as codes."""
        parts = [part for quad in quads if (part := self._code(quad))]
        return " UNION ALL ".join(parts or [_NO_CODES])

    def _code(self, quad: TemplateQuad) -> str | None:
        """Return the statement of one quad of a template, None when no solution makes it RDF."""
        places: list[str] = []
        conditions: list[str] = []
        for node, role in zip(quad, _ROLES, strict=True):
            place = self._place(node)
            if place is None:
                return None
            places.append(place)
            if isinstance(node, Variable | BNode):
                conditions.append(f"{place} IS NOT NULL")
            if isinstance(node, Variable) and self._columns[str(node)].kind and role != ANY:
                kinds = ", ".join(str(int(kind)) for kind in sorted(role))
                conditions.append(f"{place}_k IN ({kinds})")
        columns = ", ".join(f"{p}::BIGINT AS {c}" for p, c in zip(places, "spog", strict=True))
        if not conditions:
            return f"(SELECT {columns} FROM _bound LIMIT 1)"
        return f"SELECT {columns} FROM _bound WHERE {' AND '.join(conditions)}"

    def _place(self, node: Node | None) -> str | None:
        """Return the SQL of the id of a node of a template, None when it has none."""
        if node is None:
            return str(DEFAULT_GRAPH)
        if isinstance(node, BNode):
            return self._labels[node]
        if isinstance(node, Variable):
            column = self._columns.get(str(node))
            return column.name if column else None
        known = self._ids.get(self._written[term_key(node)])
        return None if known is None else str(known)


_KNOWN = "SELECT t.id AS old, i.id FROM _texts AS t JOIN _ids AS i ON i.k = {key}"
_NO_CODES = "SELECT 0::BIGINT AS s, 0::BIGINT AS p, 0::BIGINT AS o, 0::BIGINT AS g WHERE false"
