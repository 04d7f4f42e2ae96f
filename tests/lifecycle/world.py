"""Small worlds of events, written as tests think of them and stored as imports store them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from kg.lifecycle import Context, classify, parameters_from
from kg.namespaces import CG, FOAF, ID, ORG, RDF, XSD, scheme
from kg.store import Store

FOCAL = "ORG"
Triple = tuple[str, str, str, str | None]
"""Subject, predicate, object and the datatype of a literal."""
_XSD_BY_LENGTH = {4: XSD.gYear, 7: XSD.gYearMonth, 10: XSD.date}
_DATES = {
    "orderDate", "paymentDate", "deliveryDate", "date", "startDate", "endDate", "closedOn",
    "firstContactDate", "resolvedOn", "technicalReview", "commercialReview", "dueDate",
}  # fmt: skip


def iri(kind: str, key: str) -> str:
    """Return the IRI that these worlds give to a thing."""
    return str(ID[f"{kind}/{key}"])


class World:
    """Triples of one focal organisation and the parties around it."""

    def __init__(self) -> None:
        self.triples: list[Triple] = []
        self._numbers = count(1)
        self.party(FOCAL, "LegalEntity")

    def add(self, kind: str, key: str, type_name: str, **values: Any) -> str:
        """Add a thing with properties of the project's vocabulary; None and "" add nothing."""
        subject = iri(kind, key)
        self.triple(subject, str(RDF.type), str(CG[type_name]))
        for name, value in values.items():
            for one in value if isinstance(value, list) else [value]:
                if one is not None and one != "":
                    self.property(subject, name, one)
        return subject

    def property(self, subject: str, name: str, value: Any) -> None:
        predicate = str({"unitOf": ORG.unitOf}.get(name, CG[name]))
        if name in _DATES:
            self.triple(subject, predicate, value, str(_XSD_BY_LENGTH[len(value)]))
        elif isinstance(value, bool):
            self.triple(subject, predicate, str(value).lower(), str(XSD.boolean))
        elif isinstance(value, int | float | Decimal):
            self.triple(subject, predicate, str(value), str(XSD.decimal))
        elif isinstance(value, datetime):
            self.triple(subject, predicate, value.isoformat(), str(XSD.dateTime))
        else:
            self.triple(subject, predicate, value, None if ":" in value else str(XSD.string))

    def triple(self, s: str, p: str, o: str, datatype: str | None = None) -> None:
        self.triples.append((s, p, o, datatype))

    def number(self) -> str:
        return f"{next(self._numbers):06}"

    def party(self, key: str, kind: str = "NaturalPerson", **values: Any) -> str:
        if "unitOf" in values:
            values["unitOf"] = iri("party", values["unitOf"])
        return self.add("party", key, kind, sourceKey=key, **values)

    def buys(
        self,
        client: str,
        day: str | None,
        amount: Any = 100,
        *,
        key: str | None = None,
        lines: list[tuple[Any, str]] | None = None,
        staff: bool = False,
        seller: str = FOCAL,
        currency: str | None = "EUR",
        **values: Any,
    ) -> str:
        """Add a purchase; `lines` are (amount, price basis), else one line of `amount`."""
        key = key or self.number()
        values = {"orderDate": day, "orderNumber": key} | values
        order = self.add(
            "purchase", key, "Purchase", client=iri("party", client),
            seller=iri("party", seller), **values,
        )  # fmt: skip
        for i, (part, basis) in enumerate(lines or [(amount, "staff" if staff else "public")]):
            line = self.add(
                "line", f"{key}-{i}", "PurchaseLine",
                netAmount=Decimal(str(part)), currency=currency, priceBasis=basis,
            )  # fmt: skip
            self.property(order, "hasLine", line)
        return key

    def refund(self, order: str, day: str | None, amount: Any, **values: Any) -> str:
        values.setdefault("currency", "EUR")
        return self.add(
            "refund", self.number(), "Refund", refunds=iri("purchase", order), date=day,
            amount=Decimal(str(amount)), **values,
        )  # fmt: skip

    def event(self, type_name: str, party: str, day: str | None, **values: Any) -> str:
        """Add an event of a class that names its party by `cg:party`."""
        return self.add(
            "event", self.number(), type_name, party=iri("party", party), date=day, **values
        )

    def contract(self, client: str, start: str | None, end: str | None = None) -> str:
        return self.add(
            "contract", self.number(), "Contract", client=iri("party", client), startDate=start,
            endDate=end,
        )  # fmt: skip

    def uses(self, user: str, day: str | None, **values: Any) -> str:
        return self.add("use", self.number(), "Use", user=iri("party", user), date=day, **values)

    def member(
        self, member: str, organization: str, start: str | None = None, end: str | None = None,
        role: str | None = None,
    ) -> str:  # fmt: skip
        subject = self.add("membership", self.number(), "Membership", startDate=start, endDate=end)
        self.triple(subject, str(ORG.member), iri("party", member))
        self.triple(subject, str(ORG.organization), iri("party", organization))
        if role:
            self.triple(subject, str(ORG.role), str(scheme("membership", role)))
        return subject

    def refers(
        self, referrer: str | None, referred: str, day: str, *, key: str | None = None,
        **values: Any,
    ) -> str:  # fmt: skip
        key = key or f"R{self.number()}"
        self.add(
            "recommendation", key, "Referral", sourceKey=key, referred=iri("party", referred),
            recommender=iri("party", referrer) if referrer else None, date=day, **values,
        )  # fmt: skip
        return key

    def supplies(
        self, supplier: str, client: str, share: Any = None, *, service: str | None = "service",
        start: str | None = "2024-01-01", end: str | None = None, critical: bool | None = None,
    ) -> str:  # fmt: skip
        return self.add(
            "supply", self.number(), "SupplyRelation", supplierUnit=iri("party", supplier),
            clientUnit=iri("party", client), startDate=start, endDate=end, critical=critical,
            service=None if service is None else iri("service", service),
            dependencyShare=None if share is None else Decimal(str(share)),
        )  # fmt: skip

    def merged(self, duplicate: str, canonical: str, **values: Any) -> None:
        self.property(iri("party", duplicate), "mergedInto", iri("party", canonical))
        if values:
            self.add(
                "merge", self.number(), "RecordMerge", duplicate=iri("party", duplicate),
                canonical=iri("party", canonical), **values,
            )  # fmt: skip

    @contextmanager
    def store(self, *, graphs: int = 1) -> Iterator[Store]:
        """Yield a store in memory with the triples, each in as many graphs as asked."""
        store = self._filled(graphs)
        try:
            yield store
        finally:
            store.close()

    def _filled(self, graphs: int) -> Store:
        """Return a new store with the triples."""
        store = Store.open(None, threads=1)
        with store.write() as tx:
            columns = [list(column) for column in zip(*self.triples, strict=True)]
            for number in range(graphs):
                tx.cursor.execute(
                    "CREATE OR REPLACE TEMP TABLE given AS SELECT unnest(?::VARCHAR[]) AS s,"
                    " unnest(?::VARCHAR[]) AS p, unnest(?::VARCHAR[]) AS o,"
                    " unnest(?::VARCHAR[]) AS odt, NULL::VARCHAR AS olang, ? AS g",
                    [*columns, f"https://example.org/graph/{number}"],
                )
                tx.insert("given")
        return store

    def classified(
        self, as_of: str, *, knowledge: datetime | None = None, graphs: int = 1, **parameters: Any
    ) -> dict[str, dict[str, Any]]:
        """Return the classification at a day, by party key."""
        cursor = self._latest(graphs).cursor()
        table = classify(cursor, context(as_of, knowledge, **parameters))
        return {row["party_key"]: row for row in table.records()}

    def _latest(self, graphs: int) -> Store:
        """Return a store that is only read: the last one again, where it has the same triples."""
        held = (tuple(self.triples), graphs)
        if held not in _LATEST:
            for store in _LATEST.values():
                store.close()
            _LATEST.clear()
            _LATEST[held] = self._filled(graphs)
        return _LATEST[held]


_LATEST: dict[tuple[tuple[Triple, ...], int], Store] = {}
"""The store of the world that was classified last: examples of one history follow one another."""


def context(as_of: str, knowledge: datetime | None = None, **parameters: Any) -> Context:
    """Return the context of a day under default parameters but those given."""
    return Context(
        date.fromisoformat(as_of), iri("party", FOCAL), knowledge, parameters_from(parameters)
    )


def summary(row: dict[str, Any]) -> str:
    """Return what the worked examples state: stage, depth or kind, pipeline, flags, tier."""
    parts = [row[name] for name in ("stage", "depth", "former_kind", "pipeline", "tier")]
    return " ".join(part for part in [*parts, row["flags"]] if part)


NAME = str(FOAF.name)
