"""Decisions about records: these two are one party, they are not one any more, they never were.

A merge is a `cg:RecordMerge` with its date, its reason and, through the commit, its agent; the
duplicate is then read as the canonical record (`cg:mergedInto`). Nothing of either record changes,
so that a merge can be taken back at any time: the event stays, and says when and by which commit
it was invalidated (modelling decisions, section 4).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from rdflib import OWL, PROV, RDF, RDFS, SH, XSD

from kg.errors import UsageError
from kg.merging.records import Party, canonical_of, find_party
from kg.merging.vocabulary import GRAPH
from kg.minting import joined_key, mint
from kg.namespaces import CG, ID, PROVENANCE_GRAPH
from kg.shacl import Change, project_shapes, validate
from kg.store import Cursor, Store, Transaction, decode, lookup_nodes

Row = tuple[str, str, str, str | None, str | None, str | None]

_STATED = """
SELECT s.lex, p.lex, o.lex, g.lex FROM live AS q JOIN term AS s ON s.id = q.s
JOIN term AS p ON p.id = q.p JOIN term AS o ON o.id = q.o LEFT JOIN term AS g ON g.id = q.g
WHERE {where}
"""
_EVENTS = """
SELECT e.lex FROM live AS d JOIN live AS c ON c.s = d.s AND c.p = $canonical AND c.o = $kept
JOIN term AS e ON e.id = d.s
WHERE d.p = $duplicate AND d.o = $party
    AND d.s NOT IN (SELECT s FROM live WHERE p = $invalidated)
"""
_DECLARED = "SELECT 1 FROM live JOIN term AS t ON t.id = live.s WHERE t.lex = ? AND p = ? LIMIT 1"


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided about two records, by IRI, and the commit that keeps it."""

    kind: str
    duplicate: str
    canonical: str
    commit: int


def merge(
    store: Store,
    duplicate: str,
    canonical: str,
    *,
    agent: str = "local",
    reason: str = "",
    decided: date | None = None,
) -> Decision:
    """Let a record be read as another one from now on; records are named by key or IRI.

    `decided` is the day of the decision, None for today.

    Raises:
        UsageError: a record is unknown or merged already, they are of different kinds, were set
            aside as not the same, would form a cycle, or a shape forbids it.
    """
    with store.write(agent=agent, activity="merge", note=reason) as tx:
        first, kept = (find_party(tx.cursor, name) for name in (duplicate, canonical))
        _refuse_merge(tx.cursor, first, kept)
        secret = _secret(tx.cursor)
        event = mint(secret, "merge", "", joined_key([first.iri, kept.iri, str(tx.number)]))
        day = (decided or _moment(tx).date()).isoformat()
        rows: list[Row] = [
            _link(first.iri, str(CG.mergedInto), kept.iri),
            _link(event, str(RDF.type), str(CG.RecordMerge)),
            _link(event, str(CG.duplicate), first.iri),
            _link(event, str(CG.canonical), kept.iri),
            _value(event, str(CG.date), day, str(XSD.date)),
            _value(event, str(CG.recordedAt), _moment(tx).isoformat(), str(XSD.dateTime)),
        ]
        if reason:
            rows.append(_value(event, str(CG.mergeReason), reason, str(XSD.string)))
        _write(tx, rows, secret, agent)
    return Decision("merge", first.iri, kept.iri, tx.number)


