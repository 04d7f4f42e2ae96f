"""One evaluation of the rules: a cursor, the values of its statements, and how facts are read.

The steps of the rules are SQL statements over temporary tables. Their text is constant; terms,
dates and parameters are bound by name (`$client`, `$as_of`), so that a statement reads like the
rule it comes from.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, ClassVar

from rdflib import Literal, URIRef

from kg.errors import UsageError
from kg.lifecycle.context import Context, Note
from kg.minting import mint
from kg.namespaces import CG, ORG, RDF, RDFS, scheme
from kg.sparql.deadline import execute
from kg.store import Cursor, EngineError, Kind, counted, lookup, lookup_nodes
from kg.store.property_table import PropertyTable, shown_to
from kg.store.visibility import seeing_only

_CLASSES = (
    "BadExperience", "BuyerPersona", "ClientRequest", "Communication", "ConsentRecord",
    "Contract", "CostAllocation", "Feedback", "Household", "Interaction", "LegalEntity",
    "NaturalPerson", "Need", "Organization", "OrganizationalUnit", "Party", "ProductInformation",
    "Purchase", "PurchaseRequest", "Qualification", "Recommendation", "RecordMerge", "Referral",
    "Refund", "Refusal", "RoleAssignment", "SatisfactionMeasurement", "Segment", "StatusChange",
    "SupplyRelation", "Targeting", "Use",
)  # fmt: skip
_PROPERTIES = (
    "accessLevel", "acquiredThrough", "acquisitionSource", "actingBuyer", "addressee",
    "affectedParty", "agreement", "amount", "annualPotential", "brand", "budgetFit", "canonical",
    "channel", "client", "clientUnit", "closedOn", "commercialReview", "consentStatus",
    "costKind", "criterionFamily", "criterionProperty", "criterionValue", "critical", "currency",
    "date", "declaredType", "deliveryDate", "dependencyShare", "depth", "directMarketing",
    "direction", "dueDate", "duplicate", "endDate", "firstContactDate", "formerKind", "handledBy",
    "hasCriterion", "hasLine", "hasSLA", "internalSpecifier", "isCore", "item", "level",
    "memberShape", "mergedInto", "met", "needFit", "netAmount", "operator", "orderDate",
    "orderNumber", "party", "payer", "paymentDate", "pipeline", "pointOfSale", "position",
    "priceBasis", "purchasePurpose", "quantity", "recipient", "recommender", "recommenderOrigin",
    "recommendsItem", "recordedAt", "referred", "refunds", "request", "requester", "resolvedOn",
    "resultedIn", "roleType", "score", "segment", "selectQuery", "seller", "service", "severity",
    "sourceKey", "stage", "startDate", "statedOutcome", "status", "supplierUnit",
    "technicalReview", "tier", "timingFit", "topic", "user", "withOrganization",
)  # fmt: skip
_WORDS = (
    "both", "critical", "declined", "in", "major", "minor", "personal", "prospect", "sales",
    "staff", "yes",
)  # fmt: skip
_SEVERITIES = ("minor", "major", "critical")

NEVER = "DATE 'infinity'"
"""SQL date that no as-of date reaches."""


def _terms() -> dict[str, URIRef | Literal]:
    """Return the terms that statements name, by the name of their parameter."""
    return {
        **{name: CG[name] for name in _PROPERTIES},
        **{f"class_{name}": CG[name] for name in _CLASSES},
        **{f"word_{word}": Literal(word) for word in _WORDS},
        "type": RDF.type,
        "label": RDFS.label,
        "unitOf": ORG.unitOf,
        "member": ORG.member,
        "organization": ORG.organization,
        "role": ORG.role,
        "contractor": scheme("membership", "contractor"),
        "keyAccount": scheme("role", "key-account"),
        "byRecommendation": scheme("acquisition-source", "recommendation"),
    }


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Ids of the terms that statements name, and what else they need to know of a store."""

    ids: Mapping[str, int]
    """By the name of the parameter; -1, which no row has, for a term that was never stored."""
    duplicated: frozenset[int]
    """Predicates of which the same triple lies in two graphs."""
    focal: int

    @classmethod
    def read(cls, cursor: Cursor, organization: str) -> Vocabulary:
        """Return the vocabulary of a store, as a cursor sees it.

        Raises:
            UsageError: the organisation is not known, or not one (see `focal_party`).
        """
        terms = _terms()
        found = lookup_nodes(cursor, terms.values())
        duplicated = cursor.execute("SELECT p FROM predicate WHERE dup").fetchall()
        return cls(
            {name: -1 if one is None else one for name, one in zip(terms, found, strict=True)},
            frozenset(row[0] for row in duplicated),
            focal_party(cursor, organization),
        )


