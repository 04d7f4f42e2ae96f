"""No page keeps a text of the other language."""

import re

import pytest
from sample import filled_store
from walking import page_paths, words_of

from api import language
from api.factory import create_app
from api.labels import begun
from kg.config import Settings
from kg.terminology import load_terminology

_HTML = {"Accept": "text/html"}
_AROUND = re.compile(r"^[\d\W]+|( · clientgraph|[\d\W])+$")
"""What stands around a text: numbers, signs, the name of the product in a title."""
_WORD = re.compile(r"[^\W\d_]{3,}")
_FORMATS = frozenset({"csv", "json", "parquet", "tsv", "turtle", "xlsx", "xml"})
_NAMES = _FORMATS | {"English", "Français", "SPARQL", "clientgraph", "EUR"}
"""Words that are the same in every language."""


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    with filled_store() as store:
        settings = Settings(data_dir=tmp_path_factory.mktemp("data"), organization="shop")
        yield create_app(settings, store)


def same_in_both():
    """Return the texts that are rightly the same in English and in French."""
    found = set()
    for texts in language.text_keys().values():
        if isinstance(texts["en"], str):
            found |= {texts["en"]} & {texts["fr"]}
        else:
            found |= set(texts["en"].values()) & set(texts["fr"].values())
    for term in load_terminology().terms:
        found |= {*term.sources, term.rule}
        found |= set(term.labels.get("en", ())) & set(term.labels.get("fr", ()))
    return found | {begun(one) for one in found}


def data_of(app):
    """Return the texts that the graph holds."""
    cursor = app.extensions["clientgraph"].store.cursor()
    rows = cursor.execute(
        'SELECT lex FROM term UNION SELECT note FROM "commit" UNION SELECT agent FROM "commit"'
    ).fetchall()
    return {row[0] for row in rows}


def test_no_text_is_the_same_on_the_french_page_and_on_the_english_one(app):
    client, found = app.test_client(), {}
    allowed = same_in_both() | data_of(app)
    patterns = [_pattern(text) for text in same_in_both()]
    for path in page_paths(app):
        english, french = (shown(client, path, code) for code in ("en", "fr"))
        for text in english & french:
            bare = _AROUND.sub("", text)
            same = {text, bare} & allowed or any(one.fullmatch(text) for one in patterns)
            if set(_WORD.findall(bare)) - _NAMES and not same:
                found.setdefault(text, path)
    assert not found, "\n".join(f"{path}: {text}" for text, path in sorted(found.items()))


def shown(client, path, code):
    """Return the texts of a page in a language."""
    response = client.get(f"{path}{'&' if '?' in path else '?'}lang={code}", headers=_HTML)
    if 300 <= response.status_code < 400:
        return set()
    return set(words_of(response.text))


def _pattern(text):
    """Return the pattern of a text whose places are filled."""
    return re.compile(re.sub(r"\\\{\w+\\\}", ".*", re.escape(text)))


def test_texts_are_read_outside_of_code_and_with_what_is_read_aloud():
    page = '<p title="a">b <code>c</code> <i lang="fr">d</i><input placeholder="e"> f</p>'
    assert list(words_of(page)) == ["a", "b", "e", "f"]
