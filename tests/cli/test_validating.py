"""Documents and the whole graph against shapes."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from rdflib import RDF, SH, Graph

SHAPES = """
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix ex: <https://example.org/> .
ex:S a sh:NodeShape ; sh:targetClass ex:C ; sh:property ex:P, ex:Q .
ex:P sh:path ex:p ; sh:minCount 1 ; sh:message "No p."@en, "Pas de p."@fr .
ex:Q sh:path ( ex:q ex:r ) ; sh:maxCount 0 ; sh:severity sh:Warning ; sh:message "An r."@en .
"""
PREFIX = "@prefix ex: <https://example.org/> . "


@pytest.fixture
def shapes(tmp_path: Path) -> Path:
    path = tmp_path / "shapes.ttl"
    path.write_text(SHAPES)
    return path


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    path = tmp_path / "wrong.ttl"
    path.write_text(PREFIX + "ex:a a ex:C ; ex:q [ ex:r 1 ] .")
    return path


def test_a_violation_ends_with_1_and_names_the_place(run, shapes: Path, wrong: Path) -> None:
    result = run("validate", wrong, "--shapes", shapes, "--format", "csv")
    assert result.exit_code == 1
    rows = {row["severity"]: row for row in csv.DictReader(result.stdout.splitlines())}
    assert rows["violation"]["focus"] == "https://example.org/a"
    assert rows["violation"]["path"] == "https://example.org/p"
    assert rows["violation"]["shape"] == "https://example.org/P"
    assert rows["violation"]["message_fr"] == "Pas de p."
    assert rows["warning"]["path"] == "(<https://example.org/q>/<https://example.org/r>)"


def test_a_warning_alone_ends_with_0(run, shapes: Path, tmp_path: Path) -> None:
    path = tmp_path / "warned.ttl"
    path.write_text(PREFIX + "ex:a a ex:C ; ex:p 1 ; ex:q [ ex:r 1 ] .")
    result = run("validate", path, "--shapes", shapes)
    assert result.exit_code == 0
    assert result.stderr.endswith("1 warning.\n")


def test_data_that_conform_say_so(run, shapes: Path, tmp_path: Path) -> None:
    path = tmp_path / "good.ttl"
    path.write_text(PREFIX + "ex:a a ex:C ; ex:p 1 .")
    result = run("validate", path, "--shapes", shapes)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "The data conform.\n"


def test_turtle_is_a_validation_report(run, shapes: Path, wrong: Path) -> None:
    result = run("validate", wrong, "--shapes", shapes, "--format", "turtle")
    report = Graph().parse(data=result.stdout, format="turtle")
    assert len(set(report.subjects(RDF.type, SH.ValidationResult))) == 2


def test_text_has_messages_in_the_language_asked_for(run, shapes: Path, wrong: Path) -> None:
    result = run("validate", wrong, "--shapes", shapes, "--lang", "fr")
    assert "Pas de p." in result.stdout
    assert "No p." not in result.stdout


def test_without_path_the_whole_graph_is_checked(run, tmp_path: Path) -> None:
    path = tmp_path / "shapes.ttl"
    path.write_text(
        "@prefix sh: <http://www.w3.org/ns/shacl#> ."
        "@prefix cg: <https://w3id.org/clientgraph/ns#> ."
        "[] a sh:NodeShape ; sh:targetClass cg:NaturalPerson ;"
        ' sh:property [ sh:path cg:sourceKey ; sh:pattern "^B" ] .'
    )
    result = run("validate", "--shapes", path, "--format", "json")
    assert result.exit_code == 1
    assert [row["value"] for row in json.loads(result.stdout)] == ["A"]


def test_a_document_that_cannot_be_read_is_refused(run, shapes: Path, tmp_path: Path) -> None:
    path = tmp_path / "broken.ttl"
    path.write_text("ex:a")
    result = run("validate", path, "--shapes", shapes)
    assert result.exit_code == 1
    assert "broken.ttl" in result.stderr


def test_validating_documents_leaves_the_store_alone(run, shapes: Path, wrong: Path) -> None:
    before = run("export").stdout
    run("validate", wrong, "--shapes", shapes)
    assert run("export").stdout == before
