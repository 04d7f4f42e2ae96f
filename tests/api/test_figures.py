"""Figures of the whole graph: kept until the next commit, and made in the background."""

import threading
import time

import pytest
from sample import filled_store

from api.factory import create_app
from api.figures import Figure, figures_of
from kg.config import Settings
from kg.namespaces import CG, RDF
from kg.store import Store
from kg.store.statistics import class_sizes

ROW = ("http://example.org/new", str(RDF.type), str(CG.NaturalPerson), None, None, "http://x/g")


@pytest.fixture
def store():
    with Store.open(None) as store:
        yield store


@pytest.fixture
def app(store, tmp_path):
    return create_app(Settings(data_dir=tmp_path, organization="shop"), store)


def add(store, row=ROW):
    with store.write() as tx:
        tx.insert_few([row])


def test_a_figure_is_read_once_for_a_commit_and_again_after_the_next(app, store):
    read = []
    figure = Figure("test", lambda cursor: read.append(1) or len(read))
    with app.test_request_context():
        assert [figure.known(), figure.known()] == [1, 1]
        add(store)
        assert [figure.known(), figure.known()] == [2, 2]


def test_figures_are_made_in_the_background_and_again_after_a_commit(app, store, monkeypatch):
    monkeypatch.setattr("api.figures._PAUSE", 0.01)
    made = threading.Semaphore(0)
    figure = Figure("test", lambda cursor: (made.release(), class_sizes(cursor, [ROW[2]]))[1])
    prepared = threading.Event()
    figures_of(app).keep_ready([figure], prepared.set)
    assert made.acquire(timeout=30)
    assert prepared.is_set()
    add(store)
    assert made.acquire(timeout=30)
    with app.test_request_context():
        assert figure.known() == {ROW[2]: 1}


def dated(day, read):
    return Figure("dated", lambda cursor: read.append(day) or day, (day,))


def test_figures_that_are_given_the_same_are_one(app):
    read = []
    with app.test_request_context():
        assert [dated(day, read).known() for day in (1, 2, 1)] == [1, 2, 1]
    assert read == [1, 2]


def test_figures_of_today_are_made_again_where_somebody_looked_at_them(app, store, monkeypatch):
    monkeypatch.setattr("api.figures._PAUSE", 0.01)
    read, made = [], threading.Semaphore(0)
    always = Figure("always", lambda cursor: made.release() or True)
    figures_of(app).keep_ready([always], of_today=lambda: [dated(3, read)])
    while not read:
        time.sleep(0.01)
    assert made.acquire(timeout=30)
    add(store)
    assert made.acquire(timeout=30)
    with app.test_request_context():
        assert dated(3, read).known() == 3
    assert read == [3, 3]
    add(store)
    while len(read) < 3:
        time.sleep(0.01)
    assert made.acquire(timeout=30)


def test_a_figure_that_fails_does_not_stop_the_others(app, store, monkeypatch, caplog):
    monkeypatch.setattr("api.figures._PAUSE", 0.01)
    made = threading.Event()
    wrong = Figure("wrong", lambda cursor: cursor.execute("SELECT nothing"))
    figures_of(app).keep_ready([wrong, Figure("right", lambda cursor: made.set())])
    assert made.wait(30)
    assert "nothing" in caplog.text


def test_closing_the_store_ends_a_figure_that_is_being_read(store, tmp_path):
    begun = threading.Event()

    def read(cursor):
        begun.set()
        return cursor.execute("SELECT sum(a.range) FROM range(9999999) AS a, range(99999)")

    app = create_app(Settings(data_dir=tmp_path), store)
    figures_of(app).keep_ready([Figure("long", read)])
    assert begun.wait(30)
    store.close()
    assert not any(one.name == "figures" for one in threading.enumerate())


def test_class_sizes_count_each_thing_once():
    with filled_store() as store:
        row = ("http://example.org/twice", str(RDF.type), str(CG.Purchase), None, None)
        before = class_sizes(store.cursor(), [str(CG.Purchase), str(CG.Household)])
        for graph in ("http://example.org/g1", "http://example.org/g2"):
            add(store, (*row, graph))
        after = class_sizes(store.cursor(), [str(CG.Purchase), str(CG.Household)])
        assert after == {**before, str(CG.Purchase): before[str(CG.Purchase)] + 1}