class Evaluation:
    """Runs the statements of the rules on one cursor, under one context.

    With `focused`, the temporary table `focus(id)` names the only parties whose events are read.
    """

    leaves_out: ClassVar[bool] = True
    """Whether statements do not look for what was never stored, of which the engine plans less."""

    def __init__(
        self, cursor: Cursor, context: Context, vocabulary: Vocabulary | None = None
    ) -> None:
        """Evaluate over what a cursor sees; the vocabulary is read where none is given."""
        self.cursor = cursor
        self.context = context
        self.focused = False
        self.merging = True
        """Records are read as those that they were merged into; else each stands for itself."""
        self.broken_segments: dict[int, Note] = {}
        """Segments that could not be evaluated, and why: nobody is in them."""
        self.known_at = context.known_at
        self.vocabulary = vocabulary or Vocabulary.read(cursor, context.organization)
        parameters = context.parameters
        ids = self.vocabulary.ids
        self._values: dict[str, Any] = {
            **ids,
            **parameters.as_mapping(),
            "as_of": context.as_of,
            "known_at": self.known_at,
            "knowledge": f"{self.known_at.isoformat()}Z",
            "timezone": context.timezone,
            "params": parameters.iri,
            "purchaseDate": ids[parameters.purchase_date_field],
            "focal": self.vocabulary.focal,
            # Decimals, of which floating point has no exact form.
            "voidMillionths": round(parameters.void_threshold * 1_000_000),
        }
        least = _SEVERITIES.index(parameters.s_sev)
        for place, word in enumerate(_SEVERITIES):
            self._values[f"severe_{word}"] = ids[f"word_{word}"] if place >= least else -1

    def value(self, name: str) -> Any:
        """Return the value bound to a name of the statements."""
        return self._values[name]

    def run(self, sql: str, **values: Any) -> Cursor:
        """Execute a statement with the values that it names."""
        known = self._values | values
        named = set(re.findall(r"\$(\w+)", sql))
        return execute(self.cursor, sql, {name: known[name] for name in named})

    def table(self, name: str, sql: str, **values: Any) -> int:
        """Keep the rows of a SELECT as the temporary table `name`; return how many there are."""
        return counted(self.run(f"CREATE OR REPLACE TEMP TABLE {name} AS {sql}", **values))

    def notes_of(self, count: str, english: str, french: str) -> tuple[Note, ...]:
        """Return a note of what a SELECT counts, none where that is nothing.

        The texts hold `{count}`.
        """
        row = self.run(count).fetchone()
        found = row[0] if row else 0
        return (Note(english.format(count=found), french.format(count=found)),) if found else ()

    def keep_ids(self, name: str, ids: Collection[int]) -> None:
        """Keep ids as the temporary table `name(id)`."""
        self.table(name, "SELECT unnest($given::BIGINT[]) AS id", given=list(ids))

    def name_terms(self, ids: str) -> None:
        """Let `term` know the ids that a SELECT gives, and source keys: here it knows all."""

    def drop(self, name: str) -> None:
        """Let go of a temporary table."""
        self.run(f"DROP TABLE {name}")

    def seeing(self, condition: str) -> AbstractContextManager[None]:
        """Let statements see, while this is open, only the quads that meet a condition."""
        return seeing_only(self.cursor, condition)

    def properties(self) -> PropertyTable | None:
        """Return the property table of what statements see, if there is one."""
        return shown_to(self.cursor)

    def triples(self, predicate: str) -> str:
        """Return a relation (s, o, k, num, dbl, ts, tz) of one predicate, each triple once."""
        if self.leaves_out and self._values[predicate] < 0:
            return "(SELECT s, o, k, num, dbl, ts, tz FROM live WHERE FALSE)"
        # The same triple may lie in two graphs; the store knows for which predicates it does.
        distinct = "DISTINCT " if self._repeats(predicate) else ""
        return f"(SELECT {distinct}s, o, k, num, dbl, ts, tz FROM live WHERE p = ${predicate})"

    def instances(self, *classes: str, among: str = "TRUE", once: bool = True) -> str:
        """Return a relation (s) of the instances of classes that meet a condition.

        Each is there `once`, or else as often as it is said to be one.
        """
        stored = sum(self._values[f"class_{name}"] >= 0 for name in classes)
        if self.leaves_out and not stored:
            return "(SELECT s FROM live WHERE FALSE)"
        named = ", ".join(f"$class_{name}" for name in classes)
        distinct = "DISTINCT " if once and (stored > 1 or self._repeats("type")) else ""
        return f"(SELECT {distinct}s FROM live WHERE p = $type AND o IN ({named}) AND {among})"

    def _repeats(self, predicate: str) -> bool:
        """Say whether the same triple of a predicate may come twice."""
        return self._values[predicate] in self.vocabulary.duplicated

    def dates(self, predicate: str) -> str:
        """Return a relation (s, o, first_day, day): the earliest and the latest possible day."""
        days = f"{FIRST_DAY} AS first_day, {DAY} AS day"
        return f"(SELECT s, o, {days} FROM {self.triples(predicate)})"

    def moments(self, predicate: str) -> str:
        """Return a relation (s, moment) of times, in UTC."""
        return f"(SELECT s, {MOMENT} AS moment FROM {self.triples(predicate)})"

    def amounts(self, predicate: str) -> str:
        """Return a relation (s, amount) of exact numbers."""
        return f"(SELECT s, {AMOUNT} AS amount FROM {self.triples(predicate)})"

    def source_keys(self, relation: str, column: str) -> str:
        """Return a relation (id, key): one source key of each id in a column of a relation."""
        return f"""(
            SELECT x.{column} AS id, min(t.lex) AS key FROM {relation} AS x
            JOIN {self.triples("sourceKey")} AS q ON q.s = x.{column}
            JOIN term AS t ON t.id = q.o
            GROUP BY x.{column}
        )"""

    def in_focus(self, column: str) -> str:
        """Return the condition that a record is in focus."""
        return f"{column} IN (SELECT id FROM focus)" if self.focused else "TRUE"


