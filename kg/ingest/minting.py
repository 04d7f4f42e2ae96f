"""The minting of IRIs and of labels of blank nodes as SQL, over whole columns."""

from __future__ import annotations

from collections.abc import Sequence

import sqlglot.expressions as exp

from kg.ingest.sql import call, concat, text
from kg.minting import LENGTH, SEPARATOR
from kg.namespaces import ID

_BLANK = "_:"
"""Kind of blank nodes, which no kind of records is called."""


def mint_sql(secret: str, kind: str, source: exp.Expr, key: exp.Expr) -> exp.Expr:
    """Return the SQL of `kg.minting.mint` over expressions; NULL when the key is missing."""
    return concat(text(f"{ID}{kind}/"), _hashed(secret, kind, source, key))


def label_sql(secret: str, source: exp.Expr, value: exp.Expr) -> exp.Expr:
    """Return the SQL of the label of the blank node that a value stands for in a source.

    As the value of a resource's IRI would, it leads to the same node again in the next import.
    NULL when the value is missing.
    """
    return concat(text("_:b"), _hashed(secret, _BLANK, source, value))


def _hashed(secret: str, kind: str, source: exp.Expr, key: exp.Expr) -> exp.Expr:
    """Return the SQL of the hash of a key of a source, for one kind of thing."""
    prefix = text(SEPARATOR.join((secret, kind, "")))
    hashed = call("sha256", concat(prefix, source, text(SEPARATOR), key))
    return call("substr", hashed, exp.Literal.number(1), exp.Literal.number(LENGTH))


def joined_key_sql(parts: Sequence[exp.Expr]) -> exp.Expr:
    """Return the SQL of `joined_key`; a missing part counts as empty, a missing first as NULL."""
    first, *others = parts
    pieces: list[exp.Expr] = [first]
    for part in others:
        pieces += [text(SEPARATOR), call("coalesce", part, text(""))]
    return concat(*pieces)
