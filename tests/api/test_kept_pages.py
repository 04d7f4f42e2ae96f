"""Keeping a query from its page, and what others see of it."""

import re

import pytest
from sample import filled_store

from api.factory import create_app
from kg.config import Settings
from kg.roles import Role
from kg.store.tokens import create_token

TEXT = "SELECT (?n AS ?number) { VALUES ?n { 1 2 } }"
_HTML = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def clients(tmp_path_factory):
    """Return the clients of two readers by name."""
    with filled_store() as store:
        folder = tmp_path_factory.mktemp("data")
        app = create_app(Settings(data_dir=folder, organization="shop"), store)
        made = {name: app.test_client() for name in ("ann", "ben")}
        for name, client in made.items():
            token = create_token(store, name, Role.READER)[0]
            client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
        yield made


def test_a_query_is_kept_shared_changed_and_forgotten(clients):
    ann, ben = clients["ann"], clients["ben"]
    form = {"name": "pair", "text": TEXT, "description": "Two <rows>", "sharing": "private"}
    answer = ann.post("/query", data=form)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/query/pair?done=saved")
    page = ann.get("/query/pair?run=1&now=1", headers=_HTML).text
    assert "Two &lt;rows&gt;" in page
    assert "2 rows" in page
    assert ben.get("/query/pair", headers=_HTML).status_code == 404
    assert "/query/pair" not in ben.get("/query", headers=_HTML).text

    ann.post("/query/pair/sharing", data={"description": "Both", "sharing": "everyone"})
    page = ben.get("/query", headers=_HTML).text
    assert "/query/pair" in page
    assert "Both" in page
    page = ben.get("/query/pair", headers=_HTML).text
    assert "kept by ann" in page
    assert "/query/pair/forget" not in page
    assert ben.post("/query/pair/forget").status_code == 403
    assert ben.post("/query", data=form).status_code == 403

    assert ann.post("/query/pair/forget").headers["Location"] == "/query?done=forgotten"
    assert ann.get("/query/pair", headers=_HTML).status_code == 404


def test_a_cited_answer_names_its_version_and_commit_and_stays(clients):
    ann = clients["ann"]
    for text in (TEXT, TEXT.replace("2 }", "2 3 }")):
        ann.post("/query", data={"name": "cited", "text": text, "sharing": "private"})
    page = ann.get("/query/cited?run=1&now=1&version=1", headers=_HTML).text
    assert "2 rows" in page
    links = re.findall(r'href="(/api/queries/cited\?[^"]*commit=[^"]*)"', page)
    assert len(links) == 3
    first = next(one for one in links if "version=1" in one).replace("&amp;", "&")
    assert ann.get(first, headers={"Accept": "text/csv"}).text.split() == ["number", "1", "2"]
    assert "3 rows" in ann.get("/query/cited?run=1&now=1", headers=_HTML).text
    assert ann.get("/query/cited?version=9", headers=_HTML).status_code == 404


def test_what_cannot_be_kept_is_told_beside_what_was_written(clients):
    for form in ({"name": "No", "text": TEXT}, {"name": "wrong", "text": "SELECT"}):
        answer = clients["ben"].post("/query?lang=fr", data={**form, "description": "rows"})
        assert answer.status_code == 400
        assert "La requête n’est pas gardée" in answer.text
        assert 'value="rows"' in answer.text
        assert form["text"] in answer.text


def test_a_question_of_ones_own_has_its_parameters_and_starts_the_editor(clients):
    ann = clients["ann"]
    text = "# param: least integer default=2\n" + TEXT.replace("} }", "} FILTER(?n >= ?least) }")
    ann.post("/query", data={"name": "least", "text": text, "sharing": "private"})
    assert 'name="least" value="2"' in ann.get("/query/least", headers=_HTML).text
    assert "2 rows" in ann.get("/query/least?run=1&now=1&least=1", headers=_HTML).text
    assert "1 row<" in ann.get("/query/least?run=1&now=1", headers=_HTML).text
    begun = ann.get("/query?edit=least", headers=_HTML).text
    assert "FILTER(?n" in begun
    assert 'name="name" value="least"' in begun
