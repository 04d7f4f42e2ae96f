"""The command `update` on the store's file."""

from __future__ import annotations

import json
from pathlib import Path

from kg.store import Store

INSERT = 'INSERT DATA { GRAPH <x:g> { <x:s> <x:p> "1", "2" } }'
COUNT = "SELECT (COUNT(*) AS ?n) { GRAPH <x:g> { ?s ?p ?o } }"


def test_an_update_tells_what_it_did_and_what_it_did_not(run) -> None:
    done = run("update", "-e", INSERT, "--note", "Deux de plus")
    assert (done.exit_code, done.stdout) == (0, "commit 2: 2 quads inserted, 0 deleted\n")
    assert run("update", "-e", INSERT).stdout == "nothing changed: the last commit is 2\n"
    note = "SELECT ?n { ?c <https://w3id.org/clientgraph/ns#note> ?n FILTER(isLiteral(?n)) }"
    assert "Deux de plus" in run("query", "-e", note).stdout


def test_an_update_of_a_file_or_of_standard_input(run, tmp_path: Path) -> None:
    file = tmp_path / "change.ru"
    file.write_text(INSERT, "utf-8")
    done = run("update", file, "--format", "json")
    assert json.loads(done.stdout) == {"commit": 2, "inserted": 2, "deleted": 0}
    done = run("update", "-", "--format", "json", input=INSERT.replace("INSERT", "DELETE"))
    assert json.loads(done.stdout) == {"commit": 3, "inserted": 0, "deleted": 2}


def test_wrong_use_ends_with_2_and_a_failing_operation_with_1(run, tmp_path: Path) -> None:
    for words in ([], ["a.ru", "-e", INSERT], [tmp_path / "none.ru"], ["-e", "INSERT DATA {"]):
        assert run("update", *words).exit_code == 2, words
    done = run("update", "-e", f"{INSERT}; COPY <x:none> TO <x:g>")
    assert done.exit_code == 1
    assert "x:none" in done.stderr
    assert run("query", "-e", COUNT, "--format", "csv").stdout.split() == ["n", "0"]


def test_an_update_makes_a_store_where_there_is_none(run, tmp_path: Path) -> None:
    done = run("update", "-e", INSERT, data_dir=tmp_path / "new")
    assert done.stdout.startswith("commit 1:")
    with Store.open(tmp_path / "new" / "clientgraph.duckdb") as store:
        assert store.head == 1


def test_load_reads_the_folders_of_the_setting(run, tmp_path: Path, monkeypatch) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "one.ttl").write_text("<x:a> <x:b> <x:c> .", "utf-8")
    load = f"LOAD <{(folder / 'one.ttl').as_uri()}> INTO GRAPH <x:g>"
    assert run("update", "-e", load).exit_code == 1
    monkeypatch.setenv("CLIENTGRAPH_LOAD_FOLDERS", str(folder))
    assert run("update", "-e", load).stdout == "commit 2: 1 quads inserted, 0 deleted\n"
