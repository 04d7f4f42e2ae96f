"""All questions of the domain are listed, each with an answer that is there."""

from __future__ import annotations

import re
from collections import Counter

import click
import pytest
from rdflib import URIRef
from rulebook import ROOT

from kg.analysis import ANALYSES
from kg.catalog import load_catalog
from kg.cli import main
from kg.namespaces import CG
from kg.sparql import query
from kg.store import Store
from kg.store.rdf import load_bytes

_ROW = re.compile(r"^\| ([A-I])(\d+) \| (.+?) \| (.+?) \| (.+?) \|$", re.MULTILINE)
LISTED = _ROW.findall((ROOT / "docs" / "questions.md").read_text("utf-8"))
RING = 3000
PER_FAMILY = {"A": 14, "B": 15, "C": 15, "D": 14, "E": 12, "F": 10, "G": 7, "H": 9, "I": 9}


def test_each_question_is_listed_once_in_its_order() -> None:
    assert Counter(family for family, *_ in LISTED) == PER_FAMILY
    for family, count in PER_FAMILY.items():
        numbers = [int(number) for one, number, *_ in LISTED if one == family]
        assert numbers == list(range(1, count + 1))


@pytest.mark.parametrize("row", LISTED, ids=lambda row: "".join(row[:2]))
def test_what_answers_a_question_is_there(row: tuple[str, str, str, str, str]) -> None:
    family, number, _, _, answer = row
    ways = re.findall(r"(question|analysis|command|page) `([^`]+)`", answer)
    assert ways, answer
    commands = main.list_commands(click.Context(main))
    for kind, name in ways:
        if kind == "question":
            assert load_catalog()[name].id == f"{family}{number}"
        elif kind == "analysis":
            assert name in ANALYSES
        elif kind == "command":
            assert name in commands
        else:
            assert name in ("/ontology", "/quality")


def test_every_named_question_of_the_domain_is_listed() -> None:
    named = {one.id for one in load_catalog().values() if one.id[0] in PER_FAMILY}
    told = {f"{family}{number}" for family, number, *_, answer in LISTED if "question `" in answer}
    assert named == told


@pytest.mark.parametrize(
    ("name", "by", "to"),
    [
        ("referral-rings", CG.recommender, CG.referred),
        ("supply-loops", CG.supplierUnit, CG.clientUnit),
    ],
)
def test_a_large_ring_is_told_by_its_links_with_little_memory(
    name: str, by: URIRef, to: URIRef
) -> None:
    lines = []
    for number in range(RING):
        lines += [
            f'<urn:p{number:04}> <{CG.sourceKey}> "{number:04}" .',
            f"<urn:l{number}> <{by}> <urn:p{number:04}> .",
            f"<urn:l{number}> <{to}> <urn:p{(number + 7) % RING:04}> .",
        ]
    with Store.open(memory_limit="150MB", spill_limit="0MB", workers=1) as store:
        with store.write() as tx:
            load_bytes(tx, "\n".join(lines).encode(), format="nquads")
        found = query(store, load_catalog()[name].text)
        keys = [(row[1], row[3]) for row in found.rows()]
    told = [(one and one[1], other and other[1]) for one, other in keys]
    assert told == [(f"{one:04}", f"{(one + 7) % RING:04}") for one in range(RING)]
