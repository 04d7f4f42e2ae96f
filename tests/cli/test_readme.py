"""The tour of the README does what it says."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from api.factory import create_app
from kg.cli import main
from kg.config import Settings

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
TOUR = README[README.index("## Five minutes") : README.index("## Your own files")]
COMMANDS = [
    shlex.split(line)[1:]
    for line in re.findall(r"^clientgraph (?:[^'\n]|'[^']*')*$", TOUR, re.MULTILINE)
    if "--url" not in line
]
CALLS = [shlex.split(line)[1:] for line in re.findall(r"^curl .*$", TOUR, re.MULTILINE)]


@pytest.fixture(scope="module")
def tour(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Iterator[dict[str, Result]]:
    """Run every command of the tour in its order; return the results by command."""
    folder = tmp_path_factory.mktemp("tour")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        patch.setenv("CLIENTGRAPH_DATA_DIR", str(folder))
        results = {" ".join(words): CliRunner().invoke(main, words) for words in COMMANDS}
        yield results | {"folder": folder}


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: " ".join(words[:3]))
def test_a_command_of_the_tour_answers(tour: dict[str, Result], words: list[str]) -> None:
    result = tour[" ".join(words)]
    assert result.exit_code == (1 if "mistakes" in words else 0), result.output
    assert result.stdout


def test_the_tour_tells_the_truth_about_the_demo(tour: dict[str, Result]) -> None:
    chain = tour["referrals chain --party P0037"].stdout.splitlines()
    assert [line.split()[2] for line in chain[2:]][1:-1] == ["P0120", "P0143", "P0018", "P0113"]
    rings = tour["referrals rings"].stdout
    assert {"P0057", "P0058", "P0059"} <= set(rings.split())
    assert "U-SUP" in tour["chains loops --as-of 2025-06-30"].stdout
    mistake = tour["import data/demo-mistakes/not-a-date --source mistakes --lang fr"].stdout
    assert "purchases.csv, ligne 3" in mistake or "purchases.csv, row 3" in mistake


@pytest.mark.parametrize("words", CALLS, ids=lambda words: words[-1])
def test_a_call_of_the_tour_answers(tour: dict[str, Result], words: list[str]) -> None:
    app = create_app(Settings(data_dir=tour["folder"]))
    client = app.test_client()
    path = words[-1].removeprefix("http://127.0.0.1:5000")
    assert path.startswith("/")
    if "--data-urlencode" in words:
        _, _, query = words[words.index("--data-urlencode") + 1].partition("=")
        answer = client.post(path, data={"query": query}, headers={"Accept": "text/csv"})
    else:
        answer = client.get(path)
    app.extensions["clientgraph"].store.close()
    assert answer.status_code == 200, answer.text
    assert answer.data
