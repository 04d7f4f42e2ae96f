"""The roles that callers of a server have, from the least trusted to the most."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What somebody is trusted with; each role may do what the one before it may."""

    READER = "reader"
    """Asks, and never sees personal data."""
    ANALYST = "analyst"
    """Asks, and sees personal data where that is granted."""
    STEWARD = "steward"
    """Imports and changes data, and sees all of it."""
    ADMIN = "admin"
    """Stops the queries of others, and gives and takes access."""
