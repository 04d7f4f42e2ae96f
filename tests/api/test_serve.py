"""The command `serve`: a real process on a real port."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest
from click.testing import CliRunner

from kg.cli import main
from kg.roles import Role
from kg.store import Store
from kg.store.tokens import create_token

_SERVE = """
import pathlib, sys
from api.serve import serve
from kg.config import Settings
serve(sys.argv[2:], obj=Settings(data_dir=pathlib.Path(sys.argv[1])))
"""


@pytest.fixture
def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def process(port, tmp_path, root):
    """Yield a running server over a new store."""
    running = subprocess.Popen(
        [sys.executable, "-c", _SERVE, str(tmp_path), "--port", str(port)],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        stderr=subprocess.PIPE,
        # A shell that runs the tests in its background has them, and what they start, ignore it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    yield running
    if running.poll() is None:
        running.kill()
    running.communicate()


def get(port, path):
    """Return the answer of the server, waiting for it to come up."""
    deadline = time.monotonic() + 30
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
                return answer.status, answer.read()
        except urllib.error.URLError as error:
            if isinstance(error, urllib.error.HTTPError) or time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def test_server_answers_and_holds_the_store_until_it_is_stopped(process, port, tmp_path):
    status, body = get(port, "/healthz")
    assert (status, json.loads(body)["status"]) == (200, "ok")
    assert get(port, "/sparql?query=ASK%20%7B%7D")[0] == 200
    assert get(port, "/")[0] == 200

    refused = CliRunner().invoke(main, ["--data-dir", str(tmp_path), "query", "-e", "ASK {}"])
    assert refused.exit_code == 1
    assert "in use" in refused.output

    process.send_signal(signal.SIGINT)
    process.wait(30)
    assert b"Traceback" not in process.stderr.read()


def test_errors_on_a_real_connection_are_whole_problems(process, port):
    get(port, "/healthz")
    with pytest.raises(urllib.error.HTTPError) as caught:
        get(port, "/sparql?query=SELECT")
    with caught.value as answer:
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert json.load(answer)["line"] == 1


@pytest.mark.parametrize(
    "options",
    [
        ["--host", "192.0.2.1"],
        pytest.param(["--allowed-host", "graph.example"], marks=pytest.mark.slow),
        ["--allowed-host", "*"],
    ],
)
def test_a_server_without_tokens_is_for_this_machine_only(tmp_path, port, root, options):
    done = served(root, tmp_path, [*options, "--port", str(port)])
    assert done.returncode != 0
    assert "clientgraph token create" in done.stderr
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port), 1)


def test_with_a_token_it_listens_elsewhere_and_a_taken_port_is_explained(tmp_path, port, root):
    everywhere = "0.0.0.0"  # noqa: S104
    with Store.open(tmp_path / "clientgraph.duckdb") as store:
        create_token(store, "ana", Role.ADMIN)
    with socket.socket() as taken:
        taken.bind((everywhere, port))
        taken.listen()
        done = served(root, tmp_path, ["--host", everywhere, "--port", str(port)])
    assert done.returncode != 0
    assert "Choose another --port" in done.stderr.splitlines()[-1]


def served(root, folder, options):
    """Return what became of a server that does not start."""
    return subprocess.run(
        [sys.executable, "-c", _SERVE, folder, *options],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
