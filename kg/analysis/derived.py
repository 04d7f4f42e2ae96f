"""Results kept in the graph: one derived graph for each question, so that SPARQL joins them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice

import pyoxigraph as ox

from kg.analysis.described import Analysis, OptionValue, without_broken_segments
from kg.analysis.facts import organization_facts, row_facts, run_facts, run_iri
from kg.lifecycle import Context, Table
from kg.lifecycle.evaluation import focal_party
from kg.lifecycle.facts import Fact
from kg.namespaces import graph_iri
from kg.store import Cursor, Store, Transaction, lookup
from kg.store.documents import rdf_format
from kg.store.serialization import serialized

_STAGED = 100_000
"""Facts that are staged at a time."""


@dataclass(frozen=True, slots=True)
class Derived:
    """A derived graph that was written: its name, the rows of the result, the new quads."""

    graph: str
    run: str
    rows: int
    quads: int
    commit: int


def write_derived(
    store: Store,
    analysis: Analysis,
    context: Context,
    options: Mapping[str, OptionValue] | None = None,
    *,
    agent: str = "",
    guard: Callable[[Cursor], AbstractContextManager[object]] = nullcontext,
) -> Derived:
    """Run an analysis and keep its result as the derived graph of its question.

    The graph of an earlier answer to the same question is replaced. Result and graph belong to one
    commit: nothing changes in between. `guard` surrounds what runs on the cursor, with a deadline
    for example.

    Raises:
        UsageError: an option is wrong.
    """
    given = {key: value for key, value in (options or {}).items() if value not in (None, "")}
    run = run_iri(analysis.name, context, given)
    graph = str(graph_iri("derived", run.rpartition("/")[2]))

    def written(asked: Context) -> Derived:
        with store.write(agent=agent, activity="analysis", note=analysis.name) as tx:
            with guard(tx.cursor):
                pinned = asked.pinned()
                table = analysis.run(tx.cursor, pinned, given)
                (known,) = lookup(tx.cursor, [(graph, None, None)])
                if known is not None:
                    tx.clear([known])
                known_at = pinned.known_at
                facts = result_facts(tx.cursor, analysis, context, given, table, known_at)
                quads = _insert(tx, facts, graph)
            return Derived(graph, run, len(table), quads, tx.number)

    return without_broken_segments(context, written)


def result_facts(
    cursor: Cursor,
    analysis: Analysis,
    context: Context,
    options: Mapping[str, OptionValue],
    table: Table,
    known_at: datetime,
) -> Iterable[Fact]:
    """Return a result in RDF: the run with what it was computed under, then each row.

    `known_at` is the knowledge time of the table, in UTC without zone. The IRI of the run leaves it
    open where `context` does: a later answer to the same question is of the same run.
    """
    given = {key: value for key, value in options.items() if value not in (None, "")}
    run = run_iri(analysis.name, context, given)
    return chain(
        run_facts(run, analysis.name, context, known_at, given, table.notes),
        organization_facts(run, _organization(cursor, context)),
        row_facts(analysis.name, run, table),
    )


def result_document(
    cursor: Cursor,
    analysis: Analysis,
    context: Context,
    options: Mapping[str, OptionValue],
    table: Table,
    known_at: datetime,
    name: str,
) -> Iterator[bytes]:
    """Return a result as an RDF document, in pieces; `name` is that of the syntax."""
    facts = result_facts(cursor, analysis, context, options, table, known_at)
    return serialized(map(_triple, facts), rdf_format(name))


def _triple(fact: Fact) -> ox.Triple:
    """Return a fact as a triple of the RDF library."""
    subject, predicate, value, datatype, language = fact
    node: ox.NamedNode | ox.Literal
    if datatype is None:
        node = ox.NamedNode(value)
    elif language:
        node = ox.Literal(value, language=language)
    else:
        node = ox.Literal(value, datatype=ox.NamedNode(datatype))
    return ox.Triple(ox.NamedNode(subject), ox.NamedNode(predicate), node)


def _organization(cursor: Cursor, context: Context) -> str | None:
    """Return the IRI of the focal organisation, None where the store does not know it."""
    row = cursor.execute(
        "SELECT lex FROM term WHERE id = ?", [focal_party(cursor, context.organization)]
    ).fetchone()
    return str(row[0]) if row else None


def _insert(tx: Transaction, facts: Iterable[Fact], graph: str) -> int:
    """Add facts to a graph; return how many are new."""
    facts = iter(facts)
    with tx.insertion() as insertion:
        while part := list(islice(facts, _STAGED)):
            tx.cursor.execute(
                "CREATE OR REPLACE TEMP TABLE derived_fact AS SELECT unnest(?::VARCHAR[]) AS s,"
                " unnest(?::VARCHAR[]) AS p, unnest(?::VARCHAR[]) AS o,"
                " unnest(?::VARCHAR[]) AS odt, unnest(?::VARCHAR[]) AS olang, ? AS g",
                [*(list(column) for column in zip(*part, strict=True)), graph],
            )
            insertion.add("derived_fact")
        return insertion.finish()
