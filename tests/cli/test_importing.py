"""Imports: reports for people and programs, exit codes, dry runs."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

PARTIES = "key,kind,name\nP1,person,Ada\nP2,person,Bob\n"
RECOMMENDATIONS = "key,recommender,referred,date\nR1,P1,P2,2026-01-05\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of templates without mistakes."""
    path = tmp_path / "files"
    path.mkdir()
    (path / "parties.csv").write_text(PARTIES)
    (path / "recommendations.csv").write_text(RECOMMENDATIONS)
    return path


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """Return a data folder without store."""
    return tmp_path / "empty"


def test_a_folder_is_imported_as_one_commit(run, folder: Path, empty: Path) -> None:
    result = run("import", folder, data_dir=empty)
    assert result.exit_code == 0
    assert "parties.csv: 2 read, 2 mapped" in result.stdout
    assert result.stdout.splitlines()[-1].startswith("Commit 1: ")
    rows = run("query", "parties-by-kind", "--format", "csv", data_dir=empty).stdout
    assert "2" in rows


def test_what_is_told_of_a_file_are_sentences(run, folder: Path, empty: Path) -> None:
    (folder / "parties.csv").write_bytes(f"Liste\n\n{PARTIES}P3,person,Zoé\n".encode("cp1252"))
    result = run("import", folder, "--lang", "fr", data_dir=empty)
    assert result.stdout.splitlines()[0] == (
        "parties.csv : lignes lues 3, converties 3. Lu dans l'encodage cp1252, et non en UTF-8."
        " L'en-tête est la ligne 3 : les lignes au-dessus ont été laissées de côté."
    )


def test_imports_lists_what_came_in_the_last_first(run, folder: Path, empty: Path) -> None:
    run("import", folder, "--source", "one", data_dir=empty)
    run("import", folder, "--source", "two", data_dir=empty)
    result = run("imports", "--format", "csv", data_dir=empty)
    rows = list(csv.DictReader(result.stdout.splitlines()))
    assert [row["source"] for row in rows] == ["two", "one"]
    assert [row["commit"] for row in rows] == ["2", "1"]


def test_refused_data_end_with_1_and_leave_nothing(run, folder: Path, empty: Path) -> None:
    (folder / "recommendations.csv").write_text(RECOMMENDATIONS.replace("2026-01-05", "5/1/26"))
    result = run("import", folder, data_dir=empty)
    assert result.exit_code == 1
    assert "violation: recommendations.csv, row 2, column date, '5/1/26'" in result.stdout
    assert "Nothing was written." in result.stdout
    assert run("export", data_dir=empty).stdout == ""


def test_a_report_speaks_french(run, folder: Path, empty: Path) -> None:
    (folder / "recommendations.csv").write_text(RECOMMENDATIONS.replace("2026-01-05", "5/1/26"))
    result = run("import", folder, "--lang", "fr", data_dir=empty)
    assert "recommendations.csv, ligne 2, colonne date" in result.stdout
    assert "Rien n'a été écrit." in result.stdout


def test_findings_come_as_csv_and_the_report_as_json(run, folder: Path, empty: Path) -> None:
    (folder / "recommendations.csv").write_text(RECOMMENDATIONS.replace("2026-01-05", "5/1/26"))
    result = run("import", folder, "--format", "csv", data_dir=empty)
    row, *others = csv.DictReader(result.stdout.splitlines())
    assert (row["severity"], row["row"], row["column"]) == ("violation", "2", "date")
    assert {one["severity"] for one in others} == {"warning"}
    assert row["message_en"]
    assert row["message_fr"]
    report = json.loads(run("import", folder, "--format", "json", data_dir=empty).stdout)
    assert report["status"] == "refused"
    assert report["violations"] == 1


def test_a_dry_run_keeps_nothing_and_makes_no_store(run, folder: Path, empty: Path) -> None:
    result = run("import", folder, "--dry-run", data_dir=empty)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1].startswith("Dry run ")
    assert not empty.exists()


