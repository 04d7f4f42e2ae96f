"""Which texts have words that begin so: the words of texts, in the order of their letters.

Case and accents are left aside. The words of texts are written to the table `word` some time after
the texts, in the background; those of the last texts, which are few, are read from the texts.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Sequence

import duckdb
from rdflib import Literal

from kg.errors import StoreBusyError
from kg.store.database import Store
from kg.store.schema import Kind
from kg.store.terms import lookup_nodes

_WRITTEN = "written_words"
"""The setting that holds the id of the last term whose words are in the table."""
_SPELLED = {
    "œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "ı": "i",
}  # fmt: skip
_LONGEST = 64
"""Letters by which words are told apart."""
_LAST = chr(0x10FFFF)
"""The character that comes after all others."""
_FEW = 20_000
"""Terms whose words may be read from their texts."""
_PART = 50
"""They may also be this part of those whose words are written."""
_AT_ONCE = 1_000_000
"""Terms whose words are written in one transaction, which others wait for."""
_WINDOW = 200


def _words(text: str) -> str:
    """Return the SQL of the list of the words of a text: its runs of letters and digits."""
    # By way of the capitals, letters that share one become the same.
    folded = f"strip_accents(lower(upper({text})))"
    for sign, letters in _SPELLED.items():
        folded = f"replace({folded}, '{sign}', '{letters}')"
    plain = f"CASE WHEN strlen({text}) = length({text}) THEN lower({text}) ELSE {folded} END"
    return rf"regexp_extract_all({plain}, '[\pL\pN]+')"


_SEARCHED = (
    f"(kind IN ({Kind.STRING:d}, {Kind.LANG:d})"
    f" OR (kind = {Kind.IRI:d} AND starts_with(lex, 'mailto:')))"
)
_TERMS = f"""
SELECT DISTINCT left(one, {_LONGEST}) AS word, term FROM (
    SELECT unnest({_words("lex")}) AS one, id AS term FROM term WHERE {_SEARCHED} AND id {{between}}
)
"""
_UNTIL = f"(SELECT coalesce(max(value::BIGINT), 0) FROM setting WHERE name = '{_WRITTEN}')"

WORDS = _TERMS.format(between=f"<= {_UNTIL}")
"""The rows that the table `word` has to have, as far as its words are written."""


def write_some(store: Store) -> bool:
    """Write the words of the next terms, where many are not written; return whether it did.

    While others write it does nothing.
    """
    with contextlib.closing(store.cursor()) as cursor:
        until, last = _reach(cursor)
    if last - until <= max(_FEW, until // _PART):
        return False
    with contextlib.suppress(StoreBusyError), store.write(activity="words", wait=0) as tx:
        tx.recorded = False
        until, last = _reach(tx.cursor)
        last = min(last, until + _AT_ONCE)
        between = f"BETWEEN {until + 1} AND {last}"
        tx.cursor.execute(f"INSERT INTO word {_TERMS.format(between=between)} ORDER BY ALL")
        tx.set_setting(_WRITTEN, str(last))
        return True
    return False


def _reach(cursor: duckdb.DuckDBPyConnection) -> tuple[int, int]:
    """Return the id of the last term whose words are written, and that of the last term."""
    row = cursor.execute(f"SELECT {_UNTIL}, coalesce(max(id), 0) FROM term").fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)


def find(
    cursor: duckdb.DuckDBPyConnection, text: str, predicates: Collection[int], most: int
) -> list[tuple[int, int]]:
    """Return (subject, object) of live quads whose object has all words of a text, `most` of them.

    It has a word where one of its words begins so. The text itself comes first, then what has
    hardly longer words.
    """
    row = cursor.execute(f"SELECT {_words('$text')}", {"text": text}).fetchone()
    asked = list(dict.fromkeys(word[:_LONGEST] for word in row[0])) if row else []
    (same,) = lookup_nodes(cursor, [Literal(text)])
    found = _holders(cursor, [same] if same is not None else [], predicates)
    window, passed = max(_WINDOW, 2 * most), 0
    while asked:
        terms = _terms(cursor, asked, window, passed)
        found += _holders(cursor, terms, predicates)
        if len(found) > most or len(terms) < window:
            break
        # Most of what has the words may be hidden, or be no longer said.
        passed += window
        window *= 8
    return list(dict.fromkeys(found))[:most]


def _terms(
    cursor: duckdb.DuckDBPyConnection, asked: Sequence[str], most: int, passed: int
) -> list[int]:
    """Return the ids of the terms that have words which begin so, after those passed already."""
    until, _ = _reach(cursor)
    known = f"(FROM word UNION ALL {_TERMS.format(between=f'> {until}')})"
    parts = " UNION ALL ".join(
        f"SELECT term, min(strlen(word)) AS size FROM {known}"
        f" WHERE word >= $from{n} AND word < $to{n} GROUP BY term"
        for n in range(len(asked))
    )
    names: dict[str, object] = {"words": len(asked), "most": most, "passed": passed}
    for n, word in enumerate(asked):
        names |= {f"from{n}": word, f"to{n}": word + _LAST}
    return [
        term
        for (term,) in cursor.execute(
            f"SELECT term FROM ({parts}) GROUP BY term HAVING count(*) = $words"
            " ORDER BY sum(size), term LIMIT $most OFFSET $passed",
            names,
        ).fetchall()
    ]


def _holders(
    cursor: duckdb.DuckDBPyConnection, terms: Sequence[int], predicates: Collection[int]
) -> list[tuple[int, int]]:
    """Return (subject, object) of the live quads with these objects, in the order of these."""
    rows: list[tuple[int, int]] = cursor.execute(
        "SELECT DISTINCT s, o FROM live WHERE p IN (SELECT unnest($predicates::BIGINT[]))"
        " AND o IN (SELECT unnest($terms::BIGINT[]))",
        {"predicates": list(predicates), "terms": list(terms)},
    ).fetchall()
    places = {term: place for place, term in enumerate(terms)}
    return sorted(rows, key=lambda row: (places[row[1]], row[0]))
