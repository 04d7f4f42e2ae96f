"""Look-ups and small joins, answered from the look-up index of the store without any SQL."""

from kg.sparql.lookups.answering import engine_took, sought

__all__ = ["engine_took", "sought"]