def test_a_dry_run_on_a_store_leaves_it_alone(run, folder: Path) -> None:
    before = run("export").stdout
    run("import", folder, "--dry-run")
    assert run("export").stdout == before


def test_rdf_is_imported_into_the_graph_asked_for(run, tmp_path: Path) -> None:
    path = tmp_path / "more.ttl"
    path.write_text("<https://example.org/x> <https://example.org/p> 1 .")
    assert run("import", path, "--graph", "https://example.org/g").exit_code == 0
    assert (
        run(
            "query", "-e", "ASK { GRAPH <https://example.org/g> { ?s <https://example.org/p> 1 } }"
        ).stdout
        == "yes\n"
    )


def test_a_broken_document_is_refused_with_its_place(run, tmp_path: Path) -> None:
    path = tmp_path / "broken.ttl"
    path.write_text("<https://example.org/x> .")
    result = run("import", path)
    assert result.exit_code == 1
    assert result.stderr.startswith("clientgraph: ")
    assert "broken.ttl" in result.stderr


def test_a_mapping_document_reads_a_file_as_it_is(run, tmp_path: Path, root: Path) -> None:
    text = (root / "docs" / "mapping.md").read_text("utf-8")
    mapping = tmp_path / "mapping.yml"
    mapping.write_text(
        text[text.index("```yaml\n") + 8 : text.index("\n```", text.index("```yaml"))]
    )
    sales = tmp_path / "ventes.csv"
    sales.write_text(
        "Facture;Date;Client;Nom;Article;Montant\nF1;03/02/2026;C1;Éloïse;Lampe;1 234,50\n"
    )
    result = run("import", sales, "--mapping", mapping, data_dir=tmp_path / "mapped")
    assert result.exit_code == 0, result.output
    asked = (
        "PREFIX cg: <https://w3id.org/clientgraph/ns#> SELECT ?day ?amount"
        " { ?o cg:orderDate ?day ; cg:hasLine/cg:netAmount ?amount }"
    )
    answer = run("query", "-e", asked, "--format", "csv", data_dir=tmp_path / "mapped").stdout
    assert answer.splitlines()[1:] == ["2026-02-03,1234.50"]


def test_a_path_that_does_not_exist_is_wrong_use(run, tmp_path: Path) -> None:
    assert run("import", tmp_path / "missing.csv").exit_code == 2


def test_a_template_is_written_and_imports_as_it_is(run, tmp_path: Path, empty: Path) -> None:
    assert {"parties", "costs"} <= set(run("template").stdout.split())
    written = tmp_path / "parties.csv"
    assert run("template", "parties", "--lang", "fr", "-o", written).exit_code == 0
    assert written.read_text("utf-8") == run("template", "parties", "--lang", "fr").stdout
    assert run("import", written, data_dir=empty).exit_code == 0
    assert run("template", "people").exit_code == 2


def test_a_proposed_document_is_written_tried_and_used(run, tmp_path: Path, empty: Path) -> None:
    table, document = tmp_path / "clients.csv", tmp_path / "m.yml"
    table.write_text("Code client;Prénom;Né le\nC1;Ada;17/05/1980\n", encoding="utf-8")
    assert run("map", "suggest", table, "-o", document).exit_code == 0
    shown = run("map", "preview", table, "--mapping", document, "--format", "csv")
    assert shown.exit_code == 0
    assert 'cg:birthDate,"""1980-05-17""^^xsd:date",personal' in shown.stdout
    assert run("import", table, "--mapping", document, data_dir=empty).exit_code == 0
    table.write_text("Code client;Prénom;Né le\nC1;Ada;17/15/1980\n", encoding="utf-8")
    wrong = run("map", "preview", table, "--mapping", document)
    assert wrong.exit_code == 1
    assert "clients.csv, row 2" in wrong.stderr


