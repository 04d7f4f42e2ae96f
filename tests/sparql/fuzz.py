"""Random queries on random data, asked of three engines: `python tests/sparql/fuzz.py 0:2000`.

Where pyoxigraph and rdflib agree, the answer must be theirs; a case where it is not is cut down
and shown. The numbers are seeds, each of which makes a dataset and some queries. With `--padded`
the data stands among much that the queries do not see, so that the engine reads it as it reads a
large graph, in groups of rows that it passes over. With `--unindexed` the stores have no look-up
index, so that all that can be is compiled; with `--look-ups` many queries are those that it
answers, and its answers are compared with those of the compiled SQL, too.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import re
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from fuzz_cases import Case, asked, cases, compiled, evaluated, filled, smaller_cases
from fuzz_compare import Comparable, comparable
from fuzz_data import History
from fuzz_lookups import LookUps
from fuzz_paths import has_absent_end, has_twin_alternatives
from fuzz_queries import Queries
from fuzz_trees import reduced
from oracles import Answer, Failure, Oracles, Outcome

from kg.store import Store
from kg.store.property_steps import Worth

_STEP = 10
"""Seeds between two lines of counts."""
_WORTHS = (None, Worth(quads=1), Worth(quads=1, once=0.0))
"""What makes columns of a property table, seed by seed; with the last many subjects stand in its
rest."""
_PADDING = 130_000
"""Quads before and behind the data: more than a group of rows of the engine's own tables has."""
_OPTIONS = ("--padded", "--unindexed", "--look-ups")
_PATIENCE = 40.0
"""Seconds that the cutting down of one case may take."""


@dataclass(frozen=True, slots=True)
class Making:
    """How a store is made of a case's data: see `filled`."""

    worth: Worth | None = None
    padding: int = 0
    indexed: bool = False

    def filled(self, data: History) -> Store:
        """Return a store with the data."""
        return filled(data, self.worth, self.padding, indexed=self.indexed)


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


def judged(
    case: Case, oracles: Oracles, store: Store | None = None, making: Making = Making()
) -> Verdict:
    """Ask all engines and compare."""
    seen = case.seen
    one, two = oracles.answers(seen, case.text)
    if isinstance(one, Failure) and isinstance(two, Failure):
        return Verdict("both oracles fail")
    with contextlib.ExitStack() as stack:
        store = store or stack.enter_context(making.filled(case.data))
        ours, engine = asked(store, case)
        other = ours
        if not engine.startswith("rdflib"):
            other = (compiled if engine == "index" else evaluated)(store, case)
    answers = {"first": ours, "second": other, "pyoxigraph": one, "rdflib": two}
    detail = "\n".join(f"{name:10} {answer}" for name, answer in answers.items())
    forms = [
        None if isinstance(answer, Failure) else comparable(answer, case.text, seen)
        for answer in answers.values()
    ]
    kind = _kind(*forms, one)
    if "different" in kind and has_absent_end(case.text, seen):
        kind = "absent end, unjudged"
    if "different" in kind and has_twin_alternatives(case.text):
        kind = "twin alternatives, unjudged"
    return Verdict(kind, engine, detail)


def _kind(
    ours: Comparable | None,
    evaluated: Comparable | None,
    one: Comparable | None,
    two: Comparable | None,
    answer: Outcome,
) -> str:
    """Return how four answers differ, None being none."""
    if one is None or two is None:
        if ours is None:
            return "we fail"
        return "one oracle fails" if ours == evaluated else "our engines differ, unjudged"
    if one != two:
        if ours is None:
            return "we fail"
        if ours != evaluated:
            return "our engines differ, unjudged"
        return {one: "as pyoxigraph", two: "as rdflib"}.get(ours, "three answers")
    if ours != one:
        return "different"
    if evaluated != one:
        return "evaluator different"
    return (
        "same" if isinstance(answer, Answer) and (answer.rows or answer.boolean) else "same, empty"
    )


Found = tuple[int, Case, Verdict]


def run(
    seeds: range,
    oracles: Oracles,
    report: Report,
    kinds: tuple[str, ...] = ("different",),
    padding: int = 0,
    *,
    indexed: bool = True,
    source: type[Queries] = Queries,
) -> Iterator[Found]:
    """Judge the cases of some seeds; yield those of some kinds, cut down."""
    for seed in seeds:
        making = Making(_WORTHS[seed % len(_WORTHS)], padding, indexed)
        for _, group in itertools.groupby(cases(seed, source), lambda case: id(case.data)):
            todo = list(group)
            with making.filled(todo[0].data) as store:
                for case in todo:
                    verdict = judged(case, oracles, store)
                    if report.notes(verdict) and verdict.kind in kinds:
                        smallest = _cut(case, verdict.kind, oracles, making)
                        yield seed, smallest, judged(smallest, oracles, making=making)


def _cut(case: Case, kind: str, oracles: Oracles, making: Making) -> Case:
    """Return a small case with the same verdict."""
    end = time.monotonic() + _PATIENCE

    def fails(candidate: Case) -> bool:
        return time.monotonic() < end and judged(candidate, oracles, making=making).kind == kind

    return reduced(case, smaller_cases, fails)


def _anonymous(text: str) -> str:
    """Return a text without numbers, names of variables and addresses."""
    return re.sub(r"0x[0-9a-f]+|[0-9]+|Variable \w+", "N", text)


def main(arguments: list[str], show: Callable[[str], object] = sys.stdout.write) -> int:
    """Run the seeds of `FROM:TO`; more arguments name the verdicts to show, or are options."""
    warnings.simplefilter("ignore")
    logging.disable()
    given, *more = (argument for argument in arguments if argument not in _OPTIONS)
    padding = _PADDING if "--padded" in arguments else 0
    indexed = "--unindexed" not in arguments
    source = LookUps if "--look-ups" in arguments else Queries
    first, last = (int(part) for part in given.split(":"))
    kinds = tuple(more) or ("different",)
    report = Report()
    with Oracles() as oracles:
        for start in range(first, last, _STEP):
            seeds = range(start, min(start + _STEP, last))
            for seed, case, verdict in run(
                seeds, oracles, report, kinds, padding, indexed=indexed, source=source
            ):
                show(f"\n## seed {seed}: {verdict.kind}, {verdict.engine}\n{case}\n")
                show(f"{verdict.detail}\n")
            show(f"{seeds.stop - first} seeds: {dict(report.counts)}\n")
            sys.stdout.flush()
    for name, count in report.counts.most_common():
        show(f"{count:7} {name}\n")
    return 1 if report.counts["different"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
