"""How the server sends: an answer in one piece, and no turn of its loop in vain."""

import http.client
import socket
import threading
import time
from urllib.parse import urlsplit

import pytest
from running import running, send
from waitress.channel import HTTPChannel

from api.connections import Channel
from kg.store import Store

QUERY = "/sparql?query=ASK%7B%7D"


@pytest.fixture
def sent(monkeypatch):
    """What was handed to the sockets, one after the other."""
    pieces = []

    def written(channel, data, **options):
        pieces.append(bytes(data))
        return sending(channel, data, **options)

    sending = Channel.send
    monkeypatch.setattr(Channel, "send", written)
    return pieces


@pytest.fixture
def address(tmp_path):
    with Store.open() as store, running(store, tmp_path) as address:
        yield address


def test_head_and_body_are_sent_together(address, sent):
    answer = send(address + QUERY)
    assert answer.status == 200
    assert len(sent) == 1
    head, _, body = sent[0].partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK")
    assert body == answer.body


def test_what_has_no_body_is_sent_too(address, sent):
    tag = send(address + QUERY).headers["ETag"]
    again = send(address + QUERY, headers={"If-None-Match": tag})
    assert (again.status, again.body) == (304, b"")
    assert send(address + QUERY, method="HEAD").body == b""
    assert len(sent) == 3


def test_answers_of_one_connection_come_in_their_order(address):
    parts = urlsplit(address)
    with socket.create_connection((parts.hostname, parts.port), timeout=30) as connection:
        request = f"GET {QUERY}&format={{}} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n"
        formats = ["json", "xml", "csv"] * 5
        connection.sendall("".join(request.format(one) for one in formats).encode())
        for one in formats:
            response = http.client.HTTPResponse(connection)
            # Each response reads ahead of its own end, so its length says where that is.
            response.fp = _Exactly(connection)
            response.begin()
            assert one in response.headers["Content-Type"]
            response.read()


def test_the_loop_waits_for_a_thread_that_sends(monkeypatch):
    turns = []
    monkeypatch.setattr(HTTPChannel, "handle_write", lambda _channel: turns.append(1))
    channel = Channel.__new__(Channel)
    channel.outbuf_lock = threading.Condition()
    sent = threading.Event()

    def loop():
        while not sent.is_set():
            channel.handle_write()

    with channel.outbuf_lock:
        thread = threading.Thread(target=loop)
        thread.start()
        time.sleep(0.05)
        sent.set()
    thread.join(10)
    # Each turn waits a thousandth of a second; without, there are thousands.
    assert 1 <= len(turns) < 100


class _Exactly:
    """What a socket receives, read no further than asked for."""

    def __init__(self, connection):
        self._connection = connection

    def readline(self, _limit=-1):
        line = b""
        while not line.endswith(b"\n"):
            line += self._connection.recv(1)
        return line

    def read(self, size):
        data = b""
        while len(data) < size:
            data += self._connection.recv(size - len(data))
        return data

    def readinto(self, buffer):
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def flush(self):
        pass

    def close(self):
        pass
