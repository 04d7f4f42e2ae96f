"""No text of a query reaches a file, the network or a setting, by any trick that we know."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from kg.errors import ClientgraphError, QueryError
from kg.sparql import explain, query
from kg.store import EngineError, Store
from kg.store.rdf import load_bytes

STATEMENTS = (
    "read_csv('{file}')", "read_text('{file}')", "read_blob('{file}')", "glob('{folder}/*')",
    "'{file}'", "parquet_scan('{file}')", "read_json('{file}')", "sniff_csv('{file}')",
)  # fmt: skip
COMMANDS = (
    "COPY term TO '{file}.out'", "ATTACH '{file}.db' AS x", "EXPORT DATABASE '{folder}/out'",
    "INSTALL httpfs", "LOAD httpfs", "PRAGMA enable_external_access=true", "SET threads = 99",
    "SET lock_configuration = false", "SET enable_external_access = true",
    "SET allowed_directories = ['/']", "SET allowed_configs = ['threads']", "SET GLOBAL x = 1",
    "SET temp_directory = '{folder}'", "RESET lock_configuration", "CREATE SECRET (TYPE http)",
    "IMPORT DATABASE '{folder}'", "SET home_directory = '/'", "SET memory_limit = '900GB'",
)  # fmt: skip
INJECTIONS = (
    "x' UNION SELECT content FROM read_text('{file}') --",
    "x\"; ATTACH '{file}.db'; --",
    "'); COPY term TO '{file}.out'; --",
    "{{file}} $1 ? %s :x",
    "x\\'; PRAGMA database_list; --",
    "/* */ -- \n; DROP TABLE quad",
    "x') OR 1=1) --",
    "\u0000x'",
)


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with Store.open() as store:
        with store.write() as tx:
            load_bytes(tx, b"<urn:s> <urn:p> 'x', 1 .", format="turtle", graph="urn:g")
        yield store


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret.csv"
    path.write_text("a,b\nTopSecretContent,2\n")
    return path


def filled(text: str, secret: Path) -> str:
    return text.replace("{file}", str(secret)).replace("{folder}", str(secret.parent))


@pytest.mark.parametrize("source", STATEMENTS)
def test_the_engine_reads_no_file_for_us(store: Store, secret: Path, source: str) -> None:
    with pytest.raises(EngineError):
        store.cursor().execute(f"SELECT * FROM {filled(source, secret)}").fetchall()


@pytest.mark.parametrize("command", COMMANDS)
def test_the_engine_is_closed_and_stays_so(store: Store, secret: Path, command: str) -> None:
    with pytest.raises(EngineError):
        store.cursor().execute(filled(command, secret)).fetchall()
    assert sorted(path.name for path in secret.parent.iterdir()) == ["secret.csv"]


def literal(text: str) -> str:
    escaped = re.sub(r"([\\\"])", r"\\\1", text).replace("\n", "\\n").replace("\u0000", "\\u0000")
    return f'"{escaped}"'


def iri(text: str) -> str:
    return "urn:" + re.sub(r"[\x00-\x20<>\"{}|\\^`]", "_", text)


PLACES = {
    "object": "SELECT * {{ ?s ?p {literal} }}",
    "comparison": "SELECT * {{ ?s ?p ?o FILTER(?o = {literal} || STR(?o) < {literal}) }}",
    "projection": "SELECT ({literal} AS ?x) {{ ?s ?p ?o }}",
    "pattern": "SELECT * {{ ?s ?p ?o FILTER REGEX(STR(?o), {literal}) }}",
    "flags": "SELECT * {{ ?s ?p ?o FILTER REGEX(STR(?o), 'x', {literal}) }}",
    "replacement": "SELECT (REPLACE('x', 'x', {literal}) AS ?x) {{}}",
    "contained": "SELECT * {{ ?s ?p ?o FILTER CONTAINS(STR(?o), {literal}) }}",
    "separator": "SELECT (GROUP_CONCAT(?o; SEPARATOR={literal}) AS ?x) {{ ?s ?p ?o }}",
    "datatype": "SELECT * {{ ?s ?p ?o FILTER(?o = 'x'^^<{iri}>) }}",
    "cast": "SELECT (<{iri}>({literal}) AS ?x) {{ ?s ?p ?o }}",
    "values": "SELECT * {{ VALUES (?a ?b) {{ ({literal} <{iri}>) }} }}",
    "subject": "SELECT * {{ <{iri}> ?p ?o }}",
    "predicate": "SELECT * {{ ?s <{iri}>+ ?o }}",
    "graph": "SELECT * {{ GRAPH <{iri}> {{ ?s ?p ?o }} }}",
    "from": "SELECT * FROM <{iri}> FROM NAMED <{iri}> {{ ?s ?p ?o }}",
    "construct": "CONSTRUCT {{ <{iri}> <{iri}> {literal} }} {{ ?s ?p ?o }}",
    "describe": "DESCRIBE <{iri}>",
    "order": "SELECT * {{ ?s ?p ?o }} ORDER BY ({literal}) CONCAT(STR(?o), {literal})",
    "language": "SELECT (STRLANG('x', {literal}) AS ?x) {{ ?s ?p ?o }}",
    "made iri": "SELECT (IRI({literal}) AS ?x) {{ ?s ?p ?o }}",
    "exists": "SELECT * {{ ?s ?p ?o FILTER EXISTS {{ ?s <{iri}> {literal} }} }}",
}


def answered(store: Store, text: str, **options: object) -> str:
    """Return what a query tells, its error included."""
    try:
        result = query(store, text, **options)  # type: ignore[arg-type]
        return f"{list(result.rows())} {result.boolean} {result.reason}"
    except QueryError as error:
        return str(error)


@pytest.mark.parametrize("place", PLACES)
def test_no_part_of_a_query_is_read_as_sql(store: Store, secret: Path, place: str) -> None:
    before = store.cursor().execute("SELECT count(*) FROM quad").fetchall()
    for trick in (*STATEMENTS[:2], *COMMANDS[:2], *INJECTIONS):
        text = filled(trick, secret)
        asked = PLACES[place].format(literal=literal(text), iri=iri(text))
        assert "TopSecretContent" not in answered(store, asked)
    assert store.cursor().execute("SELECT count(*) FROM quad").fetchall() == before
    assert sorted(path.name for path in secret.parent.iterdir()) == ["secret.csv"]


@pytest.mark.parametrize("trick", [*STATEMENTS[:2], *INJECTIONS])
def test_graphs_of_a_request_are_names_only(store: Store, secret: Path, trick: str) -> None:
    text = filled(trick, secret)
    for name in ("default_graphs", "named_graphs", "hidden_graphs"):
        shown = answered(store, "SELECT * { ?s ?p ?o }", **{name: [text]})
        assert "TopSecretContent" not in shown


@pytest.mark.parametrize("name", ["quad", "term", "select", "ŝ", "v0", "a__b", "_", "setting"])
def test_names_of_variables_do_not_meet_those_of_the_engine(store: Store, name: str) -> None:
    text = f"SELECT ?{name} {{ ?{name} <urn:p> 1 }}"
    assert "urn:s" in answered(store, text)
    assert "engine: sql" in explain(store, text)


@pytest.mark.parametrize("scheme", ["file", "http", "ftp", "data"])
def test_addresses_of_documents_name_graphs_and_load_none(
    store: Store, secret: Path, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[object] = []
    monkeypatch.setattr("urllib.request.OpenerDirector.open", lambda *a, **k: calls.append(a))
    monkeypatch.setattr("socket.create_connection", lambda *a, **k: calls.append(a))
    address = f"{scheme}://127.0.0.1:9{secret}" if scheme != "file" else secret.as_uri()
    for text in (
        f"SELECT * FROM <{address}> {{ ?s ?p ?o }}",
        f"SELECT * FROM NAMED <{address}> {{ GRAPH ?g {{ ?s ?p ?o }} }}",
        f"SELECT * {{ GRAPH <{address}> {{ ?s ?p ?o }} BIND(BNODE() AS ?b) }}",
        f"DESCRIBE <{address}>",
        f"SELECT * {{ SERVICE <{address}> {{ ?s ?p ?o }} }}",
        f"SELECT * {{ SERVICE SILENT <{address}> {{ ?s ?p ?o }} }}",
        f"SELECT * {{ BIND(<{address}> AS ?x) SERVICE ?x {{ ?s ?p ?o }} }}",
        f"SELECT * {{ ?s ?p ?o FILTER EXISTS {{ SERVICE <{address}> {{ ?s ?p ?o }} }} }}",
        f"SELECT * {{ {{ SELECT * {{ OPTIONAL {{ SERVICE <{address}> {{ ?s ?p ?o }} }} }} }} }}",
    ):
        assert "TopSecretContent" not in answered(store, text)
    assert calls == []


UPLOADS = {
    "xml": """<?xml version="1.0"?>
