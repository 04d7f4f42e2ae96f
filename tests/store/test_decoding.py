"""Terms that are kept: the right ones, those beside them, and no more than a number of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kg.store import Cursor, Store, decoding, terms
from kg.store.decoding import Terms
from kg.store.rdf import load_bytes

COUNT = 500


@pytest.fixture(scope="module")
def cursor() -> Iterator[Cursor]:
    lines = "".join(f'<x:s{n}> <x:p> "{n}"@en .\n' for n in range(COUNT))
    with Store.open() as store:
        with store.write() as tx:
            load_bytes(tx, lines.encode(), format="nt")
        yield store.cursor()


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements that read the dictionary."""
    found: list[str] = []
    read = terms._read

    def told(cursor: Cursor, text: str) -> object:
        found.append(text)
        return read(cursor, text)

    monkeypatch.setattr(terms, "_read", told)
    return found


def rows(cursor: Cursor) -> dict[int, tuple[int, str, str | None, str | None]]:
    found = cursor.execute("SELECT id, kind, lex, dt, lang FROM term").fetchall()
    return {row[0]: tuple(row[1:]) for row in found}  # type: ignore[misc]


@pytest.mark.parametrize("step", [1, 7, 100])
def test_terms_are_those_of_the_dictionary(cursor: Cursor, step: int) -> None:
    everything = rows(cursor)
    wanted = sorted(everything)[::step]
    kept = Terms()
    for _ in range(2):
        assert kept.of(cursor, [*wanted, -1, 10**9]) == {one: everything[one] for one in wanted}
        for one in wanted:
            assert kept.of(cursor, [one]) == {one: everything[one]}
    assert terms.decode(cursor, [wanted[0], -1]) == {wanted[0]: everything[wanted[0]]}


def test_what_came_together_is_read_together(cursor: Cursor, reads: list[str]) -> None:
    everything = rows(cursor)
    kept = Terms()
    beside = range(128, 192)
    for one in beside:
        kept.of(cursor, [one])
        _, lex, dt, lang = everything[one]
        assert kept.ids(cursor, [(lex, dt, lang)]) == [one]
    assert len(reads) == 1


def test_a_term_that_is_not_stored_has_no_id_until_it_is(cursor: Cursor) -> None:
    kept = Terms()
    key = ("0", "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString", "fr")
    assert kept.ids(cursor, [key, ("x:s0", None, None)])[0] is None
    assert kept.ids(cursor, [("x:s0", None, None), key])[1] is None


def test_no_more_is_kept_than_twice_a_number(
    cursor: Cursor, monkeypatch: pytest.MonkeyPatch, reads: list[str]
) -> None:
    monkeypatch.setattr(decoding, "_MOST_KEPT", 128)
    kept = Terms()
    everything = rows(cursor)
    for one in sorted(everything):
        assert kept.of(cursor, [one, 1]) == {number: everything[number] for number in (one, 1)}
    held = {*kept._kept._new, *kept._kept._old}
    assert len(held) <= 2 * (128 + 64)
    assert len(reads) <= len(everything) // 64 + 3


def test_what_is_forgotten_is_read_again(cursor: Cursor, reads: list[str]) -> None:
    kept = Terms()
    for _ in range(2):
        kept.of(cursor, [1])
        kept.forget()
    assert len(reads) == 2
