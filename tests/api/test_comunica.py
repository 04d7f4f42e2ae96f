"""Comunica's engine works with running servers as they are, alone and over two of them.

It needs Node: `npm install -g @comunica/query-sparql`, or the command in CLIENTGRAPH_COMUNICA.
"""

import os
import shlex
import shutil
import subprocess

import pytest
from running import running
from sample import EX, PREFIXES, filled_store

from kg.store import Store
from kg.store.rdf import load_bytes

COMMAND = shlex.split(os.environ.get("CLIENTGRAPH_COMUNICA", "comunica-sparql"))
CITIES = f"<{EX}ana> <{EX}city> 'Lyon', 'Nantes'@fr .".encode()

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        shutil.which(COMMAND[0]) is None, reason="Comunica is not there: see CLIENTGRAPH_COMUNICA"
    ),
]


@pytest.fixture
def addresses(tmp_path):
    folders = [tmp_path / name for name in ("people", "cities")]
    with filled_store() as people, Store.open() as cities:
        with cities.write() as tx:
            load_bytes(tx, CITIES, format="turtle")
        with running(people, folders[0]) as one, running(cities, folders[1]) as other:
            yield f"{one}/sparql", f"{other}/sparql"


def comunica(*arguments):
    done = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_all_forms_of_queries(addresses):
    names = "{ ?who foaf:name ?name }"
    source = f"sparql@{addresses[0]}"
    for known in (source, addresses[0]):
        found = comunica(known, f"{PREFIXES} SELECT ?name {names} ORDER BY ?name")
        assert found.count("name") == 3
    assert comunica(source, f"{PREFIXES} ASK {names}").strip() == "true"
    built = comunica(source, f"{PREFIXES} CONSTRUCT {{ ?who ex:called ?name }} WHERE {names}")
    assert built.count("http://example.org/called") == 3
    assert "Ana" in comunica(source, f"{PREFIXES} DESCRIBE ex:ana")


def test_an_update(addresses):
    source = f"sparql@{addresses[0]}"
    comunica(source, f"{PREFIXES} INSERT DATA {{ ex:ana ex:new 'by Comunica' }}")
    new = f"{PREFIXES} ASK {{ ex:ana ex:new 'by Comunica' }}"
    assert comunica(source, new).strip() == "true"
    comunica(source, f"{PREFIXES} DELETE {{ ?s ex:new ?o }} WHERE {{ ?s ex:new ?o }}")
    assert comunica(source, new).strip() == "false"


def test_a_query_over_two_servers(addresses):
    asked = f"{PREFIXES} SELECT ?name ?city {{ ?who foaf:name ?name . ?who ex:city ?city }}"
    found = comunica(*(f"sparql@{address}" for address in addresses), asked)
    assert "Lyon" in found
    assert "Nantes" in found
    assert found.count("Ana") == 2
