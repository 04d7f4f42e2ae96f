"""The demo's supply relations, from the back office down to external clients."""

from __future__ import annotations

import demo_words as words
from demo_parties import Demo, Row

INTERNAL = """
U-IT    U-COM 2023-01-01 2025-01-01 0.40 false
U-IT    U-COM 2025-01-01 -          0.25 false
U-IT    U-SUP 2023-01-01 -          0.35 true
U-IT    U-WEB 2023-01-01 -          0.50 true
U-IT    U-LOG 2023-06-01 -          0.20 false
E011    U-SUP 2024-01-01 -          0.10 false
U-FOR   U-SUP 2023-01-01 -          0.20 false
U-FOR   U-BTQ 2023-01-01 -          0.30 false
U-FOR   U-COM 2024-03-01 -          0.10 false
U-SUP   U-FOR 2024-01-01 2025-07-01 0.30 false
U-ACH   U-ATE 2023-01-01 -          0.60 true
U-ACH   U-IT  2023-01-01 -          0.30 false
U-QUA   U-ATE 2023-01-01 -          0.20 false
U-ATE   U-LOG 2023-01-01 -          0.50 true
U-ATE   U-BTQ 2023-01-01 -          0.30 false
U-LOG   U-WEB 2023-01-01 -          0.40 true
U-LOG   U-SUP -          -          -    -
U-DIR   U-COM 2023-01-01 -          0.15 false
U-DIR   U-IT  2023-01-01 -          -    false
U-DIR   U-FOR 2025-09-01 -          -    false
"""
FRONT = ("U-COM", "U-SUP", "U-LOG", "U-WEB", "U-BTQ")


def draw_supplies(demo: Demo) -> list[Row]:
    """Return the rows of supplies.csv; the shares into one client sum to 1 at most."""
    return [_internal(*line.split()) for line in INTERNAL.split("\n") if line] + _external(demo)


def _internal(supplier: str, client: str, start: str, end: str, share: str, critical: str) -> Row:
    return {
        "supplier": supplier,
        "client": client,
        "service": words.SERVICES.get(supplier, "Astreinte / On-call duty"),
        "start": start.strip("-"),
        "end": end.strip("-"),
        "share": share.strip("-"),
        "critical": critical.strip("-"),
    }


def _external(demo: Demo) -> list[Row]:
    """Return what the front units supply to some clients, in two to four relations each."""
    chance, rows = demo.chance, []
    clients = [f"L{number:03d}" for number in range(1, 17)] + ["H01", "H02", "P0002", "P0006"]
    for client in clients:
        rest = 100
        for unit in chance.some(FRONT, chance.number(1, 3)):
            share = chance.number(10, 60)
            if share > rest:
                break
            rest -= share
            start = f"{chance.number(2023, 2025)}-{chance.number(1, 12):02d}-01"
            end = "2026-07-01" if chance.happens(0.1) else "-"
            critical = "true" if chance.happens(0.15) else "false"
            rows.append(_internal(unit, client, start, end, f"{share / 100:.2f}", critical))
    return rows
