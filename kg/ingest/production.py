"""Mappings become statements that fill the staging table.

`staged_quad` holds one row per quad with the file, row and rule that it comes from. What is the
same for all quads of a rule (predicate, datatype, language, graph, a constant object) stands once
in `rule`, and the subject, which the quads of a row share, once in `subject`. Together they are the
staged relation of `kg.store`, and the way back from a violation to its cell. The view `staged` has
whole quads, but for what only `rule` says of predicate, datatype, language and graph.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import product

import sqlglot.expressions as exp
from rdflib import RDF, XSD

from kg.ingest.compile import ROW, ROWS, Check, Relation, Values
from kg.ingest.functions import Context
from kg.ingest.lookups import Lookup
from kg.ingest.mapping import (
    PARTIAL_DATE,
    PERSONAL,
    Call,
    Constant,
    Mapping,
    Rule,
    TermMap,
    Value,
    calls,
    written,
)
from kg.ingest.rules import Dependence, RuleRow
from kg.ingest.sql import call, case, column, every, number, present, temporary, text
from kg.store import Shared
from kg.store.schema import origin_of
from kg.store.spelling import spelled

STAGING = """
CREATE TEMP TABLE staged_quad (
    subject BIGINT, p VARCHAR, o VARCHAR, odt VARCHAR, g VARCHAR, file INTEGER, row BIGINT,
    rule INTEGER, olang VARCHAR
);
CREATE TEMP TABLE subject (n BIGINT, s VARCHAR);
CREATE TEMP TABLE rule (
    rule INTEGER, p VARCHAR, o VARCHAR, odt VARCHAR, olang VARCHAR, g VARCHAR,
    kin INTEGER, covers BOOLEAN, dated BOOLEAN
);
CREATE TEMP VIEW staged AS
SELECT u.s, q.p, coalesce(q.o, r.o) AS o, q.odt, q.g, q.file, q.row, q.rule, q.olang
FROM staged_quad AS q JOIN subject AS u ON u.n = q.subject JOIN rule AS r ON r.rule = q.rule;
CREATE TEMP TABLE fate (file INTEGER, row BIGINT, reason INTEGER);
CREATE TEMP TABLE wrong (file INTEGER, row BIGINT, check_no INTEGER, value VARCHAR);
INSERT INTO staged_quad (file) VALUES (-1);
INSERT INTO subject VALUES (-1, NULL);
INSERT INTO fate (file) VALUES (-1);
INSERT INTO wrong (file) VALUES (-1);
"""
"""`fate`: what became of a row: mapped (reason -1), or set aside for a numbered reason.
`wrong`: rows with cells that fail a check (see `kg.ingest.checking`).

The first row of each belongs to no file or quad. It is there because of DuckDB 2.0.0, where a
transaction that begins a table with an empty insertion may not see what it inserts later.
"""

STAGED = ("staged_quad", "subject", "fate", "wrong")
"""Those of these tables that grow with the rows of an import."""

ORIGIN = f"CASE WHEN q.file >= 0 THEN {origin_of('q.file', 'q.row')} END"
"""SQL of the place that a staged quad `q` comes from."""

SHARED = Shared("temp.rule", "temp.subject")
"""What staged quads share."""

FIRST = "first_subject"
"""Parameter of the statements that number subjects: the number of the first row's."""

LITERAL = "odt IS NOT NULL OR rule IN (SELECT r.rule FROM temp.rule AS r WHERE r.odt IS NOT NULL)"
"""The condition that the object of a row of `staged_quad` is a literal."""

MAPPED = -1


@dataclass(frozen=True, slots=True)
class Graphs:
    """The graphs of one import."""

    facts: str
    personal: str


@dataclass(frozen=True, slots=True)
class Production:
    """Statements for one mapping, one source and one subject, to be run in order."""

    table: str
    create: exp.Expr
    subjects: exp.Expr
    """Query of number and text of the subjects that have quads."""
    inserts: tuple[exp.Expr, ...]
    checks: tuple[Check, ...]
    rows: exp.Expr
    """Query of (file, row, reason) of the rows that were mapped."""
    lookups: tuple[Lookup, ...] = ()


