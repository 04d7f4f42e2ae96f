"""Named questions, files and texts; formats; parameters."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import polars
import pytest

PERSONS = "PREFIX cg: <https://w3id.org/clientgraph/ns#> SELECT ?p ?k { ?p cg:sourceKey ?k }"


def test_a_text_is_answered_as_a_table(run) -> None:
    result = run("query", "-e", PERSONS + " ORDER BY ?k")
    assert result.exit_code == 0
    assert [line.split() for line in result.stdout.splitlines()] == [
        ["p", "k"],
        ["-" * len("https://example.org/anna"), "---"],
        ["https://example.org/anna", "A"],
        ["https://example.org/shop", "ORG"],
    ]
    assert result.stderr == "2 rows\n"


def test_a_file_and_standard_input_are_answered(run, tmp_path: Path) -> None:
    path = tmp_path / "persons.rq"
    path.write_text(PERSONS)
    answers = [
        run("query", path, "--format", "csv").stdout,
        run("query", "-", "--format", "csv", input=PERSONS).stdout,
        run("query", "-e", PERSONS, "--format", "csv").stdout,
    ]
    assert set(map(frozenset, map(str.splitlines, answers))) == {
        frozenset({"p,k", "https://example.org/anna,A", "https://example.org/shop,ORG"})
    }


def test_files_of_other_programs_are_written_for_solutions_only(run, tmp_path: Path) -> None:
    answer = run("query", "-e", PERSONS, "--format", "parquet")
    frame = polars.read_parquet(io.BytesIO(answer.stdout_bytes))
    assert sorted(frame["k"].to_list()) == ["A", "ORG"]
    refused = run("query", "-e", "ASK {}", "--format", "xlsx")
    assert refused.exit_code == 2
    assert "choose json, xml, csv, tsv" in refused.stderr


def test_json_is_the_result_format_of_sparql(run) -> None:
    document = json.loads(run("query", "-e", PERSONS, "--format", "json").stdout)
    assert document["head"]["vars"] == ["p", "k"]
    assert {row["k"]["value"] for row in document["results"]["bindings"]} == {"A", "ORG"}


def test_ask_answers_yes_or_no(run) -> None:
    assert run("query", "-e", "ASK { ?s ?p ?o }").stdout == "yes\n"
    assert run("query", "-e", "ASK { ?s ?s ?s }").stdout == "no\n"


def test_a_graph_is_turtle_unless_told_otherwise(run) -> None:
    text = "CONSTRUCT { ?p <https://example.org/k> ?k } " + PERSONS[PERSONS.index("{ ?p") :]
    text = PERSONS[: PERSONS.index("SELECT")] + text.replace("{ ?p cg", "WHERE { ?p cg")
    assert "ex" in run("query", "-e", text).stdout
    lines = run("query", "-e", text, "--format", "nt").stdout.splitlines()
    assert len(lines) == 2
    assert run("query", "-e", text, "--format", "csv").exit_code == 2


def test_a_text_that_is_not_sparql_is_wrong_use(run) -> None:
    result = run("query", "-e", "SELEKT *")
    assert result.exit_code == 2
    first, *shown = result.stderr.splitlines()
    assert first.startswith("clientgraph: Syntax error at line 1, column 1: ")
    assert shown == ["SELEKT *", "^"]


@pytest.mark.parametrize("arguments", [[], ["name", "-e", "ASK {}"], ["nothing-of-that-name"]])
def test_not_exactly_one_query_is_wrong_use(run, arguments: list[str]) -> None:
    assert run("query", *arguments).exit_code == 2


def test_a_query_file_that_is_missing_is_wrong_use(run, tmp_path: Path) -> None:
    result = run("query", tmp_path / "missing.rq")
    assert result.exit_code == 2
    assert "missing.rq" in result.stderr


def test_parameters_are_bound_to_variables(run) -> None:
    result = run("query", "-e", PERSONS, "--param", "k=A", "--format", "csv")
    assert "https://example.org/anna" in result.stdout
    assert "https://example.org/shop" not in result.stdout


def test_a_file_may_declare_its_parameters(run, tmp_path: Path) -> None:
    path = tmp_path / "persons.rq"
    path.write_text('# param: k string example="A"\n' + PERSONS)
    assert "ORG" in run("query", path, "--param", "k=ORG").stdout
    assert run("query", path).exit_code == 2
    assert run("query", path, "--param", "x=1").exit_code == 2


def test_a_parameter_without_value_is_wrong_use(run) -> None:
    assert run("query", "-e", PERSONS, "--param", "k").exit_code == 2


def test_the_graph_as_it_was_before_the_first_commit_is_empty(run) -> None:
    asked = ["query", "-e", "ASK { ?s <https://w3id.org/clientgraph/ns#sourceKey> ?o }"]
    assert run(*asked, "--as-of-commit", 1).stdout == "yes\n"
    assert run(*asked, "--as-of-commit", 0).stdout == "no\n"


@pytest.mark.parametrize("command", [["query", "-e", PERSONS], ["export"]])
def test_a_commit_that_is_not_there_is_told(run, command) -> None:
    result = run(*command, "--as-of-commit", 99)
    assert result.exit_code == 2
    assert "There is no commit 99; the last one is" in result.stderr


def test_explain_shows_the_engine_and_the_sql(run) -> None:
    result = run("query", "-e", PERSONS, "--explain")
    assert result.exit_code == 0
    assert result.stderr == "engine: sql\n"
    assert "SELECT" in result.stdout


def test_a_deadline_that_passes_is_an_error(run) -> None:
    everything = " ".join(f"?s{i} ?p{i} ?o{i} ." for i in range(9))
    text = f"SELECT (COUNT(*) AS ?n) {{ {everything} FILTER(?o0 != ?o8 && ?s0 != ?o7) }}"
    result = run("query", "-e", text, "--timeout", "0.2")
    assert result.exit_code == 1
    assert result.stderr.startswith("clientgraph: ")


def test_the_list_of_questions_has_a_row_for_each(run, root: Path) -> None:
    rows = list(csv.DictReader(run("query", "--list", "--format", "csv").stdout.splitlines()))
    assert {row["name"] for row in rows} == {path.stem for path in (root / "queries").glob("*.rq")}
    assert all(row["title_fr"] and row["title_en"] for row in rows)
