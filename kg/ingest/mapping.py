"""Mapping documents as values: what `kg.ingest.yarrrml` reads and `kg.ingest.compile` compiles.

The language is YARRRML (https://rml.io/yarrrml/spec/) with extensions that are described in
`kg.ingest.yarrrml`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Reference:
    """The value of a column, `$(name)`."""

    column: str


@dataclass(frozen=True, slots=True)
class Constant:
    """A text that is the same for every row."""

    text: str


@dataclass(frozen=True, slots=True)
class Template:
    """Texts and references side by side; missing when one of its references is."""

    parts: tuple[Constant | Reference, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """A function of `kg.ingest.functions` with its arguments in the order of its parameters."""

    function: str
    arguments: tuple[Value, ...]
    place: str


Value = Reference | Constant | Template | Call


def references(value: Value) -> Iterator[str]:
    """Yield the names of the columns that a value reads, in order, with repetitions."""
    if isinstance(value, Reference):
        yield value.column
    elif isinstance(value, Template):
        for part in value.parts:
            yield from references(part)
    elif isinstance(value, Call):
        for argument in value.arguments:
            yield from references(argument)


def calls(value: Value) -> Iterator[Call]:
    """Yield the calls inside a value, itself included, inner ones first."""
    if isinstance(value, Call):
        for argument in value.arguments:
            yield from calls(argument)
        yield value


def renamed(value: Value, prefix: str) -> Value:
    """Return a value whose columns have a prefix to their names."""
    if isinstance(value, Reference):
        return Reference(prefix + value.column)
    if isinstance(value, Template):
        parts = (renamed(part, prefix) for part in value.parts)
        return Template(tuple(part for part in parts if isinstance(part, (Constant, Reference))))
    if isinstance(value, Call):
        arguments = tuple(renamed(argument, prefix) for argument in value.arguments)
        return replace(value, arguments=arguments)
    return value


def written(value: Value) -> str:
    """Return a value as text: the same for values that are the same wherever they stand."""
    if isinstance(value, Reference):
        return f"$({value.column})"
    if isinstance(value, Constant):
        return repr(value.text)
    if isinstance(value, Template):
        return "+".join(map(written, value.parts))
    return f"{value.function}({', '.join(map(written, value.arguments))})"


@dataclass(frozen=True, slots=True)
class TermMap:
    """How an RDF term is made of a row."""

    value: Value
    iri: bool
    datatype: str | None = None
    """IRI of the datatype of a literal; `PARTIAL_DATE` chooses it by the length of the value."""
    language: str | None = None
    place: str = ""
    datatype_of: Value | None = None
    """The datatype where it depends on the row."""
    language_of: Value | None = None
    """The language where it depends on the row; a literal without one is a plain text."""
    stored: bool = False
    """An IRI, or the label that a blank node has in the store."""
    blank: bool = False
    """A blank node (with `iri`, for it is no literal): in one source the same for one value."""

    def values(self) -> Iterator[Value]:
        """Yield all values that the term is made of."""
        yield self.value
        yield from (one for one in (self.datatype_of, self.language_of) if one is not None)


@dataclass(frozen=True, slots=True)
class Join:
    """Objects that are the subjects of another mapping, for rows that agree on values."""

    mapping: str
    same: tuple[tuple[Value, Value], ...]
    """Pairs of a value of this mapping's rows and one of the other's; none: the same row."""
    place: str = ""


PARTIAL_DATE = "partialDate"
"""Datatype name: `xsd:date`, `xsd:gYearMonth` or `xsd:gYear`, as much as is known."""

PERSONAL = "personal"
"""Graph name: the personal graph of the import."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Predicates and objects of a mapping, where they go, and for which rows."""

    predicates: tuple[TermMap, ...]
    objects: tuple[TermMap, ...]
    graphs: tuple[TermMap | str, ...] = ()
    condition: Call | None = None
    place: str = ""
    joins: tuple[Join, ...] = ()


@dataclass(frozen=True, slots=True)
class Mapping:
    """Subjects made of the rows of sources, and what is said of them."""

    name: str
    sources: tuple[str, ...]
    subjects: tuple[TermMap, ...]
    rules: tuple[Rule, ...]
    graphs: tuple[TermMap | str, ...] = ()
    condition: Call | None = None
    place: str = ""


@dataclass(frozen=True, slots=True)
class Ordinal:
    """Position of a row, from 1, among the rows with the same values of columns."""

    by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Running:
    """Total of a column over the rows up to this one, in the order of columns, within a group."""

    total: str
    by: tuple[str, ...]
    order: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One value of a group of rows: `first` and `last` present one, `sum`, `min`, `max`."""

    kind: str
    column: str


ColumnRule = Reference | Constant | Template | Call | Ordinal | Running | Aggregate


@dataclass(frozen=True, slots=True)
class Match:
    """Columns brought in from the row of another source that agrees on columns.

    With `latest`, of the agreeing rows whose column is not after this row's, the one where it is
    greatest; equal ones and rows without `latest` are settled by the later row.
    """

    source: str
    same: tuple[tuple[str, str], ...]
    """Pairs of a column of this source and one of the other."""
    latest: str | None
    columns: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class SetAside:
    """Rows that are counted and reported instead of mapped."""

    when: Call
    reason: dict[str, str] = field(hash=False)
    place: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """What a column must hold (checked before mapping), and how it is described to users."""

    column: str
    required: bool = False
    kind: str = "text"
    one_of: tuple[str, ...] = ()
    names: str | None = None
    """The column is the key of records of this kind."""
    refers_to: str | None = None
    """The column is the key of a record of this kind, in this import or in the store."""
    same_per: str | None = None
    """Rows with the same value of that column have one value here."""
    required_when: tuple[str, tuple[str, ...]] | None = None
    """Has to be filled where another column has one of these values."""
    only_when: tuple[str, tuple[str, ...]] | None = None
    """May be filled only where another column has one of these values."""
    examples: tuple[str, ...] = ()
    """What the rows of an example hold."""


@dataclass(frozen=True, slots=True)
class Source:
    """Rows of a file, or rows derived from another source; steps apply in the order of fields."""

    name: str
    access: str | None = None
    sheet: str | None = None
    header: int | None = None
    encoding: str | None = None
    separator: str | None = None
    iterator: str | None = None
    parent: str | None = None
    cells: tuple[Cell, ...] = ()
    where: Call | None = None
    match: Match | None = None
    group: tuple[str, ...] = ()
    columns: tuple[tuple[str, ColumnRule], ...] = ()
    set_aside: tuple[SetAside, ...] = ()
    place: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A mapping document: the name of its file, for messages, and its `text`."""

    name: str
    sources: tuple[Source, ...]
    mappings: tuple[Mapping, ...]
    text: str = field(default="", repr=False, compare=False)

    def source(self, name: str) -> Source:
        """Return a source by its name."""
        return next(source for source in self.sources if source.name == name)

    def mapping(self, name: str) -> Mapping:
        """Return a mapping by its name."""
        return next(mapping for mapping in self.mappings if mapping.name == name)
