"""Texts are found by the beginnings of their words, be the words written already or not."""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from rdflib import XSD

from kg.sparql.search import fold, found
from kg.store import Store, decode, lookup, words
from kg.store.compaction import compact
from kg.store.doctor import examine
from tests.drawing import examples

NAME, MAIL, NOTE = "ex:name", "ex:mail", "ex:note"
STRING = str(XSD.string)
LETTERS = "aéÉèoOœŒeßsSłLdđı iİn-'. 1²_"
EXOTIC = "σςΣſμµஔᬆǅﬁŉ한ß\u0301\u0327"


def texts(letters: str, number: int) -> list[str]:
    chance = random.Random(number)
    made = ("".join(chance.choices(letters, k=chance.randint(1, 9))) for _ in range(number))
    return list(dict.fromkeys(text for text in made if text.strip()))


TEXTS = list(dict.fromkeys([*texts(LETTERS, 400), *texts(LETTERS + EXOTIC, 200)]))


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with Store.open(None) as store:
        for first in range(0, len(TEXTS), 100):
            with store.write() as tx:
                tx.insert_few(
                    [
                        (f"ex:{first + n}", NAME, text, STRING, None, None)
                        for n, text in enumerate(TEXTS[first : first + 100])
                    ]
                )
        yield store


def holders(store: Store, asked: str, most: int = 10_000, predicate: str = NAME) -> list[str]:
    cursor = store.cursor()
    (place,) = lookup(cursor, [(predicate, None, None)])
    rows = words.find(cursor, asked, [place] if place else [], most)
    terms = decode(cursor, [number for row in rows for number in row])
    return [terms[text][1] for _, text in rows]


@pytest.mark.parametrize("few", [0, 10_000])
def test_all_texts_with_the_words_are_found(
    store: Store, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(words, "_FEW", few)
    monkeypatch.setattr(words, "_PART", 8)
    monkeypatch.setattr(words, "_AT_ONCE", 90)
    head = store.head
    rounds = 0
    while words.write_some(store):
        rounds += 1
    assert (rounds > 5) == (few == 0)
    assert store.head == head
    for asked in ("e", "é", "oe", "Œ", "s", "ss 1", "ES", "²", *texts(LETTERS, examples(25, 60))):
        answer = holders(store, asked)
        assert len(answer) == len(set(answer))
        wanted = {text for text in TEXTS if fold(asked).strip("-'. _") and found(text, asked)}
        assert wanted <= set(answer), asked
        plain = {text for text in answer if not set(text) & set(EXOTIC)}
        assert plain <= {*wanted, asked}, asked
    for asked in texts(EXOTIC, examples(25, 60)):
        wanted = {text for text in TEXTS if found(text, asked)} if asked.isalnum() else set()
        assert wanted <= set(holders(store, asked)), asked


def test_every_spelling_of_a_letter_is_one(store: Store) -> None:
    # What `found` holds for the same letter is the same to the index.
    letters = [chr(code) for code in range(0x80, 0x3400) if chr(code).isalpha()]
    pairs = [(one, other) for one in letters for other in (fold(one), one.upper(), one.lower())]
    spelt = [(one, other) for one, other in pairs if found(one, other) and other.isalpha()]
    assert len(spelt) > 5000
    rows = store.cursor().execute(
        f"SELECT one, other FROM (SELECT unnest($ones) AS one, unnest($others) AS other)"
        f" WHERE NOT coalesce(starts_with({words._words('one')}[1], {words._words('other')}[1]),"
        " false)",
        {"ones": [one for one, _ in spelt], "others": [other for _, other in spelt]},
    )
    assert rows.fetchall() == []


def test_the_text_itself_and_the_shortest_come_first() -> None:
    with Store.open(None) as store:
        with store.write() as tx:
            names = ["Durandal", "durand", "Durand", "Jean Durand"]
            tx.insert_few(
                [(f"ex:{n}", NAME, text, STRING, None, None) for n, text in enumerate(names)]
            )
        assert holders(store, "Durand") == ["Durand", "durand", "Jean Durand", "Durandal"]
        assert holders(store, "Durand", most=2) == ["Durand", "durand"]


def test_what_is_said_no_more_or_of_others_makes_no_room_scarce(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(words, "_WINDOW", 4)
    rows = [(f"ex:{n}", NAME, f"Ana {n}", STRING, None, None) for n in range(50)]
    others = [(f"ex:{n}", NOTE, f"Ana note {n}", STRING, None, None) for n in range(50)]
    mail = ("ex:49", MAIL, "mailto:ana@example.org", None, None, None)
    with Store.open(None) as store:
        with store.write() as tx:
            tx.insert_few([*rows, *others, mail])
        with store.write() as tx:
            tx.delete_few(rows[:45])
        assert len(holders(store, "ana", most=2)) == 2
        assert set(holders(store, "ana")) == {f"Ana {n}" for n in range(45, 50)}
        assert holders(store, "ana", predicate="ex:unheard") == []


def test_written_words_outlive_compaction_and_are_examined(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(words, "_FEW", 0)
    path = tmp_path / "store.duckdb"
    with Store.open(path) as store:
        for name in ("Zoé", "Çelik Zoé"):
            with store.write() as tx:
                tx.insert_few([("ex:a", NAME, name, STRING, None, None)])
            assert words.write_some(store)
    compact(path)
    with Store.open(path) as store:
        assert sorted(holders(store, "zoe")) == ["Zoé", "Çelik Zoé"]
        rows = store.cursor().execute("SELECT word FROM word").fetchall()
        assert rows == sorted(rows)
        assert rows.count(("zoe",)) == 2
        store.cursor().execute("DELETE FROM word WHERE word = 'celik'")
        assert [name for name, one in examine(store.cursor()) if one] == ["words"]
    compact(path)
    with Store.open(path) as store:
        assert not [name for name, one in examine(store.cursor()) if one]


def test_a_write_that_goes_on_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "_FEW", 0)
    with Store.open(None) as store, ThreadPoolExecutor(1) as other:
        with store.write() as tx:
            tx.insert_few([("ex:a", NAME, "Ana", STRING, None, None)])
        with store.write():
            assert not other.submit(words.write_some, store).result()
        assert other.submit(words.write_some, store).result()
