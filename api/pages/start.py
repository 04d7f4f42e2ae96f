"""The overview: what is in the graph, and where to go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Blueprint, render_template, url_for

from api.as_of import shown_date
from api.config import services
from api.figures import Figure
from api.identity import caller
from api.labels import texts_of
from api.pages.dashboard import asked_since, since
from kg.namespaces import CG
from kg.store import Store
from kg.store.statistics import class_sizes

KINDS = ("NaturalPerson", "LegalEntity", "OrganizationalUnit", "Household")
_COMMITS_SHOWN = 8
_FRESH = timedelta(days=120)

CLASSES: Figure[dict[str, int]] = Figure(
    "overview",
    lambda cursor: class_sizes(cursor, [str(CG[name]) for name in (*KINDS, "Purchase")]),
)

blueprint = Blueprint("start", __name__)


@dataclass(frozen=True, slots=True)
class Overview:
    """The figures of the overview; `kinds` counts the parties of each kind."""

    quads: int
    kinds: dict[str, int]
    purchases: int
    imports: int
    commits: list[Commit]

    @property
    def parties(self) -> int:
        """Number of parties of all kinds."""
        return sum(self.kinds.values())

    def counted(self) -> list[tuple[str, int, str]]:
        """Return (key of the text, number, address of what it counts) of the figures."""
        everything = url_for("pages.query.show_query", query="SELECT ?s ?p ?o WHERE { ?s ?p ?o }")
        return [
            ("start.quads", self.quads, everything),
            ("start.parties", self.parties, things_address(KINDS)),
            ("start.purchases", self.purchases, things_address(("Purchase",))),
            ("start.imports", self.imports, url_for("pages.imports.show_imports")),
        ]


def things_address(classes: Sequence[str]) -> str:
    """Return the address of the query for the things of some classes of ours."""
    listed = " ".join(f"cg:{name}" for name in classes)
    query = (
        f"PREFIX cg: <{CG}>\nSELECT DISTINCT ?thing ?key WHERE {{\n  VALUES ?class {{ {listed} }}\n"
        "  ?thing a ?class .\n  OPTIONAL { ?thing cg:sourceKey ?key }\n}"
    )
    return url_for("pages.query.show_query", query=query)


@dataclass(frozen=True, slots=True)
class Commit:
    """A line of the list of changes."""

    number: int
    at: datetime
    agent: str
    activity: str
    note: str


@blueprint.get("/")
def show_start() -> str:
    """Show the overview; its figures of the lifecycle come in parts."""
    asked = asked_since()
    return render_template(
        "start.html",
        overview=read_overview(services().store),
        given={"since": asked.isoformat()} if asked else {},
        since=asked or since(),
        last_event=_stale_since(),
        things_address=things_address,
    )


def _stale_since() -> str:
    """Return the date of the last purchase when it is long before that of the page."""
    query = f"SELECT (MAX(?day) AS ?last) {{ ?purchase {CG.orderDate.n3()} ?day }}"
    last = next((row[0][:10] for row in list(texts_of(query))), "")
    return last if len(last) == 10 and last < str(shown_date() - _FRESH) else ""


def read_overview(store: Store) -> Overview:
    """Return the figures of the overview of a store, of what the caller may see."""
    counts = CLASSES.known()
    cursor = store.cursor(caller().hidden_graphs)
    quads, imports = (
        cursor.execute(text).fetchall()[0][0]
        for text in ("SELECT count(*) FROM live", "SELECT count(*) FROM import_run")
    )
    commits = cursor.execute(
        'SELECT number, at_time, agent, activity, note FROM "commit" ORDER BY number DESC LIMIT ?',
        [_COMMITS_SHOWN],
    ).fetchall()
    return Overview(
        quads,
        {kind: n for kind in KINDS if (n := counts[str(CG[kind])])},
        counts[str(CG.Purchase)],
        imports,
        [Commit(*row) for row in commits],
    )