def test_a_preview_names_graphs_of_the_mapping(run, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id\n1\n")
    (tmp_path / "m.yml").write_text(
        "sources: {a: {access: a.csv, referenceFormulation: csv}}\n"
        'mappings: {a: {sources: a, s: "urn:x:$(id)", graphs: ["http://x.org/g", personal],'
        " po: [[a, foaf:Agent]]}}\n"
    )
    command = ("map", "preview", tmp_path / "a.csv", "--mapping", tmp_path / "m.yml")
    shown = run(*command, "--format", "json").stdout
    assert [row["graph"] for row in json.loads(shown)] == ["http://x.org/g", "personal"]


def test_refused_records_go_to_quarantine_and_come_back(run, folder: Path, empty: Path) -> None:
    (folder / "parties.csv").write_text(PARTIES.replace("P2,person", "P2,persn"))
    sheet = empty.parent / "fix" / "parties.csv"
    result = run("import", folder, "--on-violation", "quarantine", data_dir=empty)
    assert result.exit_code == 0
    assert "Rows in quarantine: 2, for 1 violations" in result.stdout
    listed = run("quarantine", "list", "--format", "csv", data_dir=empty).stdout
    rows = list(csv.DictReader(listed.splitlines()))
    assert [(row["file"], row["row"]) for row in rows] == [
        ("parties.csv", "3"),
        ("recommendations.csv", "2"),
    ]
    assert "refusée" in rows[1]["message_fr"]
    assert run("quarantine", "retry", data_dir=empty).exit_code == 0
    sheets = run("quarantine", "export", empty.parent / "fix", data_dir=empty).stdout.split()
    assert [Path(one).name for one in sheets] == ["parties.csv", "recommendations.csv"]
    sheet.write_text(sheet.read_text().replace("persn", "person"))
    result = run("import", sheet, data_dir=empty)
    assert "Rows out of quarantine: 1." in result.stdout
    run_id = rows[0]["import_id"]
    assert run("quarantine", "discard", run_id, data_dir=empty).exit_code == 2
    assert run("quarantine", "export", sheet, data_dir=empty).exit_code == 2


def test_a_report_counts_by_kind_before_it_lists(run, folder: Path, empty: Path) -> None:
    (folder / "parties.csv").write_text(PARTIES.replace("person", "nobody"))
    lines = run("import", folder, "--lang", "fr", data_dir=empty).stdout.splitlines()
    assert lines[2] == "valeur hors liste : 2 (violation)"
    assert lines[3].startswith("violation : parties.csv, ligne 2, colonne kind, 'nobody' : ")
    assert lines[3].endswith("écrire l'une d'elles.")


def test_a_dry_run_tells_how_figures_would_move(run, folder: Path, empty: Path) -> None:
    run("import", folder, data_dir=empty)
    (folder / "recommendations.csv").unlink()
    (folder / "parties.csv").write_text(PARTIES + "P3,person,Cy\n")
    (folder / "purchases.csv").write_text(
        "order,client,date,amount,currency\nO1,P3,2026-01-02,10,EUR\n"
    )
    before = json.loads(run("classify", "--format", "json", data_dir=empty).stdout)
    head = run("export", data_dir=empty).stdout
    report = run("import", folder, "--dry-run", "--format", "json", data_dir=empty).stdout
    figures = {one["name"]: (one["before"], one["after"]) for one in json.loads(report)["figures"]}
    assert run("export", data_dir=empty).stdout == head
    run("import", folder, data_dir=empty)
    after = json.loads(run("classify", "--format", "json", data_dir=empty).stdout)
    for place, rows in enumerate((before, after)):
        for stage in {one["stage"] for one in rows}:
            told = figures[f"stage:{stage}"][place]
            assert told == sum(one["stage"] == stage for one in rows)
    assert {name for name in figures if not name.startswith("stage:")} == {
        *(name for name in figures if name.startswith("outcome:")),
        "rings",
        "broken",
    }
    assert sum(two for name, (_, two) in figures.items() if name.startswith("stage:")) == 3
