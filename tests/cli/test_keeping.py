"""Taking the whole store out, and back."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
from pyoxigraph import CanonicalizationAlgorithm, Dataset, RdfFormat, parse

from kg.sparql import update
from kg.store import Store


def test_export_writes_every_live_quad_with_its_graph(run) -> None:
    lines = run("export").stdout.splitlines()
    facts = [line for line in lines if line.endswith("<https://example.org/facts> .")]
    assert len(facts) == 11
    assert any('Dit « bonjour »,\\npuis part"@fr .' in line for line in lines)


def test_both_formats_of_export_hold_the_same(run, tmp_path: Path) -> None:
    documents = []
    for name, parser in [("nquads", RdfFormat.N_QUADS), ("trig", RdfFormat.TRIG)]:
        file = tmp_path / name
        assert run("export", "--format", name, "-o", file).exit_code == 0
        document = Dataset(parse(path=file, format=parser))
        document.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
        documents.append(document)
    assert documents[0] == documents[1]


def test_a_backup_restores_the_store(run, tmp_path: Path) -> None:
    before = run("export").stdout
    assert run("backup", tmp_path / "copy").exit_code == 0
    assert run("restore", tmp_path / "copy", data_dir=tmp_path / "new").exit_code == 0
    assert run("export", data_dir=tmp_path / "new").stdout == before


def test_a_backup_replaces_nothing_unless_told(run, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.write_text("mine")
    assert run("backup", copy).exit_code == 2
    assert copy.read_text() == "mine"
    assert run("backup", copy, "--force").exit_code == 0
    assert copy.stat().st_size > 4


def test_a_store_is_not_replaced_unless_told(run, tmp_path: Path) -> None:
    run("backup", tmp_path / "copy")
    assert run("restore", tmp_path / "copy").exit_code == 2
    assert run("restore", tmp_path / "copy", "--force").exit_code == 0


def test_restoring_what_is_no_backup_changes_nothing(run, tmp_path: Path, data_dir: Path) -> None:
    before = run("export").stdout
    (tmp_path / "copy").write_text("no store\n" * 1000)
    result = run("restore", tmp_path / "copy", "--force")
    assert result.exit_code == 1
    assert "is no backup" in result.stderr
    assert run("export").stdout == before
    assert [path.name for path in data_dir.iterdir()] == ["clientgraph.duckdb"]


def test_a_file_that_cannot_be_written_is_told(run, tmp_path: Path) -> None:
    result = run("export", "-o", tmp_path / "missing" / "file.nq")
    assert result.exit_code == 2
    assert "cannot be written" in result.stderr


def test_the_doctor_finds_a_whole_store_and_says_so(run) -> None:
    result = run("doctor", "--derive")
    assert result.exit_code == 0
    assert "The store is whole" in result.stderr
    assert all(line.endswith(": ok") for line in result.stdout.splitlines())


def test_the_doctor_tells_what_is_wrong_and_what_to_do(run, data_dir: Path) -> None:
    assert run("doctor", "--derive").exit_code == 0
    with duckdb.connect(data_dir / "clientgraph.duckdb") as store:
        store.execute("UPDATE predicate SET kinds = 0")
    result = run("doctor", "--format", "json")
    assert result.exit_code == 1
    wrong = [row for row in json.loads(result.stdout) if row["state"] == "wrong"]
    assert [row["check"] for row in wrong] == ["notes on predicates"]
    assert "compact" in wrong[0]["remedy"]
    assert run("compact").exit_code == 0
    assert run("doctor").exit_code == 0


def test_the_doctor_derives_what_older_commits_lack(run, data_dir: Path) -> None:
    with Store.open(data_dir / "clientgraph.duckdb") as store:
        update(store, "INSERT DATA { <x:r> <https://w3id.org/clientgraph/ns#recommender> <x:p> }")
    wrong = run("doctor")
    assert wrong.exit_code == 1
    assert "older than the rules" in wrong.stdout
    assert "--derive" in wrong.stdout
    mended = run("doctor", "--derive")
    assert mended.exit_code == 0
    assert "Derived by commit" in mended.stderr
    assert "was right" in run("doctor", "--derive").stderr


def test_compaction_keeps_what_export_writes(run) -> None:
    before = run("export").stdout
    result = run("compact")
    assert result.exit_code == 0
    assert "bytes" in result.stderr
    assert run("export").stdout == before


def test_there_is_nothing_to_compact_without_a_store(run, tmp_path: Path) -> None:
    result = run("compact", data_dir=tmp_path / "none")
    assert result.exit_code == 1
    assert "no store" in result.stderr