@dataclass(slots=True)
class Producer:
    """Compiles mappings; the rules of all of them are numbered in one list."""

    context: Context
    graphs: Graphs
    rules: list[RuleRow] = field(default_factory=list)
    respelled: set[int] = field(default_factory=set)
    """Numbers of the rules whose predicates are kept in another spelling than they are written."""
    absent: dict[int, set[str]] = field(default_factory=dict)
    """Columns that the mappings read and the file, by its number, does not have."""
    led_back: bool = False
    """Whether it is known which rows the groups of its rules hold (see `kg.ingest.lineage`)."""
    _kin: dict[tuple[int, str, bool], int] = field(default_factory=dict)

    def productions(self, mapping: Mapping, relation: Relation, table: str) -> Iterator[Production]:
        """Yield the statements of a mapping over the rows of one of its sources.

        Raises:
            MappingError: a column is not there.
        """
        for position, subject in enumerate(mapping.subjects):
            yield self._production(mapping, subject, relation, f"{table}_{position}")

    def _production(
        self, mapping: Mapping, subject: TermMap, relation: Relation, table: str
    ) -> Production:
        """Return the statements for one subject."""
        values = Values(relation, self.context, mapping.place)
        lookups = tuple(values.lookups(*values_of(mapping, subject)))
        made = _Made(relation, table)
        made.add(values.term(subject), "s")
        checks = list(_told_under(mapping.condition, values, values.term_checks(subject)))
        inserts: list[exp.Select] = []
        for rule in mapping.rules:
            rule_values = Values(relation, self.context, rule.place)
            for term in rule.objects:
                value = _object(made, rule_values, term, rule.condition)
                found = _told_under(mapping.condition, values, rule_values.term_checks(term))
                checks += _told_under(rule.condition, rule_values, found)
                shown = relation.shown(term.value) or relation.shown(subject.value)
                graphs = rule.graphs or mapping.graphs or (self.graphs.facts,)
                for predicate, graph in product(rule.predicates, graphs):
                    where = self._where(made, rule_values, predicate, graph)
                    kept = self._kept(subject, term, rule, relation)
                    kind = _kind(made, rule_values, term, value)
                    needs = Dependence.of(relation, mapping, rule, subject, term, predicate, graph)
                    row = self._staged(made, value, term, where, shown, kept, needs, kind)
                    inserts.append(row)
        create = made.query()
        if mapping.condition is not None:
            create = create.where(values.sql(mapping.condition), copy=False)
        rows = create.subquery("rows", copy=False)
        created = exp.select("*").from_(rows, copy=False).where(present(column("s")), copy=False)
        return Production(
            table,
            created,
            _subjects(table, inserts),
            tuple(inserts),
            tuple(checks),
            _rows(relation, table),
            lookups,
        )

    def _kept(
        self, subject: TermMap, term: TermMap, rule: Rule, relation: Relation
    ) -> tuple[int, bool, bool]:
        """Return kin, `covers` and `dated` of a rule for one of its objects."""
        file = relation.file
        named = written(subject.value), subject.blank
        kin = self._kin.setdefault((file, *named), len(self._kin))
        read = {*relation.shown(term.value), *relation.shown(rule.condition or Constant(""))}
        dated = any(one.function == "importTime" for one in calls(term.value))
        return kin, read.isdisjoint(self.absent.get(file, ())), dated

    def _where(
        self, made: _Made, values: Values, predicate: TermMap, graph: TermMap | str
    ) -> _Where:
        """Return predicate and graph, each as a constant or else as a column of the made table."""
        constants = _constant(predicate), self._graph(graph)
        return _Where(
            *constants,
            made.add(values.term(predicate)) if constants[0] is None else None,
            made.add(values.term(graph))
            if constants[1] is None and isinstance(graph, TermMap)
            else None,
        )

    def _staged(
        self,
        made: _Made,
        value: _Object,
        term: TermMap,
        where: _Where,
        shown: tuple[str, ...],
        kept: tuple[int, bool, bool],
        needs: Dependence,
        kind: tuple[exp.Expr, exp.Expr],
    ) -> exp.Select:
        """Number a rule and return the query of its staged rows."""
        datatype = None if term.iri or _of_the_row(term) else _datatype(term)
        file = made.relation.file
        groups = made.relation.table if made.relation.grouped else None
        predicate = None if where.predicate is None else spelled(where.predicate)
        constant = spelled(value.text) if term.iri and value.text else value.text
        if (predicate, constant) != (where.predicate, value.text):
            self.respelled.add(len(self.rules))
        said = (predicate, constant, datatype, term.language, where.graph)
        self.rules.append(RuleRow(*said, file, shown, *kept, groups, needs))
        query = exp.select(
            _numbered(),
            where.predicate_column or exp.Null(),
            value.column or exp.Null(),
            kind[0],
            where.graph_column or exp.Null(),
            number(file),
            column(ROW),
            number(len(self.rules) - 1),
            kind[1],
            copy=False,
        )
        needed = [value.column, value.holds, where.predicate_column, where.graph_column]
        conditions = [present(item) for item in needed if item is not None]
        return query.from_(temporary(made.table), copy=False).where(*conditions, copy=False)

    def _graph(self, graph: TermMap | str) -> str | None:
        """Return the constant IRI of a graph, None when it depends on the row."""
        if isinstance(graph, str):
            return self.graphs.personal if graph == PERSONAL else graph
        return _constant(graph)


@dataclass(frozen=True, slots=True)
class _Where:
    """Predicate and graph of a rule: constants, or columns for what depends on the row."""

    predicate: str | None
    graph: str | None
    predicate_column: exp.Expr | None
    graph_column: exp.Expr | None


