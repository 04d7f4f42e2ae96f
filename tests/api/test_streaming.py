"""Answers that stream: their first bytes come at once, and half an answer never looks whole."""

import gzip
import http.client
import socket
import tracemalloc
import zlib
from urllib.parse import quote, urlsplit

import pyoxigraph as ox
import pytest
from flask import Flask
from running import running, send

from api.answers import HEAD
from api.answers import send as send_stream
from kg.store import Store
from kg.store.rdf import load_bytes

ROWS = 60_000
SELECT = "/sparql?query=" + quote("SELECT * { ?s ?p ?o }")
CONSTRUCT = "/sparql?query=" + quote("CONSTRUCT WHERE { ?s ?p ?o }")
GRAPH = "/graphs?graph=x:g"
# The last of its rows holds a character that XML cannot carry.
BREAKS = "/sparql?format=xml&query=" + quote("SELECT * { ?s ?p ?o } ORDER BY ?s")


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    lines = "".join(f'<x:s{n}> <x:p> "{n} {"text " * 8}" .\n' for n in range(ROWS))
    with Store.open(None) as store:
        with store.write() as tx:
            load_bytes(tx, lines.encode(), format="nt", graph="x:g")
            load_bytes(tx, b'<x:z> <x:p> "\\u0001" .', format="nt", graph="x:last")
        with running(store, tmp_path_factory.mktemp("streaming")) as address:
            yield address


def lines(answer):
    return answer.body.count(b"\n")


@pytest.mark.parametrize("path", [SELECT, CONSTRUCT, GRAPH])
def test_large_answers_are_whole(address, path):
    accept = "text/csv" if path == SELECT else "application/n-triples"
    answer = send(address + path, headers={"Accept": accept})
    assert answer.status == 200
    assert "Content-Length" not in answer.headers
    assert lines(answer) >= ROWS


@pytest.mark.parametrize("accept", ["text/turtle", "application/rdf+xml", "application/ld+json"])
def test_large_graphs_are_one_document_in_every_format(address, accept):
    answer = send(address + GRAPH, headers={"Accept": accept})
    syntax = ox.RdfFormat.from_media_type(accept)
    assert sum(1 for _ in ox.parse(answer.body, syntax)) == ROWS


def test_first_bytes_come_before_the_last_are_made(address):
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
    connection.request("GET", BREAKS)
    response = connection.getresponse()
    assert response.status == 200
    assert response.read(5) == b"<?xml"
    connection.close()


@pytest.mark.parametrize("accepted", ["identity", "gzip"])
def test_answer_that_breaks_off_breaks_the_connection(address, accepted):
    with pytest.raises(http.client.IncompleteRead):
        send(address + BREAKS, headers={"Accept-Encoding": accepted})


def test_http_1_0_which_cannot_tell_a_broken_answer_gets_whole_ones_or_a_problem(address):
    host, _, port = urlsplit(address).netloc.partition(":")

    def asked(path):
        with socket.create_connection((host, int(port)), timeout=60) as connection:
            request = f"GET {path} HTTP/1.0\r\nHost: {host}\r\nAccept: text/csv\r\n\r\n"
            connection.sendall(request.encode())
            received = b"".join(iter(lambda: connection.recv(1 << 16), b""))
        head, _, body = received.partition(b"\r\n\r\n")
        return head, body

    head, body = asked(SELECT)
    assert f"Content-Length: {len(body)}".encode() in head
    head, body = asked(BREAKS)
    assert b" 422 " in head.splitlines()[0]
    assert b"U+0001" in body


def test_memory_does_not_grow_with_the_answer():
    chunk, number = b"x" * 65_536, 1000
    with Flask(__name__).test_request_context():
        tracemalloc.start()
        response = send_stream((bytes(bytearray(chunk)) for _ in range(number)), "text/csv")
        size = sum(map(len, response.response))
        response.close()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert size == len(chunk) * number
    assert peak < 4 * HEAD


def test_client_that_leaves_ends_its_query(address):
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
    connection.request("GET", SELECT)
    connection.getresponse().read(10)
    connection.close()
    # Four threads serve: all of them are free again for others.
    for _ in range(8):
        assert send(address + "/sparql?query=ASK%20%7B%7D").status == 200


@pytest.mark.parametrize("path", [SELECT, GRAPH])
def test_packed_answers_unpack_to_the_same(address, path):
    plain = send(address + path, headers={"Accept": "application/n-triples, text/csv"})
    packed = send(
        address + path,
        headers={"Accept": "application/n-triples, text/csv", "Accept-Encoding": "br, gzip;q=0.5"},
    )
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert "Accept-Encoding" in plain.headers["Vary"]
    assert len(packed.body) < len(plain.body) / 4
    assert sorted(gzip.decompress(packed.body).splitlines()) == sorted(plain.body.splitlines())


def test_first_bytes_of_a_packed_answer_come_at_once(address):
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
    connection.request("GET", BREAKS, headers={"Accept-Encoding": "gzip"})
    first = connection.getresponse().read(500)
    assert zlib.decompressobj(31).decompress(first).startswith(b"<?xml")
    connection.close()


@pytest.mark.parametrize("accepted", ["", "identity", "gzip;q=0", "br", "identity, gzip;q=0.5"])
def test_answers_are_not_packed_for_who_does_not_ask(address, accepted):
    answer = send(address + "/sparql", headers={"Accept-Encoding": accepted})
    assert "Content-Encoding" not in answer.headers
    assert int(answer.headers["Content-Length"]) == len(answer.body)


def test_pages_and_short_answers_are_not_packed(address):
    for path in ("/query", "/sparql?query=ASK%20%7B%7D"):
        answer = send(address + path, headers={"Accept-Encoding": "gzip"})
        assert "Content-Encoding" not in answer.headers
