"""Rows of the questions about roles, requests, targets and access, worked out by hand.

The values and the rows of each named question, over `relations.trig`.
"""

from __future__ import annotations

_AT = {"at": "2025-06-30"}

RELATION_ROWS: dict[str, tuple[dict[str, str], list[str]]] = {
    "buyers-for-others": ({}, ["ben C2 clo C3 1"]),
    "consumers": ({"product": "P1"}, ["ann C1 tea", "clo C3 tea", "fay C6 tea"]),
    "specifiers-and-recommenders": (
        {},
        ["internal clo C3 2", "internal dan C4 1", "external ann C1 1"],
    ),
    "clients-with-other-roles": (
        {"organization": "ORG"},
        ["firm X1 competitor", "mill X2 seller", "mill X2 supplier"],
    ),
    "members-who-buy": ({"organization": "ORG"}, ["dan C4 1 2024-06-01 2024-06-01"]),
    "affected-parties": ({}, ["fay C6 2024-05-05"]),
    "acting-buyers": ({"key": "X1"}, ["eve C5 2 2025-01-15 2025-04-02"]),
    "key-account-advisers": (
        _AT,
        [
            "ann C1 2025-01-01 - - - -",
            "firm X1 2025-01-01 clo C3 interactions 2025-02-20",
            "firm X1 2025-01-01 dan C4 relationship -",
        ],
    ),
    "qualified-prospects": (_AT, ["eve C5 2025-03-01 sales yes yes no"]),
    "refusers": (_AT, ["fay C6 2024-04-01"]),
    "declared-against-recorded": ({}, ["clo C3 client 0", "ben C2 prospect 1"]),
    "who-referred": (
        {"key": "C2"},
        ["r2 - - 2025-01-10 - - -", "r1 ann C1 2025-01-15 fair tea 2025-01-16"],
    ),
    "purchase-requests-open": (
        _AT,
        [
            "q1 DA1 2025-03-01 C4 submitted 2025-05-01 true 2025-03-10 -",
            "q3 DA3 2025-04-02 C5 - - - - -",
        ],
    ),
    "internal-specifiers": ({}, ["clo C3 2 1", "dan C4 1 0"]),
    "supply-changes": (
        {"before": "2024-06-30"} | _AT,
        [
            "added s2 U-SALES X1 - 2025-02-01 -",
            "removed s1 U-IT U-SALES Assistance 2024-01-01 2025-01-01",
        ],
    ),
    "segment-criteria": (
        {},
        ["keen - 0", "young geographic 1", "young sociodemographic 1"],
    ),
    "targets": (
        {"organization": "ORG"} | _AT,
        ["v1 young tea true 2025-01-01 -", "v2 keen tea false 2024-01-01 -"],
    ),
    "persona-basis": ({}, ["lea Léa study 2024-09-01 facts/1", "max Max - - facts/1"]),
    "profile-assessments": (
        _AT,
        [
            "ann C1 hesitant 2025-01-01 - - - true",
            "ann C1 loyal 2024-01-01 C4 0.8 2025-01-01 false",
        ],
    ),
    "relationship-channels": (
        {},
        ["current - phone 1", "current - web 1", "current dedicated phone 1"],
    ),
    "communications-of-party": ({"key": "U-IT"}, ["c1 2025-01-02 downward ORG - -"]),
    "units-spoken-down-to": ({}, ["it U-IT 1"]),
    "overdue-client-requests": (
        _AT,
        [
            "z2 high 2025-06-01 firm X1 -",
            "z4 - 2025-05-20 ben C2 -",
            "z1 low 2025-05-01 ann C1 submitted",
        ],
    ),
    "missing-fields": (
        {},
        [
            "ann C1 acquisition_source",
            "ann C1 address",
            "ann C1 contact",
            "ben C2 acquisition_source",
            "ben C2 address",
            "ben C2 contact",
            "ben C2 name",
            "dan C4 acquisition_source",
            "dan C4 address",
            "dan C4 contact",
            "dan C4 name",
            "org ORG acquisition_source",
            "org ORG address",
            "org ORG contact",
            "org ORG name",
            "org ORG registration",
            "firm X1 address",
            "firm X1 registration",
            "mill X2 acquisition_source",
            "mill X2 address",
            "mill X2 contact",
            "mill X2 name",
            "mill X2 registration",
        ],
    ),
    "satisfaction-coverage": ({"from": "2025-01-01"} | _AT, ["6 1"]),
    "information-visible": (
        {"product": "P1"},
        [
            "j3 composition - confidential false false",
            "j1 price 12_€ public true true",
            "j2 variants - internal true false",
        ],
    ),
    "confidential-access": (
        {"product": "P1"} | _AT,
        ["j3 composition sales U-SALES g1 2025-01-01 2026-01-01"],
    ),
    "information-gap": ({}, ["tea P1 3 2 1 1"]),
    "personal-data": (
        {"key": "C1"},
        [
            "consent given b3 facts/1 - -",
            "consent withdrawn b2 facts/1 - -",
            "data name Anne personal/1 - -",
            "processing - p1 - DirectMarketing Consent",
        ],
    ),
    "prospects-past-retention": (
        {"limit": "2023-06-30"},
        ["eve C5 2021-05-01", "fay C6 2022-02"],
    ),
    "targeted-against-consent": (_AT, ["fay C6 v1 objected 2025-02-01"]),
    "what-mentions-party": (
        {"party": "https://example.org/fay"},
        [
            "facts/1 subject type 1",
            "facts/1 subject firstContactDate 1",
            "facts/1 subject sourceKey 1",
            "facts/1 object party 4",
            "facts/1 object targetedParty 1",
            "facts/1 object user 1",
        ],
    ),
}
