"""A figure that rests on missing data says how much is missing, in both languages."""

from __future__ import annotations

import re

import pytest

from kg.analysis import ANALYSES
from kg.namespaces import scheme
from tests.lifecycle.world import World, context, iri

PERIOD = {"from": "2025-01-01", "to": "2025-05-31"}
UNKNOWN = "evidence of which the day is not known"
TOLD = [
    ("transitions", {"from": "2025-01-01"}, [UNKNOWN]),
    ("trend", {"from": "2025-01-01"}, [UNKNOWN]),
    ("differences", {"against": '{"D_new": 30}'}, [UNKNOWN]),
    ("loyalty", {"scope": "brand"}, [UNKNOWN]),
    ("referrals rates", PERIOD, ["which are in no period"]),
    ("referrals breakdown", {"by": "year", **PERIOD}, ["which are in no period"]),
    ("value price-gap", {}, ["which are in no value"]),
    ("value info-gap", {}, ["without an access level"]),
    ("chains sla", {}, ["without a date or a result"]),
    ("chains sla-path", {"unit": "IT", "client": "X"}, ["without a date or a result"]),
    ("chains exposure", {}, ["without a stated share", "without a known satisfaction"]),
    ("chains what-if", {"cut": "IT>X"}, ["without a stated share", "without a known satisfaction"]),
]  # fmt: skip


def world(*, complete: bool) -> World:
    """Return a world in which one of each is missing, unless it is complete."""
    found, day, share = World(), "2025-02-01" if complete else None, 0.5 if complete else None
    for key in ("P", "Q", "X"):
        found.party(key)
    for key in ("IT", "SALES"):
        found.party(key, "OrganizationalUnit", unitOf="ORG")
    found.buys("P", day)
    found.refers("P", "Q", "2025-02-01", key="R1")
    found.add("recommendation", "R2", "Referral", sourceKey="R2", referred=iri("party", "Q"),
              recommender=iri("party", "P"), date=day)  # fmt: skip
    found.add("information", "I", "ProductInformation", item=iri("product", "X"),
              topic=str(scheme("topic", "price")),
              accessLevel=str(scheme("access", "public")) if complete else None)  # fmt: skip
    agreement = found.add("sla", "A", "ServiceLevelAgreement")
    found.property(found.supplies("IT", "X", 0.5), "hasSLA", agreement)
    found.supplies("SALES", "X", share)
    found.add("measurement", "M", "ServiceMeasurement", agreement=agreement, date=day, met=True)
    found.event("SatisfactionMeasurement", "IT", "2025-01-01", score=0.5)
    if complete:
        found.event("SatisfactionMeasurement", "SALES", "2025-01-01", score=0.5)
    return found


@pytest.mark.parametrize("complete", [True, False])
def test_what_is_missing_is_told_with_how_much(complete: bool) -> None:
    with world(complete=complete).store() as store:
        for name, options, expected in TOLD:
            notes = ANALYSES[name].run(store.cursor(), context("2025-06-01"), options).notes
            assert len(notes) == (0 if complete else len(expected)), (name, notes)
            for note, text in zip(notes, expected, strict=False):
                # The referral without a date is evidence of both its ends.
                count = 2 if text == UNKNOWN else 1
                assert re.search(rf"{text}.*: {count}\.$", note.en), (name, note)
                assert note.fr.endswith(f" : {count}."), (name, note)
