"""The questions that are measured: SPARQL in `questions/*.rq`, some with SQL written by hand.

`generate.py` writes the graph that they ask. In a question, `{party}`, `{early}` and `{key}` stand
for another party each run; in SQL, `{prefix:name}` stands for the id of that term.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from benchmarks.terms import node
from kg.namespaces import PREFIXES

FOLDER = Path(__file__).parent / "questions"
LOOK_UP = "look-up"
_NAMED = re.compile(r"\b([a-z]+):[A-Za-z]")
_TERM = re.compile(r"\{([a-z]+):([^}]+)\}")


@dataclass(frozen=True)
class Question:
    """A question: what it is called, its kind, and its text in SPARQL and perhaps in SQL."""

    slug: str
    name: str
    kind: str
    sparql: str
    sql: str | None

    @property
    def analytical(self) -> bool:
        """Whether it reads more than the surroundings of one party."""
        return self.kind != LOOK_UP

    @property
    def ordered(self) -> bool:
        """Whether only some rows in an order are asked for."""
        return "LIMIT" in self.sparql

    def text(self, run: int) -> str:
        """Return the query of a run, with its prefixes.

        A comment numbers the run, so that no engine can send an answer that it remembers.
        """
        body = (
            self.sparql.replace("{party}", node("party", 97 + run))
            .replace("{early}", node("party", 3 + run))
            .replace("{key}", f"P{97 + run}")
        )
        names = sorted(set(_NAMED.findall(body)) & PREFIXES.keys())
        prefixes = "".join(f"PREFIX {name}: <{PREFIXES[name]}>\n" for name in names)
        return f"{prefixes}{body}\n# {run}\n"

    def terms(self) -> list[str]:
        """Return the IRIs that the SQL mentions."""
        return [PREFIXES[prefix] + name for prefix, name in _TERM.findall(self.sql or "")]

    def by_hand(self, ids: dict[str, int]) -> str:
        """Return the SQL with the ids of its terms."""
        return _TERM.sub(lambda found: str(ids[PREFIXES[found[1]] + found[2]]), self.sql or "")


def _read(file: Path) -> Question:
    name, kind, body = file.read_text().split("\n", 2)
    by_hand = file.with_suffix(".sql")
    return Question(
        file.stem[3:],
        name.removeprefix("# "),
        kind.removeprefix("# kind: "),
        body,
        by_hand.read_text() if by_hand.exists() else None,
    )


QUESTIONS = tuple(_read(file) for file in sorted(FOLDER.glob("*.rq")))


def questions_about(word: str) -> list[Question]:
    """Return the questions of which a word is the kind, or in the name; all for an empty one."""
    return [one for one in QUESTIONS if word in (one.kind, "") or word in one.slug + one.name]
