"""What stewards are told has its French text, whatever the values in it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from kg.french import french, in_both

ERRORS = {
    "kg/ingest": {"SourceError"},
    "kg/merging": {"UsageError"},
    "api/imports.py": {"NotFound", "UsageError"},
    "api/jobs.py": {"NotFound", "Conflict"},
    "kg/ingest/options.py": {"UsageError"},
    "kg/ingest/undoing.py": {"UsageError"},
    "kg/ingest/jobs.py": {"ImportStoppedError", "QueryBusyError"},
    "kg/ingest/kept.py": {"UsageError"},
    "kg/ingest/fixsheet.py": {"UsageError"},
    "kg/ingest/pipeline.py": {"ImportStoppedError"},
}
"""Errors whose messages stewards see, by where they are raised."""


def raised(root: Path) -> Iterator[tuple[str, str]]:
    for place, names in ERRORS.items():
        path = root / place
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") in names:
                    yield f"{file.name}:{node.lineno}", sample(node.args[0])


def sample(node: ast.expr) -> str:
    """Return a message with values in it."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else f"<{number}>"
            for number, part in enumerate(node.values)
        )
    if isinstance(node, ast.BinOp):
        return sample(node.left) + sample(node.right)
    if isinstance(node, ast.IfExp):
        return sample(node.body)
    raise AssertionError(f"line {node.lineno}: the test cannot read this message")


def test_every_message_is_known_in_french(root: Path) -> None:
    found = list(raised(root))
    assert len(found) > 40
    unknown = [(place, text) for place, text in found if french(text) is None]
    assert unknown == []


def test_values_keep_their_places(root: Path) -> None:
    for place, text in raised(root):
        translated = french(text) or ""
        for number in range(20):
            assert (f"<{number}>" in text) == (f"<{number}>" in translated), place


@pytest.mark.parametrize(
    ("english", "expected"),
    [
        (
            "a.csv, row 3: 4 cells, but the header has 5. Check for a missing or an unquoted"
            " comma.",
            "a.csv, ligne 3 : 4 cellules, mais l'en-tête en a 5. Chercher un séparateur (virgule)"
            " manquant ou sans guillemets.",
        ),
        ("Read in the encoding cp1252, not UTF-8.", "Lu dans l'encodage cp1252, et non en UTF-8."),
        (
            "The header is row 4: the rows above it were left out.",
            "L'en-tête est la ligne 4 : les lignes au-dessus ont été laissées de côté.",
        ),
        ("Sheet 'A' was read; 'B' not.", "La feuille 'A' a été lue ; 'B' non."),
    ],
)
def test_messages_in_french(english: str, expected: str) -> None:
    assert french(english) == expected
    assert in_both(english) == {"en": english, "fr": expected}


def test_what_is_not_known_stays_in_english_alone() -> None:
    assert french("Something else.") is None
    assert in_both("Something else.") == {"en": "Something else."}
