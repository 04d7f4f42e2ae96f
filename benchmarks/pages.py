"""How fast the pictures of networks are: `python -m benchmarks.pages`.

A made-up forest of referrals is drawn in Debian's Chromium while the camera moves, and frames are
counted; the processor draws them, which is the worst case. Then the server's time for the pages
and their data over a crowd (`benchmarks.crowd`), the first time and remembered. Options:
`--parties 20000 --referrals 40000 --seconds 5 --crowd 10000`.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask, Response
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait
from werkzeug.serving import make_server

from api.factory import create_app
from api.referral_map import KINDS
from benchmarks.crowd import write
from benchmarks.drawing import LAST_DAY
from benchmarks.measuring import machine
from benchmarks.networks import CONTEXT
from kg.analysis.map_layout import spread
from kg.config import Settings
from kg.store import Store

_SOFTWARE = ("--disable-gpu", "--use-angle=swiftshader", "--enable-unsafe-swiftshader")
_STAGES = ("CURRENT", "DORMANT", "FORMER", "POTENTIAL")
_FRAMES = """
const [seconds, done] = arguments;
const map = document.getElementById("map").networkMap;
const camera = map.renderer.getCamera();
async function moved(target) {
  const times = [];
  let before = performance.now();
  let going = true;
  const step = (now) => {
    times.push(now - before);
    before = now;
    if (going) requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
  await camera.animate(target, { duration: 1000 * seconds });
  going = false;
  return times.slice(1);
}
// The page leaves lines out while it moves once it has been too slow: both are told.
moved({ x: 0.6, y: 0.55, ratio: 0.6 })
  .then(async (first) => done([first, await moved({ x: 0.4, y: 0.5, ratio: 0.9 })]));
"""


def picture(parties: int, referrals: int) -> dict[str, Any]:
    """Return the answer of `/api/referrals/map` for a forest with referrals across it."""
    chance = random.Random(1)
    links = [(chance.randrange(max(1, n // 3)), n) for n in range(1, parties)]
    links += [(chance.randrange(parties), n % parties) for n in range(referrals - len(links))]
    places = spread(range(parties), links)
    zeros, count = [0] * parties, len(links)
    return {
        "as_of": "2026-10-31", "currency": "EUR", "currencies": ["EUR"], "total": parties,
        "matching": parties, "stages": _STAGES, "channels": [], "kinds": KINDS, "rings": 0,
        "since": "2023-01-01",
        "parties": {
            "rank": list(range(parties)), "key": [f"P{n}" for n in range(parties)],
            "name": [f"Party {n}" for n in range(parties)],
            "x": [places[n][0] for n in range(parties)],
            "y": [places[n][1] for n in range(parties)],
            "downstream": [10**9 // (n + 1) for n in range(parties)], "value": zeros,
            "descendants": zeros, "depth": zeros, "ring": [-1] * parties,
            "stage": [chance.randrange(len(_STAGES)) for _ in range(parties)],
        },
        "referrals": {
            "giver": [a for a, _ in links], "receiver": [b for _, b in links],
            "day": [chance.randrange(1400) for _ in links], "channel": [-1] * count,
            "kind": [chance.randrange(len(KINDS)) for _ in links],
        },
    }  # fmt: skip


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """Serve an application; yield its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _app(folder: Path, store: Store) -> Flask:
    return create_app(Settings(data_dir=folder, organization=CONTEXT.organization), store)


def frames(store: Store, folder: Path, parties: int, referrals: int, seconds: float) -> list[float]:
    """Return the milliseconds of each frame while the camera moves over a picture."""
    told = json.dumps(picture(parties, referrals))
    app = _app(folder, store)
    # The page is given a picture of the size wanted in the place of its store's.
    app.view_functions["referral_map.show_map"] = lambda: Response(
        told, mimetype="application/json"
    )
    with served(app) as address:
        return _counted(address, seconds)


@contextmanager
def browsing(seconds: float) -> Iterator[webdriver.Chrome]:
    """Yield a browser that draws with the processor, for scripts that last so many seconds."""
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    given = ("--headless", "--no-sandbox", "--window-size=1400,1000", "--disable-dev-shm-usage")
    for one in (*given, *_SOFTWARE):
        options.add_argument(one)
    service = Service("/usr/bin/chromedriver", log_output=os.devnull)
    with webdriver.Chrome(options=options, service=service) as browser:
        browser.set_script_timeout(seconds * 20 + 60)
        yield browser


def _counted(address: str, seconds: float) -> list[list[float]]:
    with browsing(seconds) as browser:
        browser.get(f"{address}/network?as_of={LAST_DAY}&now=1")
        script = "return document.getElementById('map').dataset.drawn"
        WebDriverWait(browser, 120).until(lambda _: browser.execute_script(script))
        found: list[list[float]] = browser.execute_async_script(_FRAMES, seconds)
        return found


def answers(store: Store, folder: Path) -> Iterator[tuple[str, float, float, int]]:
    """Yield address, CPU seconds of the first answer and of the next one, and its bytes."""
    client = _app(folder, store).test_client()
    for path in ("/network", "/api/referrals/map", "/chains", "/api/chains/map"):
        times, size = [], 0
        for _ in range(2):
            start = time.process_time()
            answer = client.get(path, query_string={"as_of": LAST_DAY, "now": 1, "timeout": 300})
            size = len(answer.data)
            times.append(time.process_time() - start)
            if answer.status_code != 200:
                raise RuntimeError(f"{path} answers {answer.status_code}: {answer.text[:300]}")
        yield path, times[0], times[1], size


def main() -> None:
    """Print frames per second, then the server's times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parties", type=int, default=20_000)
    parser.add_argument("--referrals", type=int, default=40_000)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--crowd", type=int, default=10_000)
    given = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(given.crowd, folder / "crowd.duckdb")
        with Store.open(folder / "crowd.duckdb") as store:
            found = frames(store, folder, given.parties, given.referrals, given.seconds)
            for turn, times in zip(("first movement", "next movement"), found, strict=True):
                print(
                    f"{given.parties:,} parties, {given.referrals:,} referrals, {turn}:"
                    f" {1000 * len(times) / sum(times):.1f} frames/s,"
                    f" median {statistics.median(times):.1f} ms, worst {max(times):.0f} ms;"
                    f" load {os.getloadavg()[0]:.1f}"
                )
            for path, first, again, size in answers(store, folder):
                print(f"{path}: {first:.2f} s first, {1000 * again:.0f} ms again, {size:,} bytes")


if __name__ == "__main__":
    main()
