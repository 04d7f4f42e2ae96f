"""Who calls: the caller of the current request, and what it may do and see."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from kg.namespaces import PERSONAL_GRAPHS
from kg.roles import Role


class Right(StrEnum):
    """Something that a caller may be allowed to do."""

    READ = "read"
    """Ask questions, and read what is not personal data."""
    PERSONAL = "personal"
    """See personal data."""
    WRITE = "write"
    """Import and change data."""
    ADMIN = "admin"
    """See and stop what others run; give and take access."""


_RIGHTS: dict[Role, frozenset[Right]] = {
    Role.READER: frozenset({Right.READ}),
    Role.ANALYST: frozenset({Right.READ}),
    Role.STEWARD: frozenset({Right.READ, Right.PERSONAL, Right.WRITE}),
    Role.ADMIN: frozenset(Right),
}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sends a request."""

    name: str
    role: Role
    rights: frozenset[Right]

    @property
    def hidden_graphs(self) -> tuple[str, ...]:
        """Rules of the graphs that are not there for this caller (see `kg.store.visibility`)."""
        return () if Right.PERSONAL in self.rights else (PERSONAL_GRAPHS,)


LOCAL = Caller("local", Role.STEWARD, _RIGHTS[Role.STEWARD])
"""Whoever reaches a server that listens on the loopback address only and knows no tokens."""


def caller() -> Caller:
    """Return who sends the current request."""
    return LOCAL
