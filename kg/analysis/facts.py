"""The results of analyses in RDF: what each row says, and the run that it comes from.

A row is a node of its own, a `cg:Result`; a run says what it was computed under: T, K, parameter
set, version of the rules, focal organisation. Equal questions have one run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC
from typing import Any

from kg.lifecycle import Context, Table
from kg.lifecycle.facts import Fact, iri, literal, text
from kg.lifecycle.parameter_sets import parameter_facts, rule_version
from kg.namespaces import CG, ID, PROV, RDF, RDFS, scheme

_THINGS = {
    "party": CG.about,
    "referrer": CG.aboutReferrer,
    "referred": CG.aboutReferred,
    "primary": CG.primaryReferrer,
}
"""Columns of IRIs, and the property that each becomes."""

_CONCEPTS = {
    "stage": (CG.stage, "stage"),
    "depth": (CG.depth, "depth"),
    "former_kind": (CG.formerKind, "former-kind"),
    "pipeline": (CG.pipeline, "pipeline"),
    "position": (CG.position, "position"),
    "tier": (CG.tier, "tier"),
    "flags": (CG.flag, "flag"),
    "outcome": (CG.outcome, "outcome"),
}
"""Columns of notations, the property that each becomes, and the scheme of its concepts."""

_VALUES = {
    "first": CG.firstAcquisition,
    "last": CG.lastSign,
    "n": CG.occasions,
    "recommendation_key": CG.recommendationKey,
    "date": CG.referralDate,
    "reason": CG.reason,
    "root_key": CG.rootKey,
    "credit": CG.credit,
    "downstream": CG.downstreamValue,
    "descendants": CG.descendants,
    "currency": CG.currency,
    "ring": CG.ringKey,
}
"""Columns of literals, and the property that each becomes."""


def run_iri(name: str, context: Context, options: Mapping[str, Any]) -> str:
    """Return the IRI of the run that answers a question; without a given K, K is left open."""
    known = context.known_at.isoformat() if context.knowledge else ""
    parts = [name, context.as_of.isoformat(), known, context.parameters.iri, context.organization]
    parts += [f"{key}={value}" for key, value in sorted(options.items()) if value is not None]
    return _identified("run", *parts)


def run_facts(
    name: str, context: Context, options: Mapping[str, Any], organization: str | None
) -> Iterator[Fact]:
    """Yield what a run was computed under, its parameter set included."""
    run = run_iri(name, context, options)
    yield iri(run, RDF.type, CG.AnalysisRun)
    yield text(run, CG.analysisName, name)
    yield literal(run, CG.asOf, context.as_of)
    yield literal(run, CG.knownAt, context.known_at.replace(tzinfo=UTC))
    yield iri(run, CG.ruleVersion, rule_version())
    yield iri(run, CG.parameterSet, context.parameters.iri)
    yield iri(run, PROV.used, context.parameters.iri)
    if organization:
        yield iri(run, CG.withOrganization, organization)
    for key, value in options.items():
        if value is not None:
            yield text(run, CG.analysisOption, f"{key}={value}")
    yield from parameter_facts(context.parameters)


def row_facts(name: str, run: str, table: Table) -> Iterator[Fact]:
    """Yield what the rows of the table of an analysis say, as results of a run."""
    if name == "explain":
        yield from _explanations(run, table)
        return
    kind = CG.Classification if name == "classify" else CG.Result
    # The same name heads a number in the forest of referrals and a class in a classification.
    concepts = _CONCEPTS if name == "classify" else {"outcome": _CONCEPTS["outcome"]}
    writers = [_writer(column, concepts) for column in table.columns]
    party = table.columns.index("party") if "party" in table.columns else None
    for row in table.rows:
        alone = party is not None and name == "classify"
        identity = [row[party]] if alone and party is not None else [str(cell) for cell in row]
        this = result_iri(run, *identity)
        yield iri(this, RDF.type, kind)
        yield iri(this, PROV.wasGeneratedBy, run)
        for write, cell in zip(writers, row, strict=True):
            if write is not None and cell is not None and cell != "":
                yield from write(this, cell)


def result_iri(run: str, *identity: str) -> str:
    """Return the IRI of a result: of what `identity` names, within a run."""
    return _identified("result", run, *identity)


def _writer(
    column: str, concepts: Mapping[str, tuple[Any, str]]
) -> Callable[[str, Any], Iterator[Fact]] | None:
    """Return what writes the cells of a column, None for one that says nothing of its own."""
    if column in _THINGS:
        return lambda this, cell: iter([iri(this, _THINGS[column], cell)])
    if column in concepts:
        predicate, name = concepts[column]
        return lambda this, cell: (
            iri(this, predicate, concept(name, notation)) for notation in cell.split()
        )
    if column == "depth":
        return lambda this, cell: iter([literal(this, CG.referralDepth, cell)])
    if column in _VALUES:
        return lambda this, cell: iter([literal(this, _VALUES[column], cell)])
    return None


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


WRITTEN = (
    "classify", "explain", "referrals outcomes", "referrals tree", "referrals credit",
    "referrals downstream", "referrals rings", "referrals removed", "referrals broken",
    "referrals cold",
)  # fmt: skip
"""The analyses whose results have a form in RDF."""
