"""Duplicates proposed, merged, taken back and set aside."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from kg.cli import main

PARTIES = """key,kind,name,email,phone,birth_date,registration_id,parent
A1,person,Zoé Lemarchand,zoe@example.org,,1980-05-17,,
A2,person,Zoe Lemarchant,,,1980-05-17,,
A3,person,Zoé Lemarchand,ZOE@example.org,+33199001234,,,
B1,person,Ivan Rostand,shop@example.org,,1990-01-02,,
B2,person,Maud Keller,,+33199005555,1971-03-04,,
C1,legal,Société Nord,,,,REG-7,
C2,legal,Nord SARL,,,,REG-7,
C3,unit,Service achats,shop@example.org,,,,C1
"""


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store of records among which some are one party."""
    folder = tmp_path_factory.mktemp("merging")
    table = folder / "parties.csv"
    table.write_text(PARTIES, encoding="utf-8")
    result = CliRunner().invoke(main, ["--data-dir", str(folder / "var"), "import", str(table)])
    assert result.exit_code == 0, result.output
    return folder / "var"


@pytest.fixture
def data_dir(imported: Path, tmp_path: Path) -> Path:
    return shutil.copytree(imported, tmp_path / "var")


def rows(run, *arguments: object) -> list[dict[str, object]]:
    result = run(*arguments, "--format", "json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def pairs(run, *arguments: object) -> dict[tuple[object, ...], dict[str, object]]:
    found = rows(run, "duplicates", *arguments)
    return {tuple(sorted((str(r["party_key"]), str(r["other_key"])))): r for r in found}


def count(run, where: str) -> int:
    names = (
        "PREFIX cg: <https://w3id.org/clientgraph/ns#> PREFIX prov: <http://www.w3.org/ns/prov#>"
    )
    result = run("query", "-e", f"{names} SELECT ?s {{ {where} }}", "--format", "json")
    return len(json.loads(result.stdout)["results"]["bindings"])


def test_records_with_a_clue_in_common_are_proposed_with_it(run) -> None:
    found = pairs(run, "--least", "0.1")
    assert set(found) == {("A1", "A2"), ("A1", "A3"), ("C1", "C2")}
    assert "birth 1980-05-17" in str(found["A1", "A2"]["evidence"])
    assert "email mailto:zoe@example.org" in str(found["A1", "A3"]["evidence"])
    assert "registration reg-7" in str(found["C1", "C2"]["evidence"])
    assert found["A1", "A3"]["score"] > found["A1", "A2"]["score"]


def test_what_is_merged_or_set_aside_is_proposed_no_more(run) -> None:
    assert run("merge", "A3", "A1").exit_code == 0
    assert run("distinguish", "C1", "C2").exit_code == 0
    assert set(pairs(run, "--least", "0.1")) == {("A1", "A2")}
    assert run("distinguish", "C2", "C1", "--back").exit_code == 0
    assert run("unmerge", "A3").exit_code == 0
    assert len(pairs(run, "--least", "0.1")) == 3


def test_a_clue_of_a_merged_record_speaks_for_the_one_that_stays(run) -> None:
    assert run("merge", "A1", "A2").exit_code == 0
    found = pairs(run, "--least", "0.1")
    assert set(found) == {("A2", "A3"), ("C1", "C2")}
    assert "email" in str(found["A2", "A3"]["evidence"])


def test_a_merge_is_an_event_with_its_day_its_agent_and_its_reason(run) -> None:
    result = run("merge", "A3", "A1", "--date", "2026-02-03", "--reason", "same mail")
    assert result.exit_code == 0, result.stderr
    (merge,) = rows(run, "merges")
    told = [merge[name] for name in ("duplicate_key", "canonical_key", "date", "reason", "agent")]
    assert told == ["A3", "A1", "2026-02-03", "same mail", "cli"]
    assert count(run, "?s a cg:RecordMerge ; cg:recordedAt ?t ; cg:duplicate ?d") == 1
    assert run("validate").exit_code == 0


def test_a_merge_taken_back_leaves_its_event_and_when_it_ended(run) -> None:
    before = count(run, "?s ?p ?o FILTER NOT EXISTS { ?s prov:endedAtTime ?e }")
    run("merge", "A3", "A1")
    assert run("unmerge", "A3", "--reason", "two sisters").exit_code == 0
    assert rows(run, "merges") == []
    assert count(run, "?s cg:mergedInto ?o") == 0
    assert count(run, "?s a cg:RecordMerge ; prov:invalidatedAtTime ?t") == 1
    assert count(run, "?s cg:sourceKey ?key") == 8
    assert count(run, "?s ?p ?o FILTER NOT EXISTS { ?s prov:endedAtTime ?e }") > before
    commits = rows(run, "commits")
    assert [each["activity"] for each in commits[:2]] == ["unmerge", "merge"]
    assert commits[0]["note"] == "two sisters"
    assert run("merge", "A3", "A1").exit_code == 0
    assert len(rows(run, "merges")) == 1


@pytest.mark.parametrize(
    ("before", "asked", "told"),
    [
        ([], ["merge", "A1", "A1"], "itself"),
        ([], ["merge", "A1", "C1"], "different kinds"),
        ([], ["merge", "A1", "nobody"], "no party 'nobody'"),
        ([["merge", "A1", "A2"]], ["merge", "A1", "A3"], "already"),
        ([["merge", "A1", "A2"]], ["merge", "A2", "A1"], "cycle"),
        ([["merge", "A1", "A2"], ["merge", "A2", "A3"]], ["merge", "A3", "A1"], "cycle"),
        ([["distinguish", "A1", "A2"]], ["merge", "A2", "A1"], "not the same"),
        ([["distinguish", "A1", "A2"]], ["distinguish", "A2", "A1"], "already"),
        ([["merge", "A1", "A2"]], ["distinguish", "A2", "A1"], "one party"),
        ([], ["distinguish", "A1", "A2", "--back"], "not set aside"),
        ([], ["unmerge", "A1"], "not merged"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(run, before, asked, told) -> None:
    for each in before:
        assert run(*each).exit_code == 0
    export = run("export").stdout
    result = run(*asked)
    assert result.exit_code == 2
    assert told in result.stderr
    assert run("export").stdout == export


def test_classification_reads_the_merged_record_as_one(run) -> None:
    classified = len(rows(run, "classify"))
    run("merge", "A3", "A1")
    assert len(rows(run, "classify")) == classified - 1
    run("unmerge", "A3")
    assert len(rows(run, "classify")) == classified
