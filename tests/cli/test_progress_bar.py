"""The progress of an import on a terminal, in the language of the command."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pty = pytest.importorskip("pty", reason="there are no pseudo-terminals here")


def test_a_terminal_is_told_the_step_and_the_rows(tmp_path: Path, root: Path) -> None:
    rows = "".join(f"P{number},person,Ana\n" for number in range(2000))
    (tmp_path / "parties.csv").write_text("key,kind,name\n" + rows, "utf-8")
    told = on_terminal(
        [*("import", tmp_path / "parties.csv"), "--dry-run", "--lang", "fr"], tmp_path, root
    )
    assert "validation, 2\N{NO-BREAK SPACE}000 lignes, " in told
    assert "100%" in told


def on_terminal(words: list[object], folder: Path, root: Path) -> str:
    """Return what a command writes to standard error where that is a terminal."""
    ours, its = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", "from kg.cli import main; main()", *map(str, words)],
        env={**os.environ, "CLIENTGRAPH_DATA_DIR": str(folder / "data"), "COLUMNS": "200"},
        cwd=root,
        stdout=subprocess.DEVNULL,
        stderr=its,
    )
    os.close(its)
    told = b""
    try:
        while part := os.read(ours, 4096):
            told += part
    except OSError:  # The other end was closed.
        pass
    finally:
        os.close(ours)
    assert process.wait() == 0
    return told.decode()
