"""A record that there is, as the texts of the columns that a file would have of it, to be changed.

What the mapping document of a template makes of a row is read back from the graph. A record whose
facts cannot all be read so, or come from several imports' sources, is refused, and nothing of it is
left out. It is changed as a newer file of its source does it, of one row: what is said again stays,
what is changed or emptied is replaced, and all else is left alone.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from rdflib import RDF

from kg.errors import UsageError
from kg.ingest.entry import import_row, key_sources
from kg.ingest.inputs import template
from kg.ingest.mapping import (
    Call,
    Constant,
    Document,
    Reference,
    TermMap,
    Value,
    references,
)
from kg.ingest.mapping import Mapping as DocumentMapping
from kg.ingest.mapping import Template as TextTemplate
from kg.ingest.options import ImportOptions
from kg.ingest.record_templates import computed_columns, is_made_of, made_of_keys, named_by
from kg.ingest.report import ImportReport
from kg.ingest.template_files import cells_of
from kg.minting import joined_key, mint
from kg.store import Cursor, Store, lookup


@dataclass(frozen=True, slots=True)
class Record:
    """A record by the texts of its columns, with the source that said it and whose keys it has."""

    iri: str
    columns: tuple[str, ...]
    """Those that name it: of its key, or of what else tells it from others."""
    source: str
    keys_of: str
    texts: Mapping[str, str]

    @property
    def key(self) -> str:
        """What it is called: its key, or the texts that name it."""
        return ", ".join(text for one in self.columns if (text := self.texts.get(one)))

    @property
    def state(self) -> str:
        """What tells this state of it from others."""
        told = repr((self.source, sorted(self.texts.items())))
        return hashlib.blake2b(told.encode(), digest_size=12).hexdigest()


def read_record(store: Store, name: str, iri: str, organization: str) -> Record:
    """Return a record of a template as it is in the last commit.

    Raises:
        UsageError: there is none, or what is said of it is not what one row of one source says.
    """
    with store.cursor() as cursor:
        return _Reading(cursor, store, template(name), organization).record(iri)


def record_iri(store: Store, name: str, key: str, keys_of: str, organization: str) -> str:
    """Return the IRI that a record of a template has by a key of a source.

    A key of several texts has them joined (see `kg.minting.joined_key`).
    """
    document = template(name)
    (made, *_) = made_of_keys(document)
    return _minted(made, store.setting("iri_secret") or "", keys_of, key, organization)


def change(
    store: Store, name: str, record: Record, texts: Mapping[str, str], options: ImportOptions
) -> ImportReport:
    """Import a record with other texts as its source does; return what became of it.

    Raises:
        UsageError: it has another key then.
        ImportStoppedError: it was stopped.
    """
    if any(texts.get(one, "").strip() != record.texts.get(one, "") for one in record.columns):
        raise UsageError("A record keeps its key: enter another record for another key.")
    keys_of = None if record.keys_of == record.source else record.keys_of
    renewing = replace(options, source=record.source, keys_of=keys_of, renews=True)
    return import_row(store, name, texts, renewing, every_column=True)


_Texts = dict[str, set[str]]
"""The texts that are told of each column."""
_Fact = tuple[str, str, str, str | None]
"""Predicate, object, its language, and the graph, where an import put it there."""


class _Reading:
    """Reads records of one template with one cursor."""

    def __init__(self, cursor: Cursor, store: Store, document: Document, organization: str) -> None:
        self._cursor = cursor
        self._document = document
        self._organization = organization
        self._secret = store.setting("iri_secret") or ""
        self._sources = key_sources(store)
        self._computed = computed_columns(document) or {}
        self._columns = named_by(document)
        self._key = ""

    def record(self, iri: str) -> Record:
        """Return the record that an IRI names."""
        if not self._columns:
            raise _not_read()
        made = made_of_keys(self._document)
        keys_of, texts, graphs = self._named(made, iri)
        if any(len(several) > 1 for several in texts.values()):
            raise _not_read()
        told = {name: next(iter(one)) for name, one in texts.items()}
        return Record(iri, self._columns, self._source(graphs), keys_of, told)

    def _named(self, made: Sequence[Value], iri: str) -> tuple[str, _Texts, set[str | None]]:
        """Return the source whose keys name a record, the texts that are told, and where."""
        if len(self._columns) == 1:
            for key in self._literals(iri):
                for source in self._sources:
                    if self._minted(made[0], source, key) == iri:
                        self._key = key
                        texts, graphs = self._told(made, source, key)
                        return source, {**texts, self._columns[0]: {key}}, graphs
        elif self._literals(iri):
            for source in self._sources:
                # Another source has no keys for the things that are named.
                with contextlib.suppress(UsageError):
                    texts, graphs = self._told_of(iri, source)
                    parts = [next(iter(texts.get(one, {""}))) for one in self._columns]
                    if self._minted(made[0], source, joined_key(parts)) == iri:
                        return source, texts, graphs
            raise _not_read()
        raise UsageError("No record of this kind has this address, or no source names it by a key.")

    def _told(self, made: Iterable[Value], source: str, key: str) -> tuple[_Texts, set[str | None]]:
        """Return the texts that are told of a record with a key and of its parts, and where."""
        return self._told_of({self._minted(one, source, key) for one in made}, source)

    def _told_of(
        self, subjects: str | Iterable[str], source: str
    ) -> tuple[_Texts, set[str | None]]:
        """Return the texts that are told of things, and the graphs of what tells them."""
        asked = [subjects] if isinstance(subjects, str) else subjects
        texts: _Texts = defaultdict(set)
        graphs = set[str | None]()
        for fact in self._facts(asked):
            found = self._read(fact, source)
            if found is None:
                continue
            for name, text in found.items():
                texts[name].add(text)
            graphs.add(fact[3])
        return texts, graphs

    def _literals(self, iri: str) -> list[str]:
        """Return the texts that are said of a thing."""
        (found,) = lookup(self._cursor, [(iri, None, None)])
        rows = self._cursor.execute(
            "SELECT DISTINCT o.lex FROM live AS q JOIN term AS o ON o.id = q.o"
            " WHERE q.s = ? AND o.dt IS NOT NULL ORDER BY o.lex",
            [found],
        )
        return [row[0] for row in rows.fetchall()]

    def _minted(self, made: Value, source: str, key: str) -> str:
        return _minted(made, self._secret, source, key, self._organization)

    def _facts(self, subjects: Iterable[str]) -> list[_Fact]:
        """Return what is said of things, by whatever means."""
        found = lookup(self._cursor, [(iri, None, None) for iri in subjects])
        rows = self._cursor.execute(
            "SELECT p.lex, o.lex, coalesce(o.lang, ''),"
            " CASE WHEN q.origin IS NOT NULL THEN g.lex END"
            " FROM live AS q JOIN term AS p ON p.id = q.p JOIN term AS o ON o.id = q.o"
            " LEFT JOIN term AS g ON g.id = q.g"
            " WHERE q.s IN (SELECT unnest(?::BIGINT[]))",
            [[one for one in found if one is not None]],
        )
        return rows.fetchall()

    def _read(self, fact: _Fact, keys_of: str) -> dict[str, str] | None:
        """Return the texts of columns that a fact tells; None for what no row says.

        Raises:
            UsageError: a row says such a thing, but not what its columns held.
        """
        predicate, value, language, _ = fact
        wanted = [
            one
            for mapping, one in _objects(self._document, predicate)
            if is_made_of(mapping, self._columns) and (one[0].language or "").lower() == language
        ]
        if not wanted:
            return None
        for one, condition in wanted:
            found = self._inverted(one.value, value, keys_of)
            if found is not None:
                return self._written(found) | _decided(condition)
        if predicate == str(RDF.type):
            # What a thing is, rules conclude too.
            return None
        raise _not_read()

    def _inverted(self, value: Value, text: str, keys_of: str) -> dict[str, str] | None:
        """Return the texts of columns of which a value is made, None where it is another one."""
        if isinstance(value, Reference):
            return {value.column: text}
        if isinstance(value, Constant):
            return {} if value.text == text else None
        if isinstance(value, TextTemplate):
            first, *rest = value.parts
            if isinstance(first, Constant) and len(rest) == 1 and isinstance(rest[0], Reference):
                prefix = first.text
                return {rest[0].column: text[len(prefix) :]} if text.startswith(prefix) else None
            return None
        return self._called(value, text, keys_of)

    def _written(self, texts: Mapping[str, str]) -> dict[str, str]:
        """Return the texts of the columns that computed ones are made of."""
        return dict(self._original(name, text) for name, text in texts.items())

    def _original(self, name: str, text: str) -> tuple[str, str]:
        """Return the column that a column is computed of, and what its text may have been."""
        made = self._computed.get(name)
        if made is None:
            return name, text
        column = next(references(made))
        if made.function == "replace":
            _, old, new = (one.text if isinstance(one, Constant) else "" for one in made.arguments)
            codes = next(one.one_of for one in cells_of(self._document) if one.column == column)
            if text not in codes and (other := text.replace(new, old)) in codes:
                return column, other
        return column, text

    def _called(self, made: Call, text: str, keys_of: str) -> dict[str, str] | None:
        """Return the same of the value of a function."""
        names = list(dict.fromkeys(references(made)))
        if made.function == "mint" and len(made.arguments) == 2 and names:
            keys = [self._key, *self._literals(text)]
            found = (one for one in keys if self._minted(made, keys_of, one) == text)
            key = next(found, None)
            return None if key is None else {names[0]: key}
        if made.function == "first" and names:
            # The time of the first import is kept where no other one is given.
            return {} if "importTime" in map(_function, made.arguments) else {names[0]: text}
        if made.function in _SPELLED and names:
            prefix = _SPELLED[made.function]
            return {names[0]: text.removeprefix(prefix)} if text.startswith(prefix) else None
        return None if names else {}

    def _source(self, graphs: Iterable[str | None]) -> str:
        """Return the one source of what imports put into some graphs."""
        given = set(graphs)
        rows = self._cursor.execute(_IMPORTED, [[one for one in given if one is not None]])
        found = rows.fetchall()
        sources, known = {source for source, _ in found}, {graph for _, graph in found}
        if len(sources) != 1 or known != given:
            raise UsageError(
                "What is said of this record comes from several sources, or not from an import:"
                " change it where it came from."
            )
        return str(sources.pop())


_IMPORTED = """
SELECT DISTINCT source, graph FROM (
    SELECT source, unnest([json_extract_string(report, '$.facts_graph'),
        json_extract_string(report, '$.personal_graph')]) AS graph
    FROM import_run WHERE undone IS NULL
) WHERE graph IN (SELECT unnest(?::VARCHAR[]))
"""
_SPELLED = {"mailto": "mailto:", "phone": "tel:", "tel": "tel:", "country": ""}
"""Functions of which the value is the text in another spelling, and what stands before it."""


def _not_read() -> UsageError:
    """Return the error of a record that is no row."""
    return UsageError(
        "This record says what one row of its file does not: change it where it came from."
    )


def _function(value: Value) -> str:
    return value.function if isinstance(value, Call) else ""


def _minted(made: Value, secret: str, source: str, key: str, organization: str) -> str:
    """Return the IRI that a call of `mint` with one key makes of it."""
    kind = made.arguments[0] if isinstance(made, Call) else made
    name = kind.text if isinstance(kind, Constant) else ""
    focal = name == "party" and key == organization
    return mint(secret, name, "" if focal else source, key)


def _objects(
    document: Document, predicate: str
) -> Iterator[tuple[DocumentMapping, tuple[TermMap, Call | None]]]:
    """Yield what rules with a predicate make, with the condition of each."""
    for mapping in document.mappings:
        for rule in mapping.rules:
            if Constant(predicate) in [one.value for one in rule.predicates]:
                for made in rule.objects:
                    yield mapping, (made, rule.condition)


def _decided(condition: Call | None) -> dict[str, str]:
    """Return the text of a column that a condition asks for, if it asks for one."""
    if condition is not None and condition.function == "equal":
        column, text = condition.arguments
        if isinstance(column, Reference) and isinstance(text, Constant):
            return {column.column: text.text}
    return {}
