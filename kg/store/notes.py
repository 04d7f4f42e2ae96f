"""What is to be known of the objects of each predicate, found in the quads.

The notes prune queries and checks (see `predicate` in `kg.store.schema`). They are found for the
quads that a commit brings, and for all there ever were when they are checked or built anew.
"""

from __future__ import annotations

from kg.store.schema import UNZONED_BIT, ZONED_BIT
from kg.store.typing import WIDE

_ZONE = f"CASE WHEN ts IS NULL THEN 0 WHEN tz IS NULL THEN {1 << UNZONED_BIT}"
_DECIMALS = "CASE " + " ".join(f"WHEN num = round(num, {n}) THEN {n}" for n in (0, 2, 4, 6))


def noted(triples: str) -> str:
    """Return SQL of the notes on the objects (`o`) of each predicate (`p`), but for `dup`."""
    return noted_values(f"{triples} AS c JOIN term ON term.id = c.o")


def noted_values(values: str) -> str:
    """Return SQL of the notes on typed values (kind, num, ts and tz), as `noted` does."""
    return f"""
SELECT p, bool_or({WIDE}) AS wide,
    bit_or((1::UBIGINT << kind) | ({_ZONE} ELSE {1 << ZONED_BIT} END)::UBIGINT) AS kinds,
    max(CASE WHEN num IS NULL THEN 0 ELSE {_DECIMALS} ELSE 10 END END) AS digits
FROM {values} GROUP BY p
"""


_OBJECTS = "(SELECT DISTINCT p, o FROM quad)"


def _all_notes(repeated: str) -> str:
    return f"SELECT n.p, n.p IN ({repeated}) AS dup, n.* EXCLUDE (p) FROM ({noted(_OBJECTS)}) AS n"


NOTES = _all_notes("SELECT p FROM quad WHERE died IS NULL GROUP BY s, p, o HAVING min(g) <> max(g)")
"""The notes that there must be at least: of the objects of all times, of the live repetitions."""

REBUILT_NOTES = _all_notes("SELECT p FROM quad GROUP BY s, p, o HAVING min(g) <> max(g)")
"""Notes that hold for all times."""
