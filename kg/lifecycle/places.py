"""The places that things have around a party, and what the rules read of them there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

_ROLES = ("user", "party", "requester", "recommender", "referred", "addressee")
"""Properties by which an event names a party; those of purchases and memberships set apart."""


class Place(NamedTuple):
    """A place that things have around a party: what is read of them, and where that leads to."""

    read: tuple[str, ...] = ()
    """Properties of which the thing is the subject."""
    named_by: tuple[str, ...] = ()
    """Properties of which it is the object."""
    leads: Mapping[str, tuple[str, ...]] = {}
    """The places of what is at the other end of a property."""


QUERIES = ("selectQuery", "memberShape")
"""Properties by which a segment asks for more than criteria."""

PLACES: Mapping[str, Place] = {
    "record": Place(
        read=(
            "type", "sourceKey", "recordedAt", "closedOn", "firstContactDate", "annualPotential",
            "mergedInto", "unitOf",
        ),
        named_by=("mergedInto", "client", "member", *_ROLES),
        leads={
            **dict.fromkeys(_ROLES, ("event",)),
            "client": ("event", "sold"),
            "member": ("membership",),
            "mergedInto": ("record",),
            "unitOf": ("organization",),
        },
    ),
    "event": Place(
        read=(
            "type", "recordedAt", "date", "purchaseDate", "startDate", "endDate", "direction",
            "severity", "resolvedOn", "score", "level", "budgetFit", "needFit", "timingFit",
            "roleType", "recommender", "referred", "addressee", "seller", "orderNumber", "hasLine",
        ),
        leads={
            "recommender": ("giver", "organization"),
            "referred": ("organization",),
            "addressee": ("organization",),
            "seller": ("organization",),
            "hasLine": ("sold",),
        },
    ),
    "membership": Place(
        read=("member", "organization", "startDate", "endDate", "role", "recordedAt"),
        leads={"organization": ("organization",)},
    ),
    "giver": Place(
        read=("mergedInto",),
        named_by=("mergedInto", "member"),
        leads={"mergedInto": ("giver", "organization"), "member": ("membership",)},
    ),
    "organization": Place(
        read=("mergedInto", "unitOf"),
        named_by=("mergedInto",),
        leads={"mergedInto": ("organization",), "unitOf": ("organization",)},
    ),
    "sold": Place(named_by=("refunds",), leads={"refunds": ("refund",)}),
    "refund": Place(read=("amount", "currency", "date", "recordedAt")),
    "priced": Place(read=("netAmount", "priceBasis", "currency")),
    "merged": Place(named_by=("duplicate",), leads={"duplicate": ("merge",)}),
    "merge": Place(read=("type", "recordedAt")),
    "targeting": Place(
        read=(
            "type", "recordedAt", "segment", "withOrganization", "startDate", "endDate", "isCore",
        ),
        leads={"segment": ("segment",), "withOrganization": ("organization",)},
    ),
    "segment": Place(
        read=("type", "hasCriterion", *QUERIES),
        leads={"hasCriterion": ("criterion", "seen")},
    ),
    "criterion": Place(
        read=("criterionProperty", "criterionFamily", "operator", "criterionValue"),
        leads={"criterionValue": ("seen",)},
    ),
    "seen": Place(read=("type", "recordedAt", "date", "purchaseDate", "startDate", "endDate")),
}  # fmt: skip
"""The places around a party, from its records on; `priced` are lines whose prices matter.

From targetings on, it is what says who is targeted; of what is `seen`, whether it is there at T.
"""

_SHOWN = (
    "actingBuyer", "payer", "recipient", "internalSpecifier", "handledBy", "affectedParty",
)  # fmt: skip
"""Properties by which an event shows a party in a role without being an event of that party."""
_ACQUIRES = ("acquirer",)

ROLE_PLACES: Mapping[str, Place] = {
    **PLACES,
    "record": Place(
        read=PLACES["record"].read,
        named_by=(*PLACES["record"].named_by, *_SHOWN),
        leads={**PLACES["record"].leads, **dict.fromkeys(_SHOWN, ("event", "sold", "shown"))},
    ),
    "event": Place(
        read=(
            *PLACES["event"].read, "statedOutcome", "purchasePurpose", "acquiredThrough",
            "orderDate", "actingBuyer", "payer", "recipient",
        ),
        leads={
            **PLACES["event"].leads,
            "recommender": ("giver", "organization", *_ACQUIRES),
            "referred": ("organization", *_ACQUIRES),
            "acquiredThrough": ("purpose",),
        },
    ),
    "shown": Place(read=("client",), leads={"client": _ACQUIRES}),
    "acquirer": Place(
        read=("type", "closedOn", "mergedInto", "unitOf"),
        named_by=("mergedInto", "client", "member"),
        leads={
            "client": ("event", "sold"),
            "member": ("membership",),
            "mergedInto": _ACQUIRES,
            "unitOf": ("organization",),
        },
    ),
    "purpose": Place(read=("purchasePurpose",)),
}  # fmt: skip
"""The same for the roles of a party, which others show too: whether what they acquired counts, and
when those at the other end of its referrals first acquired something.
"""