def unmerge(store: Store, duplicate: str, *, agent: str = "local", reason: str = "") -> Decision:
    """Take a merge back: the record stands for itself again.

    Raises:
        UsageError: the record is unknown, or not merged into another one.
    """
    with store.write(agent=agent, activity="unmerge", note=reason) as tx:
        # What is left of a record whose import was taken back can be set free, too.
        party = find_party(tx.cursor, duplicate, declared=False)
        kept = canonical_of(tx.cursor, party.id)
        if kept is None:
            raise UsageError(
                f"{duplicate} is not merged into another record: nothing to take back."
            )
        tx.delete_few(_merged(tx.cursor, party))
        rows: list[Row] = []
        for event in _events(tx.cursor, party.id, kept):
            rows += [
                _value(
                    event,
                    str(PROV.invalidatedAtTime),
                    _moment(tx).isoformat(),
                    str(XSD.dateTime),
                ),
                _link(event, str(PROV.wasInvalidatedBy), str(ID[f"commit/{tx.number}"])),
            ]
        _write(tx, rows, _secret(tx.cursor), agent)
        iri = _iri(tx.cursor, kept)
    return Decision("unmerge", party.iri, iri, tx.number)


def distinguish(
    store: Store,
    one: str,
    other: str,
    *,
    agent: str = "local",
    reason: str = "",
    back: bool = False,
) -> Decision:
    """Set two records aside as not the same party; with `back`, take that back.

    Raises:
        UsageError: a record is unknown, they are the same or merged, or nothing is to take back.
    """
    activity = "undistinguish" if back else "distinguish"
    with store.write(agent=agent, activity=activity, note=reason) as tx:
        first, second = (find_party(tx.cursor, name) for name in (one, other))
        stated = _apart(tx.cursor, first, second)
        if back and not stated:
            raise UsageError(f"{one} and {other} were not set aside: nothing to take back.")
        if back:
            tx.delete_few(stated)
        else:
            _refuse_same(tx.cursor, first, second, stated)
            different = _link(first.iri, str(OWL.differentFrom), second.iri)
            _write(tx, [different], _secret(tx.cursor), agent)
    return Decision(activity, first.iri, second.iri, tx.number)


# --- What cannot be -------------------------------------------------------------------------------


def _refuse_merge(cursor: Cursor, duplicate: Party, canonical: Party) -> None:
    """Refuse a merge that would contradict what is known."""
    if duplicate.id == canonical.id:
        raise UsageError(f"{duplicate.iri} cannot be merged into itself: name two records.")
    if not duplicate.groups & canonical.groups:
        raise UsageError(
            f"Records of different kinds cannot be merged: {duplicate.iri} is of the kind"
            f" {duplicate.kind}, {canonical.iri} of the kind {canonical.kind}. Mend the kind of"
            " one of them first."
        )
    merged = canonical_of(cursor, duplicate.id)
    if merged is not None:
        raise UsageError(
            f"{duplicate.iri} is merged into {_iri(cursor, merged)} already: take that back first."
        )
    if duplicate.id in _chain(cursor, canonical.id):
        raise UsageError(
            f"The merge would be a cycle: {canonical.iri} is merged into {duplicate.iri} already."
            " Take that back first, or leave it."
        )
    if _apart(cursor, duplicate, canonical):
        raise UsageError(
            f"{duplicate.iri} and {canonical.iri} were set aside as not the same: take that back"
            " first."
        )


def _refuse_same(cursor: Cursor, one: Party, other: Party, stated: list[Row]) -> None:
    """Refuse to set aside what is one record, merged, or set aside already."""
    if stated:
        raise UsageError(f"{one.iri} and {other.iri} are set aside already.")
    chains = ([each.id, *_chain(cursor, each.id)][-1] for each in (one, other))
    if len(set(chains)) == 1:
        raise UsageError(
            f"{one.iri} and {other.iri} are one party: take their merge back first, or name two"
            " records."
        )


def _refuse_violations(tx: Transaction) -> None:
    """Refuse what the project's shapes forbid."""
    report = validate(
        tx.cursor, project_shapes(), _moment(tx).date(), change=Change.of_commit(tx.number), limit=5
    )
    wrong = [each for each in report.results if each.severity == SH.Violation]
    if wrong:
        told = "; ".join(f"{each.focus[1]}: {each.messages.get('en', '')}" for each in wrong)
        raise UsageError(f"The graph would break its rules: {told}")