<!DOCTYPE rdf:RDF [<!ENTITY x SYSTEM "{uri}"><!ENTITY % y SYSTEM "http://127.0.0.1:9/x.dtd"> %y;]>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="urn:e:">
<rdf:Description rdf:about="urn:s"><e:p>&x;</e:p></rdf:Description></rdf:RDF>""",
    "json-ld": '{{"@context": "http://127.0.0.1:9/context.jsonld", "@id": "urn:s", "p": "x"}}',
}
REMOTE_CONTEXTS = (
    '{{"@context": "{uri}", "@id": "urn:s", "p": "x"}}',
    '{{"@context": [{{"@import": "{uri}"}}], "@id": "urn:s", "p": "x"}}',
)


@pytest.mark.parametrize(
    ("format_name", "document"),
    [*UPLOADS.items(), *(("json-ld", one) for one in REMOTE_CONTEXTS)],
)
def test_documents_bring_nothing_from_elsewhere(
    store: Store, secret: Path, format_name: str, document: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[object] = []
    monkeypatch.setattr("urllib.request.OpenerDirector.open", lambda *a, **k: calls.append(a))
    monkeypatch.setattr("socket.create_connection", lambda *a, **k: calls.append(a))
    text, told = document.format(uri=secret.as_uri()), ""
    try:
        with store.write() as tx:
            load_bytes(tx, text.encode(), format=format_name, graph="urn:upload")
    except ClientgraphError as error:
        told = str(error)
    assert "TopSecretContent" not in told
    shown = answered(store, "SELECT * { GRAPH <urn:upload> { ?s ?p ?o } }")
    assert "TopSecretContent" not in shown
    assert calls == []


def test_entities_that_multiply_are_stopped(store: Store) -> None:
    levels = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, 10))
    text = (
        f'<!DOCTYPE r [<!ENTITY e0 "lol">{levels}]>'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="urn:e:">'
        '<rdf:Description rdf:about="urn:s"><e:p>&e9;</e:p></rdf:Description></rdf:RDF>'
    )
    with pytest.raises(ClientgraphError), store.write() as tx:
        load_bytes(tx, text.encode(), format="xml", graph="urn:bomb")
