"""How many examples a test draws: few in a short run, many where the slow tests run as well."""

from __future__ import annotations

_many = False


def draw_many() -> None:
    """Let tests that are imported from now on draw many examples."""
    global _many
    _many = True


def examples(few: int, many: int) -> int:
    """Return how many examples a test draws."""
    return many if _many else few