def _chain(cursor: Cursor, party: int) -> list[int]:
    """Return the records that a record is merged into, one after the other."""
    chain: list[int] = []
    here = canonical_of(cursor, party)
    while here is not None and here not in chain:
        chain.append(here)
        here = canonical_of(cursor, here)
    return chain


# --- Quads ----------------------------------------------------------------------------------------


def _write(tx: Transaction, rows: list[Row], secret: str, agent: str) -> None:
    """Add quads to the graph of decisions, which says where it comes from (shape C07)."""
    (derived,) = lookup_nodes(tx.cursor, [PROV.wasDerivedFrom])
    if not tx.cursor.execute(_DECLARED, [GRAPH, derived]).fetchone():
        rows = [*rows, *_declaration(tx, secret, agent)]
    tx.insert_few(rows)
    _refuse_violations(tx)


def _declaration(tx: Transaction, secret: str, agent: str) -> list[Row]:
    """Return the provenance of the graph of decisions."""
    source = mint(secret, "source", "", "decisions")
    who = mint(secret, "agent", "", agent)
    rows = [
        _value(source, str(RDFS.label), "decisions", str(XSD.string)),
        _link(who, str(RDF.type), str(PROV.Agent)),
        _value(who, str(CG.agentName), agent, str(XSD.string)),
        _link(GRAPH, str(RDF.type), str(PROV.Entity)),
        _link(GRAPH, str(PROV.wasDerivedFrom), source),
        _link(GRAPH, str(PROV.wasAttributedTo), who),
        _value(GRAPH, str(PROV.generatedAtTime), _moment(tx).isoformat(), str(XSD.dateTime)),
    ]
    return [(*row[:5], str(PROVENANCE_GRAPH)) for row in rows]


def _link(s: str, p: str, o: str) -> Row:
    return (s, p, o, None, None, GRAPH)


def _value(s: str, p: str, o: str, datatype: str) -> Row:
    return (s, p, o, datatype, None, GRAPH)


def _stated(cursor: Cursor, statement: str, **values: int) -> list[Row]:
    """Return the live quads that a condition selects, in whatever graphs they are."""
    rows = cursor.execute(_STATED.format(where=statement), values).fetchall()
    return [(s, p, o, None, None, g) for s, p, o, g in rows]


def _merged(cursor: Cursor, party: Party) -> list[Row]:
    """Return the quads by which a record is merged into another one."""
    (merged,) = lookup_nodes(cursor, [CG.mergedInto])
    return _stated(cursor, "q.p = $p AND q.s = $s", p=merged or 0, s=party.id)


def _apart(cursor: Cursor, one: Party, other: Party) -> list[Row]:
    """Return the quads by which two records were set aside."""
    (different,) = lookup_nodes(cursor, [OWL.differentFrom])
    where = "q.p = $p AND (q.s = $a AND q.o = $b OR q.s = $b AND q.o = $a)"
    return _stated(cursor, where, p=different or 0, a=one.id, b=other.id)


def _events(cursor: Cursor, party: int, kept: int) -> list[str]:
    """Return the IRIs of the events that merged one record into another and still stand."""
    nodes = {
        "duplicate": CG.duplicate,
        "canonical": CG.canonical,
        "invalidated": PROV.invalidatedAtTime,
    }
    found = {
        name: number or 0
        for name, number in zip(nodes, lookup_nodes(cursor, nodes.values()), strict=True)
    }
    rows = cursor.execute(_EVENTS, {**found, "party": party, "kept": kept}).fetchall()
    return [row[0] for row in rows]


def _iri(cursor: Cursor, number: int) -> str:
    return decode(cursor, [number])[number][1]


def _secret(cursor: Cursor) -> str:
    """Return the secret that IRIs are made with."""
    row = cursor.execute("SELECT value FROM setting WHERE name = 'iri_secret'").fetchone()
    return str(row[0]) if row else ""


def _moment(tx: Transaction) -> datetime:
    """Return the time of a commit, with its zone."""
    return tx.at.replace(tzinfo=UTC)
