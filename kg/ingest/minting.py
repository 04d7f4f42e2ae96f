"""The minting of IRIs as SQL, over whole columns (see `kg.minting`)."""

from __future__ import annotations

from collections.abc import Sequence

import sqlglot.expressions as exp

from kg.ingest.sql import call, concat, text
from kg.minting import LENGTH, SEPARATOR
from kg.namespaces import ID


def mint_sql(secret: str, kind: str, source: exp.Expr, key: exp.Expr) -> exp.Expr:
    """Return the SQL of `mint` over expressions; NULL when the key is missing."""
    prefix = text(SEPARATOR.join((secret, kind, "")))
    hashed = call("sha256", concat(prefix, source, text(SEPARATOR), key))
    start = call("substr", hashed, exp.Literal.number(1), exp.Literal.number(LENGTH))
    return concat(text(f"{ID}{kind}/"), start)


def joined_key_sql(parts: Sequence[exp.Expr]) -> exp.Expr:
    """Return the SQL of `joined_key`; a missing part counts as empty, a missing first as NULL."""
    first, *others = parts
    pieces: list[exp.Expr] = [first]
    for part in others:
        pieces += [text(SEPARATOR), call("coalesce", part, text(""))]
    return concat(*pieces)
