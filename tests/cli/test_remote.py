"""The commands that speak to a running server answer as they do on the store's file."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from api.factory import create_app
from kg.cli.remote import Server, ServerError
from kg.config import Settings
from tests.serving import served

COUNT = """
PREFIX cg: <https://w3id.org/clientgraph/ns#>
SELECT (COUNT(?k) AS ?n) { ?p cg:sourceKey ?k }
"""


@pytest.fixture
def url(data_dir: Path) -> Iterator[str]:
    """Serve the small store; yield its address."""
    with serving(data_dir) as address:
        yield address


@contextmanager
def serving(data_dir: Path) -> Iterator[str]:
    """Serve a data folder on a free port of the loopback; yield its address."""
    app = create_app(Settings(data_dir=data_dir))
    with served(app) as address:
        yield address
    app.extensions["clientgraph"].store.close()


def test_the_file_of_a_running_server_is_locked_to_others(
    data_dir: Path, url: str, root: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from kg.cli import main; main()", "export"],
        env={**os.environ, "CLIENTGRAPH_DATA_DIR": str(data_dir)},
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "--url" in done.stderr


def test_a_text_is_answered_as_a_table_or_in_a_format(run, url: str) -> None:
    assert run("query", "-e", COUNT, "--url", url).stdout.split() == ["n", "-", "2"]
    assert run("--url", url, "query", "-e", COUNT, "--format", "csv").stdout.split() == ["n", "2"]
    assert run("query", "-e", "ASK { ?s ?p ?o }", "--url", url).stdout == "yes\n"


def test_a_graph_is_answered_as_turtle(run, url: str) -> None:
    text = "CONSTRUCT WHERE { ?s <https://w3id.org/clientgraph/ns#sourceKey> ?o }"
    assert "sourceKey" in run("query", "-e", text, "--url", url).stdout


def test_a_named_question_takes_its_parameters(run, url: str) -> None:
    result = run("query", "party-properties", "--param", "key=A", "--format", "json", "--url", url)
    assert result.exit_code == 0
    assert json.loads(result.stdout)["results"]["bindings"]
    assert run("query", "party-properties", "--url", url).exit_code == 2


def test_analyses_are_answered_as_on_the_file(run, data_dir: Path, tmp_path: Path) -> None:
    rules = tmp_path / "rules.yml"
    rules.write_text("D_act: 400\nD_lost: 900\n", "utf-8")
    shared = ("--as-of", "2026-03-31", "--knowledge", "2030-01-01T00:00:00+0000", "--format")
    asked = [
        ("classify", *shared, "table"),
        ("classify", "--with-context", *shared, "json"),
        ("value", "parties", "--with-context", "--lang", "fr", *shared, "csv"),
        ("classify", "--party", "A", "--explain", *shared, "csv"),
        ("classify", "--party", "A", "--explain", "--lang", "fr", *shared, "table"),
        ("classify", "--params", rules, *shared, "json"),
        ("history", "--party", "A", *shared, "table"),
        ("differences", "--against", rules, *shared, "csv"),
        ("value", "parties", "--from", "2025-01-01", *shared, "json"),
        ("referrals", "credit", *shared, "csv"),
    ]
    here = [run(*words) for words in asked]
    with serving(data_dir) as url:
        there = [run(*words, "--url", url) for words in asked]
    for words, one, other in zip(asked, here, there, strict=True):
        assert other.exit_code == 0, other.stderr
        assert (one.stdout, one.stderr) == (other.stdout, other.stderr)
        told = "Au 2026-03-31, connu au" if "fr" in words else "As of 2026-03-31, known at"
        assert f"{told} 2030-01-01T00:00:00Z, param" in one.stderr


def test_results_in_rdf_and_networks_come_from_the_server(run, url: str) -> None:
    turtle = run("classify", "--as-of", "2026-03-31", "--format", "turtle", "--url", url)
    assert "AnalysisRun" in turtle.stdout
    gexf = run("referrals", "network", "--format", "gexf", "--url", url)
    assert "<gexf" in gexf.stdout


def test_a_result_is_kept_at_the_server(run, url: str) -> None:
    kept = run("classify", "--as-of", "2026-03-31", "--write", "--url", url)
    assert kept.exit_code == 0
    asked = f"ASK {{ GRAPH <{kept.stdout.strip()}> {{ ?s ?p ?o }} }}"
    assert run("query", "-e", asked, "--url", url).stdout == "yes\n"


@pytest.mark.parametrize(
    "words",
    [
        ("classify", "--party", "nobody"),
        ("classify", "--params", "unknown"),
        ("referrals", "rates", "--from", "2026-01-01"),
    ],
)
def test_wrong_options_of_analyses_are_wrong_use_there_too(run, url: str, words: tuple) -> None:
    done = run(*words, "--url", url)
    assert done.exit_code == 2
    assert "Traceback" not in done.stderr


def test_a_text_that_is_not_sparql_is_wrong_use_there_too(run, url: str) -> None:
    result = run("query", "-e", "SELECT ?x WHERE {\n  ?x ex:y ?z\n}", "--lang", "fr", "--url", url)
    assert result.exit_code == 2
    first, *shown = result.stderr.splitlines()
    assert first.startswith("clientgraph: Erreur de syntaxe à la ligne 2, colonne 6 : ")
    assert shown == ["  ?x ex:y ?z", "     ^"]


@pytest.mark.parametrize("option", [["--explain"], ["--as-of-commit", 1], ["--param", "k=1"]])
def test_what_the_server_does_not_offer_is_wrong_use(run, url: str, option: list[object]) -> None:
    assert run("query", "-e", COUNT, "--url", url, *option).exit_code == 2


def test_a_folder_is_imported_through_the_server(run, url: str, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "parties.csv").write_text("key,kind,name\nP1,person,Ada\n")
    (folder / "recommendations.csv").write_text("key,recommender,referred,date\nR1,P1,,2026-1\n")
    refused = run("import", folder, "--url", url, "--format", "csv")
    assert refused.exit_code == 1
    finding, *others = csv.DictReader(refused.stdout.splitlines())
    assert {one["severity"] for one in others} == {"warning"}
    assert (finding["file"], finding["row"]) == ("recommendations.csv", "2")
    (folder / "recommendations.csv").unlink()
    assert "Dry run" in run("import", folder, "--url", url, "--dry-run").stdout
    assert run("import", folder, "--url", url).exit_code == 0
    assert run("query", "-e", COUNT, "--url", url).stdout.split()[-1] == "3"


def test_an_import_that_is_interrupted_is_cancelled_on_the_server(
    run, url: str, tmp_path: Path
) -> None:
    table = tmp_path / "parties.csv"
    rows = "".join(f"P{number},person,Ana {number}\n" for number in range(20_000))
    table.write_text("key,kind,name\n" + rows, "utf-8")
    server, before = Server(url), run("query", "-e", COUNT, "--url", url).stdout

    def interrupt(_progress: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(ServerError, match="cancelled on the server"):
        server.upload([("files", table)], {"source": "big"}, interrupt)
    assert server.list_imports() == []
    assert run("query", "-e", COUNT, "--url", url).stdout == before


def test_quarantine_and_undo_go_through_the_server(run, url: str, tmp_path: Path) -> None:
    file = tmp_path / "parties.csv"
    file.write_text("key,kind,name\nQ1,person,Ada\nQ2,nobody,Bo\n")
    held = ("--on-violation", "quarantine", "--format", "json", "--url", url)
    name = json.loads(run("import", file, *held).stdout)["id"]
    listed = run("quarantine", "list", "--url", url, "--format", "json").stdout
    assert [(one["import_id"], one["row"]) for one in json.loads(listed)] == [(name, 3)]
    assert run("quarantine", "retry", name, "--lang", "fr", "--url", url).exit_code == 0
    sheet = tmp_path / "fix.csv"
    assert run("quarantine", "export", sheet, "--url", url).stdout.strip() == str(sheet)
    assert "Q2,nobody,Bo" in sheet.read_text()
    assert "1 rows" in run("quarantine", "discard", name, "--row", 3, "--url", url).stdout
    assert run("quarantine", "export", sheet, "--url", url).exit_code == 2
    named = tmp_path / "recommendations.csv"
    named.write_text("key,recommender,referred,date\nR1,Q1,,2026-01-05\n")
    assert run("import", named, "--url", url).exit_code == 0
    refused = run("undo", name, "--lang", "fr", "--url", url)
    assert (refused.exit_code, "ligne 2" in refused.stdout) == (1, True)
    preview = run("undo", name, "--on-dependents", "quarantine", "--dry-run", "--url", url)
    assert (preview.exit_code, "as 1 rows" in preview.stdout) == (0, True)
    assert run("undo", name, "--on-dependents", "quarantine", "--url", url).exit_code == 0
    assert run("undo", name, "--url", url).exit_code == 2
    told = json.loads(run("imports", "--format", "json", "--url", url).stdout)
    assert any(one["id"] == name and one["quarantined"] == 1 for one in told), told
    assert "Q1" in run("quarantine", "list", "--url", url, "--format", "csv").stdout


def test_a_mapping_document_travels_with_its_file(run, url: str, tmp_path: Path) -> None:
    mapping = tmp_path / "mapping.yml"
    mapping.write_text(
        "sources: {names: ['names.csv~csv']}\n"
        "mappings: {one: {sources: names, s: {f: 'mint(party, $(no))'},"
        " po: [[a, cg:NaturalPerson], [cg:sourceKey, $(no)]]}}\n"
    )
    (tmp_path / "names.csv").write_text("no\nN1\nN2\n")
    result = run("import", tmp_path / "names.csv", "--mapping", mapping, "--url", url)
    assert result.exit_code == 0, result.output
    assert run("query", "-e", COUNT, "--url", url).stdout.split()[-1] == "4"


def test_an_update_goes_through_the_server_with_its_note(run, url: str) -> None:
    text = "INSERT DATA { GRAPH <x:g> { <x:s> <x:p> 1, 2 } }"
    done = run("update", "-e", text, "--note", "Per server", "--url", url)
    told = re.fullmatch(r"commit (\d+): 2 quads inserted, 0 deleted\n", done.stdout)
    assert told is not None, done.output
    again = run("--url", url, "update", "-e", text)
    assert again.stdout == f"nothing changed: the last commit is {told[1]}\n"
    done = run("update", "-e", text.replace("INSERT", "DELETE"), "--format", "json", "--url", url)
    commit = int(told[1]) + 1
    assert json.loads(done.stdout) == {"commit": commit, "inserted": 0, "deleted": 2}
    note = "SELECT ?n { ?c <https://w3id.org/clientgraph/ns#note> ?n FILTER(CONTAINS(?n, 'Per')) }"
    assert run("query", "-e", note, "--format", "csv", "--url", url).stdout.splitlines()[1:] == [
        "Per server"
    ]


def test_a_wrong_update_ends_alike_with_a_server(run, url: str) -> None:
    wrong = run("update", "-e", "INSERT DATA { <x:a>", "--url", url)
    assert wrong.exit_code == 2
    assert "line 1" in wrong.stderr
    failing = run("update", "-e", "COPY <x:none> TO <x:g>", "--url", url)
    assert failing.exit_code == 1
    assert "x:none" in failing.stderr
