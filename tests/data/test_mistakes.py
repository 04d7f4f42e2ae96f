"""The folder of mistakes says of each file what the gate must answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

MISTAKES = Path(__file__).resolve().parents[2] / "data" / "demo-mistakes"
EXPECTED: list[dict[str, Any]] = yaml.safe_load((MISTAKES / "expected.yml").read_text("utf-8"))
OUTCOMES = {"unreadable", "violation", "warning", "note"}


def test_every_folder_is_expected_once() -> None:
    folders = sorted(path.name for path in MISTAKES.iterdir() if path.is_dir())
    assert sorted(entry["folder"] for entry in EXPECTED) == folders


@pytest.mark.parametrize("entry", EXPECTED, ids=lambda entry: str(entry["folder"]))
def test_expectation_names_a_file_and_an_outcome(entry: dict[str, Any]) -> None:
    assert entry["outcome"] in OUTCOMES
    assert (MISTAKES / entry["folder"] / entry["file"]).is_file()
    assert entry["fr"]
    assert entry["en"]


@pytest.mark.parametrize("entry", EXPECTED, ids=lambda entry: str(entry["folder"]))
def test_readme_tells_each_mistake_in_both_languages(entry: dict[str, Any]) -> None:
    readme = (MISTAKES / "README.md").read_text("utf-8")
    assert readme.count(f"`{entry['folder']}`") == 2
    assert entry["fr"] in readme
    assert entry["en"] in readme
