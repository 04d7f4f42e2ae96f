"""Terms and rules on the command line."""

from __future__ import annotations

import csv
import json

import pytest


@pytest.mark.parametrize(
    ("words", "language", "expected"),
    [
        (["prescriber"], "en", "prescriber (prescripteur)"),
        (["prescripteur"], "fr", "prescripteur (prescriber)"),
        (["PRESCRIPTEUR"], "en", "prescriber (prescripteur)"),
    ],
)
def test_a_term_is_explained_by_a_word_of_either_language(run, words, language, expected) -> None:
    text = run("terms", *words, "--lang", language).stdout
    assert expected in text
    assert {"en": "narrower: ", "fr": "plus étroit: "}[language] in text


def test_many_terms_are_listed_and_none_is_told(run) -> None:
    rows = json.loads(run("terms", "--format", "json").stdout)
    assert len(rows) > 300
    assert {"term", "kind", "definition", "iri"} <= set(rows[0])
    assert len(run("terms", "client").stdout.splitlines()) > 12
    missing = run("terms", "zeppelin")
    assert missing.exit_code == 2
    assert "No term holds" in missing.stderr


@pytest.mark.parametrize("term", ["clientOf", "cg:clientOf", "client de", "Client of"])
def test_the_rules_of_a_term_are_listed(run, term) -> None:
    text = run("shapes", term, "--format", "csv", "--lang", "fr").stdout
    rows = list(csv.DictReader(text.splitlines()))
    assert [(row["rule"], row["kind"]) for row in rows] == [
        ("client-of", "derivation"), ("has-client", "derivation"),
    ]  # fmt: skip
    assert rows[0]["name"] == "Client de"


def test_all_rules_are_listed_and_an_unknown_term_is_told(run) -> None:
    rows = json.loads(run("shapes", "--format", "json").stdout)
    assert {"T08", "within-organization"} <= {row["rule"] for row in rows}
    assert all(row["name"] and row["description"] for row in rows)
    missing = run("shapes", "zeppelin")
    assert missing.exit_code == 2
    assert "clientgraph terms zeppelin" in missing.stderr
