"""Opaque IRIs for the records of a source (modelling decisions, section 10).

An IRI holds no name, e-mail or number: its last part is the start of a SHA-256 of the store's
secret, the kind of the record, the source and the record's key there. The same key of the same
source always gives the same IRI, and without the secret nobody can go from an IRI to its key or
try keys until one fits.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from kg.namespaces import ID

SEPARATOR = "\x1f"
"""Stands between the hashed parts, and between the parts of a key made of several."""
LENGTH = 32
"""Hexadecimal digits kept: 128 bits."""


def mint(secret: str, kind: str, source: str, key: str) -> str:
    """Return the IRI of the record `key` of `source`, of a kind such as `party`."""
    hashed = SEPARATOR.join((secret, kind, source, key)).encode()
    return f"{ID}{kind}/{hashlib.sha256(hashed).hexdigest()[:LENGTH]}"


def joined_key(parts: Sequence[str]) -> str:
    """Return one key for a record that several values identify together."""
    return SEPARATOR.join(parts)