@dataclass(frozen=True, slots=True)
class _Object:
    """The objects of a rule: a constant, which may hold for some rows only, or else a column."""

    text: str | None = None
    holds: exp.Expr | None = None
    """Column that is present in the rows of a constant, where it is not there in all."""
    column: exp.Expr | None = None


class _Made:
    """The columns of the temporary table that one pass over a relation makes."""

    def __init__(self, relation: Relation, table: str) -> None:
        self.relation = relation
        self.table = table
        self._selected: list[exp.Expr] = [column(ROW)]
        if relation.grouped:
            self._selected.append(column(ROWS))

    def add(self, value: exp.Expr, name: str | None = None) -> exp.Column:
        """Add a column and return its reference."""
        name = name or f"o{len(self._selected)}"
        self._selected.append(exp.alias_(value, name, copy=False))
        return column(name)

    def query(self) -> exp.Select:
        """Return the query that makes the table."""
        query = exp.select(*self._selected, copy=False)
        return query.from_(temporary(self.relation.table), copy=False)


def values_of(mapping: Mapping, subject: TermMap) -> Iterator[Value]:
    """Yield the values that a mapping makes of a row for one of its subjects."""
    terms: list[TermMap | str] = [subject]
    conditions = [mapping.condition]
    for rule in mapping.rules:
        terms += [*rule.predicates, *rule.objects, *(rule.graphs or mapping.graphs)]
        conditions.append(rule.condition)
    for term in terms:
        if isinstance(term, TermMap):
            yield from term.values()
    yield from (condition for condition in conditions if condition is not None)


def _object(made: _Made, values: Values, term: TermMap, condition: Call | None) -> _Object:
    """Return the objects of a term, missing where its condition does not hold."""
    value = values.term(term)
    if isinstance(value, exp.Literal) and value.is_string and not _of_the_row(term):
        if condition is None:
            return _Object(str(value.this))
        return _Object(str(value.this), made.add(case([(values.sql(condition), exp.true())])))
    held = value if condition is None else case([(values.sql(condition), value)])
    return _Object(column=made.add(held))


def _told_under(condition: Call | None, values: Values, checks: Iterable[Check]) -> Iterator[Check]:
    """Yield checks for the rows only of which a condition lets something be made."""
    for check in checks:
        if condition is None:
            yield check
        else:
            both = every([values.sql(condition), check.condition])
            yield replace(check, condition=both)


def _numbered() -> exp.Expr:
    """Return the number of the subject of a row of a made table."""
    return exp.Add(this=column("rowid"), expression=exp.Placeholder(this=FIRST))


def _subjects(table: str, inserts: Sequence[exp.Select]) -> exp.Expr:
    """Return the query of the subjects of a made table that one of the insertions is about."""
    query = exp.select(_numbered(), column("s")).from_(temporary(table), copy=False)
    conditions = [one.args["where"].this if one.args.get("where") else None for one in inserts]
    held = [exp.Paren(this=one) for one in conditions if one is not None]
    if not conditions:
        return query.where(exp.false(), copy=False)
    if len(held) < len(conditions):
        return query
    return query.where(exp.or_(*held, copy=False), copy=False)


def _constant(term: TermMap) -> str | None:
    """Return the text of a term that is the same for all rows."""
    return term.value.text if isinstance(term.value, Constant) else None


def _datatype(term: TermMap) -> str:
    """Return the datatype of a literal."""
    if term.language:
        return str(RDF.langString)
    return term.datatype or str(XSD.string)


def _of_the_row(term: TermMap) -> bool:
    """Tell whether the datatype of a literal depends on the row."""
    told = term.datatype_of is not None or term.language_of is not None
    return told or term.datatype == PARTIAL_DATE


def _kind(made: _Made, values: Values, term: TermMap, value: _Object) -> tuple[exp.Expr, exp.Expr]:
    """Return datatype and language of a literal where they depend on the row."""
    if term.datatype_of is not None:
        plain = text(str(XSD.string))
        return made.add(call("coalesce", values.iri(term.datatype_of), plain)), exp.Null()
    if term.language_of is not None:
        tag = made.add(call("lower", values.sql(term.language_of)))
        plain = text(str(XSD.string))
        return case([(present(tag), text(str(RDF.langString)))], plain), tag
    return _partial_date(term, value.column or exp.Null()) or exp.Null(), exp.Null()


def _partial_date(term: TermMap, value: exp.Expr) -> exp.Expr | None:
    """Return the datatype of a date that may lack its day or its month."""
    if term.datatype != PARTIAL_DATE:
        return None
    length = call("strlen", value)
    return case(
        [
            (exp.EQ(this=length, expression=number(4)), text(str(XSD.gYear))),
            (exp.EQ(this=length, expression=number(7)), text(str(XSD.gYearMonth))),
        ],
        text(str(XSD.date)),
    )


def _rows(relation: Relation, table: str) -> exp.Expr:
    """Return the query of the rows of the file that were mapped."""
    row = call("unnest", column(ROWS)) if relation.grouped else column(ROW)
    return exp.select(number(relation.file), row, number(MAPPED)).from_(temporary(table))
