"""Tells at the end which engine answered the tests of the suites, and why not the fast one."""

from __future__ import annotations

from collections import Counter

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Count the evaluation tests by engine, and the reasons for the evaluator."""
    engines: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for outcome in ("passed", "failed", "xfailed"):
        for report in terminalreporter.stats.get(outcome, []):
            properties = dict(getattr(report, "user_properties", []))
            if "engine" in properties:
                engines[f"{properties['engine']} {outcome}"] += 1
                if properties["reason"]:
                    reasons[str(properties["reason"])] += 1
    if not engines:
        return
    terminalreporter.section("W3C query evaluation tests by engine")
    for name, count in sorted(engines.items()):
        terminalreporter.line(f"{count:5d}  {name}")
    for reason, count in reasons.most_common():
        terminalreporter.line(f"{count:5d}  not compiled: {reason}")