def first_day(k: str = "k", ts: str = "ts", tz: str = "tz") -> str:
    """Return the SQL of the earliest possible day of an object, of its typed columns."""
    return f"""CASE
    WHEN {k} = {int(Kind.DATETIME)} AND {tz} IS NOT NULL
        THEN CAST(timezone($timezone, timezone('UTC', {ts})) AS DATE)
    WHEN {k} IN ({int(Kind.DATETIME)}, {int(Kind.DATE)}, {int(Kind.YEARMONTH)}, {int(Kind.YEAR)})
        THEN CAST({_local(ts, tz)} AS DATE) END"""


def last_day(k: str = "k", ts: str = "ts", tz: str = "tz") -> str:
    """Return the SQL of the latest possible day of an object, of its typed columns."""
    local = _local(ts, tz)
    return f"""CASE {k}
    WHEN {int(Kind.YEARMONTH)} THEN last_day(CAST({local} AS DATE))
    WHEN {int(Kind.YEAR)} THEN make_date(CAST(year({local}) AS INTEGER), 12, 31)
    ELSE {first_day(k, ts, tz)} END"""


def _local(ts: str, tz: str) -> str:
    return f"{ts} + to_minutes(coalesce({tz}, 0))"


FIRST_DAY, DAY = first_day(), last_day()
"""SQL of the earliest and of the latest possible day of a quad's object."""
MOMENT = "CASE WHEN tz IS NULL THEN timezone('UTC', timezone($timezone, ts)) ELSE ts END"
"""SQL of the time of a quad's object; one without zone is of the focal organisation's clock."""
AMOUNT = "coalesce(num, TRY_CAST(dbl AS DECIMAL(38, 10)))"
"""SQL of the exact number of a quad's object, NULL where it is too large or not a number."""


