"""The commands `queries save`, `queries list` and `queries delete`."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

from kg.library import find_kept
from kg.store import Store

KEYS = "PREFIX cg: <https://w3id.org/clientgraph/ns#> SELECT ?k { ?p cg:sourceKey ?k } ORDER BY ?k"


def listed(run) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(run("queries", "list", "--format", "csv").stdout)))


def test_a_query_is_kept_listed_and_deleted(run) -> None:
    assert listed(run) == []
    saved = run("queries", "save", "my-keys", "-e", KEYS, "--description", "All keys")
    assert (saved.exit_code, saved.stderr) == (0, "my-keys, version 1, private.\n")
    [row] = listed(run)
    assert {"my-keys", "private", "1", "All keys"} <= set(row.values())
    assert "my-keys" in run("queries", "list").stdout
    assert "my-keys" in json.dumps(json.loads(run("queries", "list", "--format", "json").stdout))
    gone = run("queries", "delete", "my-keys")
    assert (gone.exit_code, gone.stderr) == (0, "my-keys is deleted.\n")
    assert listed(run) == []


def test_a_new_text_is_a_new_version_and_the_first_one_stays(
    run, tmp_path: Path, data_dir: Path
) -> None:
    path = tmp_path / "keys.rq"
    path.write_text(KEYS)
    assert run("queries", "save", "my-keys", path, "--sharing", "everyone").exit_code == 0
    same = run("queries", "save", "my-keys", "-", input=KEYS)
    assert "version 1, everyone" in same.stderr
    changed = run("queries", "save", "my-keys", "-", input=f"{KEYS} LIMIT 1")
    assert "version 2, everyone" in changed.stderr
    renamed = run("queries", "save", "my-keys", "--description", "One key", "--sharing", "private")
    assert "version 2, private" in renamed.stderr
    with Store.open(data_dir / "clientgraph.duckdb") as store:
        kept = find_kept(store, "my-keys")
        assert kept is not None
        assert [one.text for one in kept.versions] == [KEYS, f"{KEYS} LIMIT 1"]
        assert kept.description == "One key"


def test_what_cannot_be_kept_is_wrong_use_and_leaves_all_as_it_was(run) -> None:
    run("queries", "save", "my-keys", "-e", KEYS)
    wrong = [
        run("queries", "save", "top-customers", "-e", KEYS),
        run("queries", "save", "v2", "-e", KEYS),
        run("queries", "save", "My Keys", "-e", KEYS),
        run("queries", "save", "other", "-e", "SELEKT *"),
        run("queries", "save", "other"),
        run("queries", "save", "other", "no-such-file.rq"),
        run("queries", "delete", "other"),
    ]
    assert [one.exit_code for one in wrong] == [2] * len(wrong)
    assert all(one.stderr.strip() and "Traceback" not in one.output for one in wrong)
    assert [row["version"] for row in listed(run)] == ["1"]
