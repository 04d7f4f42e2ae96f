"""Every error is clean lines on standard error, with an exit code that says whose it is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import Result


def assert_one_line(result: Result) -> None:
    assert result.stdout == ""
    assert result.stderr.startswith("clientgraph: ")
    assert result.stderr.count("\n") == 1


def test_errors_of_files_speak_french_where_asked(run, tmp_path: Path) -> None:
    file = tmp_path / "parties.csv"
    file.write_bytes(b"")
    told = run("import", file, "--lang", "fr", data_dir=tmp_path / "store").stderr
    assert "est vide : il n'y a rien à importer" in told
    told = run("quarantine", "retry", "none", "--lang", "fr", data_dir=tmp_path / "store").stderr
    assert told


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({}, "There is no store"),
        ({"LANG": "fr_FR.UTF-8"}, "Il n'y a pas d'entrepôt"),
        ({"LANG": "fry_NL"}, "There is no store"),
        ({"LC_ALL": "de_DE", "LANG": "fr_FR"}, "There is no store"),
        ({"LC_MESSAGES": "fr", "LANG": "en_US"}, "Il n'y a pas d'entrepôt"),
    ],
)
def test_errors_are_in_the_language_of_the_system_unless_told_otherwise(
    run, tmp_path: Path, environment: dict[str, str], told: str
) -> None:
    asked = ("query", "-e", "ASK { ?s ?p ?o }")
    result = run(*asked, data_dir=tmp_path / "none", env=environment)
    assert result.stderr.startswith(f"clientgraph: {told}")
    for words in ((*asked, "--lang", "fr"), ("--lang", "fr", *asked)):
        result = run(*words, data_dir=tmp_path / "none", env=environment)
        assert result.stderr.startswith("clientgraph: Il n'y a pas d'entrepôt")


def test_a_wrong_query_is_shown_with_a_caret(run) -> None:
    result = run("query", "-e", "SELECT ?x WHERE {\n  ?x ex:y ?z\n}")
    assert result.exit_code == 2
    first, *shown = result.stderr.splitlines()
    assert first.startswith("clientgraph: Syntax error at line 2, column 6: ")
    assert shown == ["  ?x ex:y ?z", "     ^"]


def test_a_file_that_cannot_be_written_is_named(run, tmp_path: Path) -> None:
    result = run("template", "parties", "-o", tmp_path / "nowhere" / "parties.csv")
    assert result.exit_code == 2
    assert_one_line(result)
    assert "nowhere/parties.csv: No such file" in result.stderr


def test_a_statement_that_the_keyboard_ends_is_told_in_a_word(
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise RuntimeError("Query interrupted")

    monkeypatch.setattr("kg.cli.importing.run_import", interrupted)
    file = tmp_path / "parties.csv"
    file.write_text("key,kind\nP1,person\n")
    result = run("import", file, data_dir=tmp_path / "store")
    assert (result.exit_code, result.stderr) == (1, "Aborted!\n")


def test_an_unknown_command_is_wrong_use(run) -> None:
    assert run("improt").exit_code == 2


def test_a_setting_of_the_wrong_type_is_wrong_use(run) -> None:
    result = run("export", env={"CLIENTGRAPH_TIMEOUT": "soon"})
    assert result.exit_code == 2
    assert_one_line(result)
    assert "CLIENTGRAPH_TIMEOUT" in result.stderr


def test_a_folder_without_store_says_what_to_do(run, tmp_path: Path) -> None:
    result = run("export", data_dir=tmp_path / "nothing")
    assert result.exit_code == 1
    assert_one_line(result)
    assert "--data-dir" in result.stderr


def test_reading_does_not_make_a_store(run, tmp_path: Path) -> None:
    run("export", data_dir=tmp_path / "nothing")
    assert not (tmp_path / "nothing").exists()


def test_a_file_that_is_no_store_is_refused(run, tmp_path: Path) -> None:
    (tmp_path / "clientgraph.duckdb").write_text("not a store\n" * 1000)
    result = run("export", data_dir=tmp_path)
    assert result.exit_code == 1
    assert_one_line(result)


@pytest.mark.parametrize("command", [["export"], ["compact"], ["validate"]])
def test_commands_that_need_the_file_refuse_a_url(run, command: list[str]) -> None:
    result = run("--url", "http://127.0.0.1:1", *command)
    assert result.exit_code == 2
    assert_one_line(result)


def test_a_url_that_nothing_answers_is_an_error(run) -> None:
    result = run("query", "-e", "ASK {}", "--url", "http://127.0.0.1:1")
    assert result.exit_code == 1
    assert_one_line(result)
    assert "does not answer" in result.stderr


def test_a_url_of_another_scheme_is_wrong_use(run) -> None:
    result = run("query", "-e", "ASK {}", "--url", "file:///etc")
    assert result.exit_code == 2
    assert_one_line(result)


def test_the_data_folder_may_be_named_before_or_after_the_command(run, data_dir: Path) -> None:
    elsewhere = data_dir.parent / "nothing"
    assert run("export", "--data-dir", data_dir, data_dir=elsewhere).exit_code == 0
    assert run("export", "--data-dir", elsewhere).exit_code == 1


def test_the_process_ends_with_the_exit_code_and_no_traceback(
    run, tmp_path: Path, root: Path
) -> None:
    def call(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", "from kg.cli import main; main()", *arguments],
            cwd=root,
            env={**os.environ, "CLIENTGRAPH_DATA_DIR": str(tmp_path / "none"), **env},
            capture_output=True,
            text=True,
            check=False,
        )

    assert run("--version").exit_code == 0
    refused = call("export")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.count("\n") == 1
    assert call("export", CLIENTGRAPH_THREADS="x").returncode == 2
    assert run("export", "--nothing").exit_code == 2


def test_shapes_nested_too_deeply_are_wrong_use(run, tmp_path: Path) -> None:
    shape = "@prefix sh: <http://www.w3.org/ns/shacl#> . <x:s> sh:targetNode <x:a> ; "
    file = tmp_path / "shapes.ttl"
    file.write_text(shape + "sh:not [ " * 5000 + "sh:nodeKind sh:IRI" + " ]" * 5000 + " .")
    (tmp_path / "data.ttl").write_text("<x:a> <x:p> 1 .")
    result = run("validate", tmp_path / "data.ttl", "--shapes", file)
    assert result.exit_code == 2
    assert_one_line(result)
    assert "nested too deeply" in result.stderr