def focal_party(cursor: Cursor, organization: str) -> int:
    """Return the id of the focal organisation, -1 when nothing in the store depends on it.

    A key stands for the IRI that imports give it, else for the party with this source key.

    Raises:
        UsageError: several parties have this source key, or there are sellers and suppliers but
            the organisation is none of what the store knows.
    """
    named = [organization, minted_party(cursor, organization)]
    for found in lookup(cursor, [(iri, None, None) for iri in named]):
        if found is not None:
            return found
    keyed = parties_with_key(cursor, organization)
    if len(keyed) > 1:
        raise UsageError(
            f"Several parties have the source key {organization!r}; name the organisation by IRI."
        )
    if not keyed:
        _refuse_unknown_organization(cursor, organization)
    return keyed[0] if keyed else -1


def _refuse_unknown_organization(cursor: Cursor, organization: str) -> None:
    """Refuse to answer about an organisation that is not there while its facts would be."""
    row = cursor.execute(
        "SELECT 1 FROM live WHERE p IN (SELECT unnest($predicates::BIGINT[])) LIMIT 1",
        {"predicates": lookup_nodes(cursor, [CG.seller, CG.supplierUnit])},
    ).fetchone()
    if row:
        raise UsageError(
            f"The store knows no organisation {organization!r}: set CLIENTGRAPH_ORGANIZATION to"
            " the source key or the IRI of the focal organisation."
        )


def minted_party(cursor: Cursor, key: str) -> str:
    """Return the IRI that imports give to the party which every source names by `key`."""
    row = cursor.execute("SELECT value FROM setting WHERE name = 'iri_secret'").fetchone()
    return mint(str(row[0]) if row else "", "party", "", key)


def parties_with_key(cursor: Cursor, key: str) -> list[int]:
    """Return the ids of the parties that have a source key."""
    kinds = ("Household", "LegalEntity", "NaturalPerson", "Organization", "OrganizationalUnit")
    nodes = [CG.sourceKey, Literal(key), RDF.type, CG.Party, *(CG[kind] for kind in kinds)]
    source_key, literal, rdf_type, *classes = lookup_nodes(cursor, nodes)
    if literal is None:
        return []
    rows = cursor.execute(
        "SELECT DISTINCT s FROM live WHERE p = $source_key AND o = $key",
        {"source_key": source_key, "key": literal},
    ).fetchall()
    # By equality, as one party is asked for: the blocks of others are left aside.
    same = " OR ".join(f"s = {int(row[0])}" for row in rows) or "FALSE"
    found = cursor.execute(
        f"SELECT DISTINCT s FROM live WHERE p = $type AND ({same})"
        " AND o IN (SELECT unnest($classes::BIGINT[])) ORDER BY s",
        {"type": rdf_type, "classes": classes},
    ).fetchall()
    return [row[0] for row in found]


def unknown_party(party: str) -> UsageError:
    """Return the error of a key or an IRI that names no party."""
    return UsageError(f"No party has the key or IRI {party!r}; check it, with its source.")


@contextlib.contextmanager
def snapshot(cursor: Cursor) -> Iterator[bool]:
    """Let all statements see one commit; the temporary tables made inside are gone afterwards.

    Inside a transaction of the caller, that transaction is the snapshot and keeps the tables.
    Yields whether it is a snapshot of its own, which sees what is committed and nothing else.
    """
    if in_transaction(cursor):
        yield False
        return
    cursor.begin()
    try:
        yield True
    finally:
        cursor.rollback()


def usable(cursor: Cursor) -> bool:
    """Say whether statements can run: inside a transaction of which one failed, none does."""
    try:
        cursor.execute("SELECT 1")
    except EngineError:
        return False
    return True


def in_transaction(cursor: Cursor) -> bool:
    """Say whether a transaction is open: outside one, each statement has a number of its own."""
    first, second = (cursor.execute("SELECT txid_current()").fetchone() for _ in range(2))
    return first == second
