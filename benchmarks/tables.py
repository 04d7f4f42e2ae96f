"""How smooth a long answer is on the query page: `python -m benchmarks.tables`.

A query over a crowd (`benchmarks.crowd`) is run in Debian's Chromium; its table is then scrolled,
sorted and filtered. Times are those of the page. Options: `--rows 100000 --seconds 4`.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from selenium.webdriver.support.ui import WebDriverWait

from api.factory import create_app
from benchmarks.crowd import write
from benchmarks.measuring import machine
from benchmarks.networks import CONTEXT
from benchmarks.pages import browsing, served
from kg.config import Settings
from kg.store import Store

_PARTIES = 1_000
_QUERY = """
PREFIX cg: <https://w3id.org/clientgraph/ns#>
SELECT ?party ?key ?number {{
  {{ SELECT ?party ?key {{ ?party cg:sourceKey ?key }} LIMIT {parties} }}
  VALUES ?number {{ {numbers} }}
}}"""
_MEASURE = """
const [seconds, done] = arguments;
const frame = () => new Promise(requestAnimationFrame);
async function timed(act) {
  const start = performance.now();
  act();
  const passed = performance.now() - start;
  await frame();
  await frame();
  return [passed, performance.now() - start];
}
async function scrolled(step) {
  const scroller = document.querySelector(".data-table .scroll");
  scroller.scrollTop = 0;
  const times = [];
  const end = performance.now() + 1000 * seconds;
  let before = await frame();
  while (performance.now() < end) {
    scroller.scrollTop += step;
    const now = await frame();
    times.push(now - before);
    before = now;
  }
  return times;
}
(async () => {
  const found = { slowly: await scrolled(40), fast: await scrolled(4000) };
  const headings = document.querySelectorAll(".data-table thead button");
  found.text = await timed(() => headings[1].click());
  found.number = await timed(() => headings[2].click());
  const filter = document.querySelector(".data-table input");
  const typed = (words) => () => {
    filter.value = words;
    filter.dispatchEvent(new Event("input"));
  };
  found.first_letter = await timed(typed("9"));
  found.more_letters = await timed(typed("99"));
  found.elements = document.querySelectorAll(".data-table tr").length;
  done(found);
})();
"""


def measure(address: str, rows: int, seconds: float) -> dict[str, Any]:
    """Return milliseconds: of the answer, of each frame, of sorting and of filtering."""
    numbers = " ".join(str(n) for n in range(rows // _PARTIES))
    query = _QUERY.format(parties=_PARTIES, numbers=numbers)
    with browsing(seconds) as browser:
        browser.get(f"{address}/query?{urlencode({'edit': '', 'query': query})}")
        browser.execute_script(
            "window.begun = performance.now();"
            "document.querySelector('form[data-query] button[type=submit]').click()"
        )
        shown = "return document.querySelector('.data-table tbody tr[data-place]') !== null"
        WebDriverWait(browser, 120, 0.02).until(lambda _: browser.execute_script(shown))
        passed = browser.execute_script("return performance.now() - window.begun")
        found: dict[str, Any] = browser.execute_async_script(_MEASURE, seconds)
        return {"answer": passed, **found}


def main() -> None:
    """Print the times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=4.0)
    given = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(_PARTIES, folder / "crowd.duckdb")
        settings = Settings(data_dir=folder, organization=CONTEXT.organization)
        with (
            Store.open(folder / "crowd.duckdb") as store,
            served(create_app(settings, store)) as address,
        ):
            found = measure(address, given.rows, given.seconds)
    print(f"{given.rows:,} rows, load {os.getloadavg()[0]:.1f}; rows drawn: {found['elements']}")
    print(f"from Run to the table: {found['answer']:.0f} ms")
    for kind in ("slowly", "fast"):
        times = found[kind]
        print(
            f"scrolled {kind}: {1000 * len(times) / sum(times):.1f} frames/s, median"
            f" {statistics.median(times):.1f} ms, worst {max(times):.0f} ms"
        )
    for kind in ("text", "number", "first_letter", "more_letters"):
        script, whole = found[kind]
        print(f"{kind.replace('_', ' ')}: {script:.0f} ms of script, drawn after {whole:.0f} ms")


if __name__ == "__main__":
    main()
