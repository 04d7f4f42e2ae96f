"""Rows of the questions about sales, referrals and grounds, worked out by hand.

The values and the rows of each named question, over `dealings.trig`.
"""

from __future__ import annotations

DEALING_ROWS: dict[str, tuple[dict[str, str], list[str]]] = {
    "never-contacted": ({}, ["dan C4 declared", "eve C5 referred"]),
    "self-referrals": ({}, ["ben C2 r3 2025-05-05 merged", "eve C5 r5 2025-05-07 stated"]),
    "referred-by-several": (
        {},
        [
            "ben C2 ann C1 r1 2025-01-15 true",
            "ben C2 clo C3 r2 2025-01-20 false",
            "ben C2 ben2 C2b r3 2025-05-05 false",
        ],
    ),
    "top-prescribers": ({}, ["ann C1 EUR 1 7.5", "clo C3 EUR 1 7.5"]),
    "referred-revenue": ({"seller": "ORG"}, ["EUR 100 15 0.15"]),
    "loyal-among-referred": ({}, ["- true 2 1 0.5", "- false 1 1 1"]),
    "identification-checklist": (
        {"key": "X1"},
        [
            "1 who true",
            "2 what false",
            "3 why true",
            "4 when false",
            "5 how true",
            "6 how_much true",
            "7 what_is_expected false",
        ],
    ),
    "unprofitable-clients": ({"seller": "ORG"}, ["clo C3 EUR 10 10 4.5 -4.5"]),
    "key-accounts": (
        {"at": "2025-06-30"},
        ["designated mill X2 90000 2025-01-01 -", "suggested firm X1 250000 - -"],
    ),
    "revenue-concentration": (
        {"seller": "ORG"},
        ["ann C1 EUR 75 0.75", "ben C2 EUR 15 0.15", "clo C3 EUR 10 0.1"],
    ),
    "satisfaction-pairs": ({}, ["sales U-SALES firm X1 0.75 0.25"]),
    "small-cells": ({"least": "3"}, ["pot P2 1"]),
    "why-internal-client": (
        {"key": "S1", "at": "2025-06-30"},
        [
            "membership m1 sales U-SALES 2024-01-01 -",
            "request q1 gus S1 2025-06-01 -",
            "unit_supplied s1 it U-IT 2024-02-01 -",
        ],
    ),
}
