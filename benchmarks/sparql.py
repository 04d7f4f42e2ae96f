"""The same questions to clientgraph and its peers, side by side, in one run.

`python -m benchmarks.sparql [--size 1M|10M] [--runs 5] [--limit 30] [--keep] [--engines ...]`

Every engine loads the same N-Quads into a store on disk and answers over HTTP; the time goes from
the request to the last byte of CSV. Answers are compared.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.by_hand import compare_with_hand
from benchmarks.load import add_options, engines_for, folder_for, load_all, write_graph
from benchmarks.measuring import Measure, asking
from benchmarks.queries import Question, questions_about

Found = Mapping[str, Mapping[str, Measure]]
"""Measures by engine and question."""


def ask_all(
    folder: Path, engines: Sequence[str], questions: Sequence[Question], runs: int, limit: float
) -> Found:
    """Ask every engine every question, one engine after the other."""
    found: dict[str, dict[str, Measure]] = {}
    memories = []
    for engine in engines:
        with asking(engine, folder, limit) as asker:
            found[engine] = {
                question.slug: asker.measure([question.text(run) for run in range(runs)])
                for question in questions
            }
        memories.append(f"{engine} {asker.memory / 1e6:,.0f}")
    print(f"\npeak memory of the servers, MB: {', '.join(memories)}")
    return found


def print_table(found: Found, questions: Sequence[Question], limit: float) -> None:
    """Print least and median seconds, and how often slower each peer is."""
    ours, *peers = found
    heads = " | ".join(f"{peer} min | median | times ours" for peer in peers)
    print(f"\n| kind | question | rows | {ours} min | median | {heads} | answers |")
    print("|---" * (6 + 3 * len(peers)) + "|")
    for question in questions:
        measures = {engine: found[engine][question.slug] for engine in found}
        mine = measures[ours]
        cells = [question.kind, question.name, f"{mine.rows:,}", figures(mine, limit)]
        for peer in peers:
            cells += [figures(measures[peer], limit), _times(mine, measures[peer], limit)]
        cells.append(compared(measures))
        print(f"| {' | '.join(cells)} |", flush=True)


def print_summary(found: Found, questions: Sequence[Question], limit: float) -> None:
    """Print what the table comes to."""
    ours, *peers = found
    asked = [question for question in questions if question.analytical]
    for peer in peers:
        ratios = [
            ratio
            for question in asked
            if (ratio := _ratio(found[ours][question.slug], found[peer][question.slug], limit))
        ]
        mean = statistics.geometric_mean(ratios) if ratios else float("nan")
        print(
            f"{peer}: geometric mean of {len(ratios)} analytical questions {mean:.1f} times ours"
            " (a query past its limit counts as the limit, a refused one does not count)"
        )
    for question in questions:
        mine = found[ours][question.slug].least
        best = (
            min(
                (one, peer)
                for peer in peers
                if (one := found[peer][question.slug].least) is not None
            )
            if any(found[peer][question.slug].least is not None for peer in peers)
            else None
        )
        if best is not None and (mine is None or mine > best[0]):
            print(f"{best[1]} is faster: {question.name} ({question.kind})")


def _ratio(ours: Measure, theirs: Measure, limit: float) -> float | None:
    if theirs.refused:
        return None
    mine = limit if ours.least is None else ours.least
    other = limit if theirs.least is None else theirs.least
    return other / mine


def _times(ours: Measure, theirs: Measure, limit: float) -> str:
    ratio = _ratio(ours, theirs, limit)
    if ratio is None:
        return "-"
    return f"{'> ' if theirs.least is None else ''}{ratio:.1f}"


def figures(found: Measure, limit: float) -> str:
    """Return the least and the median of the runs, in seconds."""
    if found.refused:
        return "refused | -"
    if found.least is None:
        return f"> {limit:.0f} | -"
    return f"{found.least:.4f} | {statistics.median(found.seconds):.4f}"


def compared(measures: Mapping[str, Measure]) -> str:
    """Say which engines answered otherwise than clientgraph, in the runs that both finished."""
    (_, ours), *peers = measures.items()
    others = [name for name, peer in peers if not _alike(ours, peer)]
    compared = any(peer.checksums for _, peer in peers) and ours.checksums
    if not compared:
        return "-"
    return f"{', '.join(others)} DIFFERENT" if others else "same"


def _alike(ours: Measure, theirs: Measure) -> bool:
    pairs = zip(ours.checksums, theirs.checksums, strict=False)
    return all(mine == other for mine, other in pairs)


def main(arguments: Sequence[str] | None = None) -> None:
    """Load, ask and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_options(parser)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--limit", type=float, default=30.0, help="seconds per query")
    parser.add_argument("--only", default="", help="only questions of this kind, or name")
    given = parser.parse_args(arguments)
    folder = folder_for(given.folder, given.size, keep=given.keep)
    engines = engines_for(given.engines, given.size)
    questions = questions_about(given.only)
    load_all(folder, write_graph(folder, given.size), engines)
    found = ask_all(folder, engines, questions, given.runs, given.limit)
    print_table(found, questions, given.limit)
    print_summary(found, questions, given.limit)
    if not given.only:
        compare_with_hand(folder, given.runs)
    if not given.keep:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
