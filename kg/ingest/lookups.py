"""Functions that only a library knows, such as the form of a phone number.

Their values are found once for each different text, kept in a temporary table, and read from there
by the SQL of the function: the table is filled before the statement that needs it runs.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import phonenumbers
import sqlglot.expressions as exp

from kg.ingest.headers import folded
from kg.ingest.sql import call, column, concat, rendered, temporary, text
from kg.store import Cursor

TABLE = "looked_up"
CREATE = f"CREATE TEMP TABLE {TABLE} (function VARCHAR, key VARCHAR, result VARCHAR)"
_BETWEEN = "\x1f"
_BATCH = 50_000


@dataclass(frozen=True, slots=True)
class Lookup:
    """The texts that a function has to be computed for."""

    function: str
    keys: exp.Expr
    """Query of one column, `key`."""


def key_of(arguments: Sequence[exp.Expr]) -> exp.Expr:
    """Return the key of arguments: missing when the first is, others count as empty."""
    first, *others = arguments
    empty = [call("coalesce", other.copy(), text("")) for other in others]
    parts: list[exp.Expr] = [first.copy()]
    for other in empty:
        parts += [text(_BETWEEN), other]
    return concat(*parts)


def looked_up(function: str, arguments: Sequence[exp.Expr]) -> exp.Expr:
    """Return the SQL of the value that the table holds for arguments."""
    query = exp.select(call("any_value", column("result", TABLE))).from_(temporary(TABLE))
    query = query.where(
        exp.EQ(this=column("function", TABLE), expression=text(function)),
        exp.EQ(this=column("key", TABLE), expression=key_of(arguments)),
    )
    return query.subquery()


def fill(cursor: Cursor, lookups: Iterable[Lookup]) -> None:
    """Compute what is not in the table yet, in order."""
    for lookup in lookups:
        wanted = cursor.execute(
            f"SELECT DISTINCT key FROM ({rendered(lookup.keys)}) AS asked WHERE key IS NOT NULL"
            f" AND key NOT IN (SELECT key FROM temp.{TABLE} WHERE function = ?)",
            [lookup.function],
        ).fetchall()
        compute = _COMPUTED[lookup.function]
        for start in range(0, len(wanted), _BATCH):
            keys = [row[0] for row in wanted[start : start + _BATCH]]
            cursor.execute(
                f"INSERT INTO temp.{TABLE} SELECT ?, unnest(?::VARCHAR[]), unnest(?::VARCHAR[])",
                [lookup.function, keys, [compute(*key.split(_BETWEEN)) for key in keys]],
            )


def phone(number: str, region: str = "") -> str | None:
    """Return the tel: IRI of a number in E.164, None where number and country do not tell it.

    `region` is a country by its name or code; a number that begins with + needs none.
    """
    given = number.strip()
    if given.lower().startswith("tel:"):
        given = given[4:]
    try:
        parsed = phonenumbers.parse(given.replace("(0)", ""), country(region))
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    return "tel:" + phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def country(name: str) -> str | None:
    """Return the two-letter code (ISO 3166-1) of a country, by its name or code."""
    return _countries().get(folded(name))


@cache
def _countries() -> dict[str, str]:
    """Return code by folded name, of the names in English and French and of both codes."""
    found: dict[str, str] = {}
    with Path(__file__).with_name("countries.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            for name in (*row["names"].split("|"), row["alpha2"], row["alpha3"]):
                found[folded(name)] = row["alpha2"]
    return found


def _country(name: str, otherwise: str = "") -> str | None:
    """Return the code of a country, or what is given for what is none."""
    return country(name) or otherwise or None


_COMPUTED: dict[str, Callable[..., str | None]] = {"phone": phone, "country": _country}
