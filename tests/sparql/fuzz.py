"""Random queries on random data, asked of three engines: `python tests/sparql/fuzz.py 0:2000`.

Where pyoxigraph and rdflib agree, the answer must be theirs; a case where it is not is cut down
and shown. The numbers are seeds, each of which makes a dataset and some queries.
"""

from __future__ import annotations

import logging
import re
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from fuzz_cases import Case, asked, cases, filled, smaller_cases
from fuzz_compare import comparable
from fuzz_trees import reduced
from oracles import Failure, Oracles, Outcome

from kg.store import Store

_PATIENCE = 40.0
"""Seconds that the cutting down of one case may take."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of one case: `same`, `different`, or why it decides nothing."""

    kind: str
    engine: str = ""
    detail: str = ""


@dataclass(slots=True)
class Report:
    """Counts of a run, and the failures that it has shown already."""

    counts: Counter[str] = field(default_factory=Counter)
    known: set[str] = field(default_factory=set)

    def notes(self, verdict: Verdict) -> bool:
        """Count a verdict; return whether it is no failure that was there before."""
        self.counts[verdict.kind] += 1
        self.counts["by " + _anonymous(verdict.engine)] += 1
        signature = verdict.kind + _anonymous(verdict.engine + verdict.detail[:80])
        if "fail" not in verdict.kind:
            return True
        new = signature not in self.known
        self.known.add(signature)
        return new


def judged(case: Case, oracles: Oracles, store: Store | None = None) -> Verdict:
    """Ask the three engines and compare."""
    seen = case.seen
    one, two = oracles.answers(seen, case.text)
    if isinstance(one, Failure) and isinstance(two, Failure):
        return Verdict("both oracles fail")
    ours, engine = _ours(case, store)
    if isinstance(one, Failure) or isinstance(two, Failure):
        refused = isinstance(ours, Failure) and not ours.reason.startswith("QuerySyntaxError")
        kind = "we fail" if refused else "one oracle fails"
        return Verdict(kind, engine, f"us {ours}\nox {one}\nrd {two}")
    wanted, other = (comparable(answer, case.text, seen) for answer in (one, two))
    if isinstance(ours, Failure):
        kind = "different" if wanted == other else "we fail"
        return Verdict(kind, engine, f"us {ours}\nwanted {one}")
    found = comparable(ours, case.text, seen)
    if wanted == other:
        if found == wanted:
            return Verdict("same" if one.rows or one.boolean else "same, empty", engine)
        return Verdict("different", engine, f"found  {ours}\nwanted {one}")
    if found == wanted:
        return Verdict("as pyoxigraph", engine)
    if found == other:
        return Verdict("as rdflib", engine, f"us {ours}\nox {one}\n rd {two}")
    return Verdict("three answers", engine, f"us {ours}\nox {one}\nrd {two}")


def _ours(case: Case, store: Store | None) -> tuple[Outcome, str]:
    if store is not None:
        return asked(store, case)
    with filled(case.data) as own:
        return asked(own, case)


Found = tuple[int, Case, Verdict]


def run(
    seeds: range, oracles: Oracles, report: Report, kinds: tuple[str, ...] = ("different",)
) -> Iterator[Found]:
    """Judge the cases of some seeds; yield those of some kinds, cut down."""
    for seed in seeds:
        todo = cases(seed)
        with filled(todo[0].data) as store:
            for case in todo:
                verdict = judged(case, oracles, store)
                if report.notes(verdict) and verdict.kind in kinds:
                    smallest = _cut(case, verdict.kind, oracles)
                    yield seed, smallest, judged(smallest, oracles)


def _cut(case: Case, kind: str, oracles: Oracles) -> Case:
    """Return a small case with the same verdict."""
    end = time.monotonic() + _PATIENCE

    def fails(candidate: Case) -> bool:
        return time.monotonic() < end and judged(candidate, oracles).kind == kind

    return reduced(case, smaller_cases, fails)


def _anonymous(text: str) -> str:
    """Return a text without numbers, names of variables and addresses."""
    return re.sub(r"0x[0-9a-f]+|[0-9]+|Variable \w+", "N", text)


def main(arguments: list[str], show: Callable[[str], object] = sys.stdout.write) -> int:
    """Run the seeds of `FROM:TO`; more arguments name the verdicts to show."""
    warnings.simplefilter("ignore")
    logging.disable()
    first, last = (int(part) for part in arguments[0].split(":"))
    kinds = tuple(arguments[1:]) or ("different",)
    report = Report()
    with Oracles() as oracles:
        for seed, case, verdict in run(range(first, last), oracles, report, kinds):
            show(f"\n## seed {seed}: {verdict.kind}, {verdict.engine}\n{case}\n{verdict.detail}\n")
            sys.stdout.flush()
    for name, count in report.counts.most_common():
        show(f"{count:7} {name}\n")
    return 1 if report.counts["different"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
