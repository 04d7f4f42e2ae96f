"""The results of analyses in RDF: what each row says, and the run that it comes from.

A row is a node of its own, a `cg:Result`; a run says what it was computed under: T, K, parameter
set, version of the rules, focal organisation. Equal questions have one run.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from rdflib import URIRef

from kg.analysis.names import Key
from kg.analysis.result_terms import (
    CONCEPTS,
    KEYED,
    LITERALS,
    LITERALS_OF,
    SILENT,
    THINGS,
    THINGS_OF,
)
from kg.lifecycle import Context, Note, Parameters, Table
from kg.lifecycle.facts import Fact, iri, literal, text
from kg.lifecycle.parameter_sets import parameter_facts, rule_version
from kg.namespaces import CG, ID, PROV, RDF, RDFS, scheme


def run_iri(name: str, context: Context, options: Mapping[str, Any]) -> str:
    """Return the IRI of the run that answers a question; without a given K, K is left open."""
    known = context.known_at.isoformat() if context.knowledge else ""
    parts = [name, context.as_of.isoformat(), known, context.parameters.iri, context.organization]
    parts += [_said(*option) for option in sorted(options.items()) if option[1] is not None]
    return _identified("run", *parts)


def run_facts(
    run: str,
    name: str,
    context: Context,
    known_at: datetime,
    options: Mapping[str, Any],
    notes: tuple[Note, ...],
) -> Iterator[Fact]:
    """Yield what a run was computed under, its parameter set included, and what it leaves out."""
    yield iri(run, RDF.type, CG.AnalysisRun)
    yield text(run, CG.analysisName, name)
    yield literal(run, CG.asOf, context.as_of)
    yield literal(run, CG.knownAt, known_at.replace(tzinfo=UTC))
    yield iri(run, CG.ruleVersion, rule_version())
    yield iri(run, CG.parameterSet, context.parameters.iri)
    yield iri(run, PROV.used, context.parameters.iri)
    for key, value in options.items():
        if value is not None:
            yield text(run, CG.analysisOption, _said(key, value))
    for note in notes:
        yield text(run, RDFS.comment, note.en, "en")
        yield text(run, RDFS.comment, note.fr, "fr")
    yield from parameter_facts(context.parameters)


def organization_facts(run: str, organization: str | None) -> Iterator[Fact]:
    """Yield whose clients a run was about, where that is known."""
    if organization:
        yield iri(run, CG.withOrganization, organization)


def _said(name: str, value: Any) -> str:
    """Return an option of a run as a text: of a parameter set, its IRI."""
    return f"{name}={value.iri if isinstance(value, Parameters) else value}"


def row_facts(name: str, run: str, table: Table) -> Iterator[Fact]:
    """Yield what the rows of the table of an analysis say, as results of a run."""
    if name == "explain":
        yield from _explanations(run, table)
        return
    kind = CG.Classification if name == "classify" else CG.Result
    found = [(i, writer_of(name, one, table.columns)) for i, one in enumerate(table.columns)]
    writers = [(place, write) for place, write in found if write is not None]
    party = table.columns.index("party") if name == "classify" else None
    for row in table.rows:
        identity = (str(row[place]) for place, _ in writers) if party is None else [row[party]]
        this = result_iri(run, *identity)
        yield iri(this, RDF.type, kind)
        yield iri(this, PROV.wasGeneratedBy, run)
        for place, write in writers:
            if row[place] is not None and row[place] != "":
                yield from write(this, row[place])


def result_iri(run: str, *identity: str) -> str:
    """Return the IRI of a result: of what `identity` names, within a run."""
    return _identified("result", run, *identity)


Writer = Callable[[str, Any], Iterator[Fact]]
"""What yields the facts of a cell, told the node of its row."""


def writer_of(name: str, column: str, columns: tuple[str, ...]) -> Writer | None:
    """Return what writes the cells of a column of an analysis, None for one that stays silent.

    Raises:
        KeyError: the column has no property.
    """
    if column in SILENT or column.removesuffix("_key") in set(columns) - {column}:
        return None
    if predicate := LITERALS_OF.get(name, {}).get(column):
        return _literals(predicate)
    if predicate := THINGS_OF.get(name, {}).get(column):
        return _things(predicate, predicate)
    if column in CONCEPTS:
        return _concepts(*CONCEPTS[column])
    if column == "group":
        return _things(CG.aboutGroup, CG.groupKey)
    if predicate := THINGS.get(column) or KEYED.get(column):
        return _things(predicate, predicate)
    return _literals(LITERALS[column])


def _literals(predicate: URIRef) -> Writer:
    return lambda this, cell: iter([literal(this, predicate, cell)])


def _things(predicate: URIRef, told: URIRef) -> Writer:
    """Return a writer of things; `told` has the text of what is no IRI."""

    def write(this: str, cell: str) -> Iterator[Fact]:
        name = cell.iri if isinstance(cell, Key) else cell
        yield iri(this, predicate, name) if _IRI.fullmatch(name) else text(this, told, name)

    return write


_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"{}|\\^`]*")


def _concepts(predicate: URIRef, name: str) -> Writer:
    return lambda this, cell: (
        iri(this, predicate, concept(name, notation)) for notation in cell.split()
    )


def concept(name: str, notation: str) -> str:
    """Return the IRI of the concept with a notation, such as WON_BACK, of a scheme."""
    return str(scheme(name, notation.lower().replace("_", "-")))


_SCHEME_OF = {
    **dict.fromkeys(("CURRENT", "DORMANT", "FORMER", "USER_ONLY", "REFUSING", "POTENTIAL",
                     "UNENGAGED"), "stage"),
    **dict.fromkeys(("LOYAL", "REGULAR", "OCCASIONAL"), "depth"),
    **dict.fromkeys(("PROSPECT", "QUALIFIED"), "pipeline"),
    "DISLOYAL": "former-kind",
}  # fmt: skip


def _explanations(run: str, table: Table) -> Iterator[Fact]:
    """Yield evidence, deciding rule and failed conditions of each explained party."""
    for record in table.records():
        this = result_iri(run, record["party"])
        if record["kind"] == "evidence":
            yield iri(this, CG.evidence, record["name"])
            yield iri(run, PROV.used, record["name"])
        elif record["kind"] == "rule" and record["holds"]:
            yield iri(this, RDF.type, CG.Classification)
            yield iri(this, CG.about, record["party"])
            yield iri(this, PROV.wasGeneratedBy, run)
            number, stage = record["name"].split()
            yield iri(this, CG.stage, concept("stage", stage))
            yield literal(this, CG.decidingRule, int(number))
            yield from _labels(this, record)
        elif record["kind"] == "failed":
            yield from _shortfall(this, record)


def _shortfall(this: str, record: Mapping[str, Any]) -> Iterator[Fact]:
    shortfall = _identified("shortfall", this, record["name"])
    wanted = record["name"].split()[0]
    yield text(this, CG.failedCondition, f"{wanted}: {record['en']}")
    yield iri(this, CG.shortfall, shortfall)
    yield iri(shortfall, RDF.type, CG.Shortfall)
    yield iri(shortfall, CG.ofClass, concept(_SCHEME_OF[wanted], wanted))
    for column, predicate in (("value", CG.foundValue), ("needed", CG.neededValue),
                              ("missing", CG.missingValue)):  # fmt: skip
        if record[column] is not None:
            yield literal(shortfall, predicate, record[column])
    yield from _labels(shortfall, record)


def _labels(this: str, record: Mapping[str, Any]) -> Iterator[Fact]:
    yield text(this, RDFS.label, record["en"], "en")
    yield text(this, RDFS.label, record["fr"], "fr")


def _identified(kind: str, *parts: str) -> str:
    """Return an IRI that stands for the parts."""
    return str(ID[f"{kind}/{hashlib.sha256(chr(31).join(parts).encode()).hexdigest()[:32]}"])
