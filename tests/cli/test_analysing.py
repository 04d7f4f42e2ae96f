"""The analyses on the command line: saved parameters, RDF, derived graphs."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from rdflib import RDF, Graph

from kg.namespaces import CG


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    file = tmp_path / "long.yml"
    file.write_text("D_act: 400\nD_lost: 900\n", "utf-8")
    return file


def test_saved_parameters_are_named_listed_and_shown(run, rules: Path) -> None:
    saved = run("params", "save", "long", rules)
    assert saved.exit_code == 0
    listed = json.loads(run("params", "list", "--format", "json").stdout)
    assert listed == [{"name": "long", "params": saved.stdout.strip()}]
    shown = json.loads(run("params", "show", "long", "--format", "json").stdout)
    assert {row["parameter"]: row["value"] for row in shown if row["changed"]} == {
        "D_act": 400, "D_lost": 900,
    }  # fmt: skip
    rules.write_text("D_act: 401\n", "utf-8")
    assert run("params", "save", "long", rules).exit_code == 2


def test_a_saved_set_and_its_file_give_one_answer(run, rules: Path) -> None:
    run("params", "save", "long", rules)
    words = ("--as-of", "2027-03-25", "--knowledge", "2030-01-01", "--format", "json")
    by_name, by_file = (run("classify", *words, "--params", given).stdout
                        for given in ("long", rules))  # fmt: skip
    assert by_name == by_file
    assert json.loads(by_name)[0]["stage"] == "CURRENT"
    changed = run("differences", "--against", "long", *words)
    (row,) = json.loads(changed.stdout)
    assert (row["party_key"], row["stage"], row["other_stage"]) == ("A", "DORMANT", "CURRENT")
    assert run("classify", "--params", "none").exit_code == 2


def test_a_written_classification_is_asked_by_sparql(run) -> None:
    written = run("classify", "--as-of", "2026-03-31", "--write")
    assert written.exit_code == 0
    graph = written.stdout.strip()
    text = f"""SELECT ?key ?stage {{
        ?party <{CG.sourceKey}> ?key
        GRAPH <{graph}> {{ ?c <{CG.about}> ?party ; <{CG.stage}> ?stage }} }}"""
    rows = run("query", "-e", text, "--format", "csv").stdout.splitlines()[1:]
    assert rows == ["A,https://w3id.org/clientgraph/scheme/stage/current"]


def test_validation_leaves_results_aside(run) -> None:
    before = run("validate", "--format", "csv")
    assert run("classify", "--write").exit_code == 0
    assert run("validate", "--format", "csv").stdout == before.stdout


def test_an_explanation_is_a_text_in_the_language_asked_for(run) -> None:
    words = ("classify", "--party", "A", "--explain", "--as-of", "2026-03-31")
    english, french = (run(*words, "--lang", language).stdout for language in ("en", "fr"))
    assert english == run(*words).stdout
    assert english.splitlines()[1:4] == ["CURRENT", "", "Measures"]
    assert "  no  1 CURRENT: It has an active contract." in english.splitlines()
    assert "  non 1 CURRENT: Un contrat est en cours." in french.splitlines()
    assert "  Purchase: 2026-03-05 <" in english
    assert "  Achat : 2026-03-05 <" in french
    records = json.loads(run(*words, "--format", "json").stdout)
    for record in records:
        if record["kind"] != "failed":
            assert (record["en"] in english, record["fr"] in french) == (True, True)


def test_an_explanation_comes_as_rdf(run) -> None:
    words = ("classify", "--party", "A", "--explain", "--as-of", "2026-03-31", "--format")
    graph = Graph().parse(data=run(*words, "turtle").stdout, format="turtle")
    assert len(set(graph.subjects(RDF.type, CG.Classification))) == 1
    assert set(graph.objects(None, CG.evidence))


def test_a_figure_is_kept_as_a_derived_graph(run) -> None:
    written = run("value", "parties", "--as-of", "2026-03-31", "--write")
    assert written.exit_code == 0, written.stderr
    text = (
        f"SELECT ?key ?value WHERE {{ GRAPH <{written.stdout.strip()}> {{ ?r"
        f" <{CG.about}> ?p ; <{CG.netValue}> ?value }} ?p <{CG.sourceKey}> ?key }}"
    )
    rows = run("query", "-e", text, "--format", "csv").stdout.splitlines()[1:]
    found = run("value", "parties", "--as-of", "2026-03-31", "--format", "json")
    expected = {(row["party_key"], float(row["value"])) for row in json.loads(found.stdout)}
    assert {(key, float(value)) for key, value in (row.split(",") for row in rows)} == expected
    assert expected


def test_stages_over_time(run) -> None:
    words = ("--as-of", "2026-03-31", "--format", "json")
    (period,) = json.loads(run("history", "--party", "A", *words).stdout)
    assert (period["from"], period["to"], period["stage"]) == ("2026-03-05", "2026-03-31",
                                                               "CURRENT")  # fmt: skip
    (moved,) = json.loads(run("transitions", "--from", "2026-01-01", *words).stdout)
    assert (moved["from_stage"], moved["to_stage"], moved["parties"]) == ("UNENGAGED",
                                                                          "CURRENT", 1)  # fmt: skip
    assert json.loads(run("loyalty", "--scope", "brand", *words).stdout) == []


_UNDER = ("as_of", "knowledge", "params", "rule_version")


def test_an_answer_names_what_it_was_computed_under_where_that_is_asked_for(run) -> None:
    words = ("value", "parties", "--as-of", "2026-03-31", "--knowledge", "2030-01-01")
    plain = json.loads(run(*words, "--format", "json").stdout)
    document = json.loads(run(*words, "--format", "json", "--with-context").stdout)
    assert document.keys() == {"context", "complete", "notes", "rows"}
    assert (document["rows"], document["complete"]) == (plain, True)
    assert tuple(document["context"]) == _UNDER
    table = run(*words, "--format", "csv", "--with-context").stdout.splitlines()
    assert table[0].endswith(",params,as_of,knowledge,rule_version")
    for row in (rows := list(csv.DictReader(table))):
        assert {name: row[name] for name in _UNDER} == document["context"]
    assert len(rows) == len(plain) > 0
    told = run("classify", "--party", "A", "--explain", "--with-context", *words[2:]).stdout
    assert told.splitlines()[-1].startswith("As of 2026-03-31, known at 20")


def test_notes_are_told_in_the_language_asked_for(run) -> None:
    undated = f"<urn:o2> a <{CG.Purchase}> ; <{CG.client}> <https://example.org/anna>"
    assert run("update", "-e", f"INSERT DATA {{ {undated} }}").exit_code == 0
    words = ("value", "parties", "--as-of", "2026-03-31")
    english, french = (run(*words, "--lang", name).stderr for name in ("en", "fr"))
    assert "As of 2026-03-31, known at " in english
    assert "Note: Purchases and refunds without a date, which are in no value: 1.\n" in english
    assert "Au 2026-03-31, connu au " in french
    assert "Note : Achats et remboursements sans date, qui n'entrent dans aucune" in french
    (note,) = json.loads(run(*words, "--with-context", "--format", "json").stdout)["notes"][:1]
    assert all(note[name] in told for name, told in (("en", english), ("fr", french)))
    assert ("1 row\n" in english, "1 ligne\n" in french) == (True, True)
    network = run("referrals", "network", "--lang", "fr", *words[2:])
    assert "Au 2026-03-31" in network.stderr
