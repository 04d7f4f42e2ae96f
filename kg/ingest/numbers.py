"""Exact numbers in the functions of mapping documents, between texts and the engine's decimals."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import sqlglot.expressions as exp

from kg.ingest.sql import call, case, cast, number, text

Args = Sequence[exp.Expr]


def decimal(value: exp.Expr) -> exp.Expr:
    """Return the exact number of a text with at most 6 decimals and 13 digits before them."""
    exact = call(
        "regexp_full_match", value, text(r"[+-]?([0-9]{1,13}(\.[0-9]{0,6}0*)?|\.[0-9]{1,6})")
    )
    return case([(exact, cast(value, "DECIMAL(19, 6)"))])


def decimal_text(value: exp.Expr) -> exp.Expr:
    """Return the text of an exact number that has decimals, without zeros at its end."""
    return call("rtrim", call("rtrim", cast(value, "VARCHAR"), text("0")), text("."))


def arithmetic(kind: type[exp.Binary]) -> Callable[[object, Args], exp.Expr]:
    """Return the builder of an exact operation on two numbers."""

    def build(_: object, args: Args) -> exp.Expr:
        return decimal_text(
            exp.Paren(this=kind(this=decimal(args[0]), expression=decimal(args[1])))
        )

    return build


def compared(kind: type[exp.Binary]) -> Callable[[object, Args], exp.Expr]:
    """Return the builder of a comparison of two numbers."""
    return lambda _, args: kind(this=decimal(args[0]), expression=decimal(args[1]))


def localised(_: object, args: Args) -> exp.Expr:
    """Turn a number with the given decimal mark and thousands separator into an XSD decimal.

    The separator stands between groups of three digits, or nowhere.
    """
    value = args[0]
    mark = str(args[1].this) if len(args) > 1 else ","
    thousands = str(args[2].this) if len(args) > 2 else " "
    for space in ("\u00a0", "\u202f"):
        value = call("replace", value, text(space), text(" "))
    value = call("trim", value)
    point = re.escape(mark) if thousands == "." else f"[{re.escape(mark)}.]"
    between = re.escape(thousands)
    whole = f"([0-9]+|[0-9]{{1,3}}({between}[0-9]{{3}})+)" if thousands else "[0-9]+"
    fits = call("regexp_full_match", value, text(f"[+-]?({whole}({point}[0-9]*)?|{point}[0-9]+)"))
    joined = call("replace", value.copy(), text(thousands), text("")) if thousands else value.copy()
    plain = call("replace", joined, text(mark), text("."))
    return case([(fits, plain)])


def rounded(_: object, args: Args) -> exp.Expr:
    """Round a number, halves away from zero."""
    value = call("round", decimal(args[0]), number(int(str(args[1].this))))
    return decimal_text(cast(value, "DECIMAL(38, 6)"))
