"""The commands that give and take access, on the file and on a server."""

import json

import pytest

from api.factory import create_app
from kg.config import Settings
from kg.roles import Role
from kg.store import Store
from kg.store.tokens import check_token, create_token
from tests.serving import served


@pytest.fixture
def folder(tmp_path):
    with Store.open(tmp_path / "clientgraph.duckdb"):
        pass
    return tmp_path


def test_a_token_is_shown_once_listed_and_revoked(run, folder):
    made = run("token", "create", "ana", "--role", "analyst", "--personal", data_dir=folder)
    text = made.stdout.strip()
    with Store.open(folder / "clientgraph.duckdb") as store:
        token = check_token(store, text)
        assert (token.name, token.role, token.personal) == ("ana", Role.ANALYST, True)
    listed = run("token", "list", "--format", "json", data_dir=folder)
    (one,) = json.loads(listed.stdout)
    assert (one["name"], one["state"], one["expires"]) == ("ana", "active", None)
    assert text not in listed.stdout
    assert run("token", "revoke", "ana", data_dir=folder).exit_code == 0
    assert '"revoked"' in run("token", "list", "--format", "json", data_dir=folder).stdout
    with Store.open(folder / "clientgraph.duckdb") as store:
        assert check_token(store, text) is None


@pytest.mark.parametrize(
    "arguments",
    [
        ["create", "x"],
        ["create", "x", "--role", "king"],
        ["create", "x", "--role", "reader", "--personal"],
        ["create", "x", "--role", "reader", "--expires", "soon"],
        ["create", "", "--role", "reader"],
        ["revoke", "nobody"],
    ],
)
def test_a_wrong_use_is_explained(run, folder, arguments):
    done = run("token", *arguments, data_dir=folder)
    assert done.exit_code == 2
    assert done.stderr.strip()


def test_the_session_and_token_settings_travel_with_a_backup(run, folder, tmp_path):
    text = run("token", "create", "ana", "--role", "admin", data_dir=folder).stdout.strip()
    run("backup", str(tmp_path / "copy"), data_dir=folder)
    run("token", "revoke", "ana", data_dir=folder)
    restored = run("restore", str(tmp_path / "copy"), "--force", data_dir=folder)
    assert "It has 1 active token of" in restored.stderr
    with Store.open(folder / "clientgraph.duckdb") as store:
        assert check_token(store, text) is not None


@pytest.fixture
def guarded(tmp_path):
    """Yield the address of a server that asks for tokens, and an administrator's."""
    with Store.open() as store:
        text, _ = create_token(store, "root", Role.ADMIN)
        app = create_app(Settings(data_dir=tmp_path), store)
        with served(app) as address:
            yield address, text


def test_a_server_asks_for_the_token(run, guarded, tmp_path):
    url, text = guarded
    asked = ["query", "-e", "ASK {}", "--url", url]
    assert "Show a token" in run(*asked, data_dir=tmp_path).stderr
    assert run(*asked, "--token", text, data_dir=tmp_path).stdout == "yes\n"
    known = {"CLIENTGRAPH_TOKEN": text}
    assert run(*asked, data_dir=tmp_path, env=known).stdout == "yes\n"
    assert run("--url", url, "--token", text, "query", "-e", "ASK {}").stdout == "yes\n"


def test_access_is_given_and_taken_while_a_server_runs(run, guarded):
    url, text = guarded
    known = {"CLIENTGRAPH_TOKEN": text}
    made = run("token", "create", "bo", "--role", "reader", "--url", url, env=known)
    other = {"CLIENTGRAPH_TOKEN": made.stdout.strip()}
    asked = ["query", "-e", "ASK {}", "--url", url]
    assert run(*asked, env=other).stdout == "yes\n"
    assert "has not the right 'admin'" in run("token", "list", "--url", url, env=other).stderr
    listed = run("token", "list", "--url", url, "--format", "json", env=known)
    assert [one["name"] for one in json.loads(listed.stdout)] == ["root", "bo"]
    assert run("token", "revoke", "bo", "--url", url, env=known).exit_code == 0
    assert "opens nothing" in run(*asked, env=other).stderr
