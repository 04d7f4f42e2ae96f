"""Small random datasets of awkward terms, with a history."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

XSD = "http://www.w3.org/2001/XMLSchema#"
RDF_LANG_STRING = "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"
PROLOGUE = f"PREFIX : <urn:x:>\nPREFIX xsd: <{XSD}>\n"

Term = tuple[str, str | None, str | None]
"""Text, datatype and language, as in the store: a blank node's text is `_:label`."""
Quad = tuple[Term, Term, Term, str | None]


def typed(name: str, *texts: str) -> list[Term]:
    """Return literals of an XML Schema datatype."""
    return [(text, XSD + name, None) for text in texts]


def tagged(tag: str, *texts: str) -> list[Term]:
    """Return literals with a language tag."""
    return [(text, RDF_LANG_STRING, tag) for text in texts]


def iri(name: str) -> Term:
    """Return an IRI of the example namespace."""
    return "urn:x:" + name, None, None


NODES: list[Term] = [*map(iri, ("a", "b", "c")), ("_:n", None, None), ("_:m", None, None)]
PREDICATES = [*map(iri, ("p", "q", "r"))]
GRAPHS = ("urn:x:g", "urn:x:h", "urn:x:i")

INTEGERS = typed("integer", "1", "01", "2", "-3", "0", "+4", "-0", "10")
DECIMALS = typed("decimal", "1.0", "1.50", "0.5", "-2.25", "2.", ".5", "0.1", "-0.0", "0.333")
DOUBLES = typed("double", "1.0E0", "1.5E0", "NaN", "INF", "-INF", "0.0E0", "-0.0E0", "1e-7", "2")
FLOATS = typed("float", "1", "0.1", "NaN", "-2.5", "INF", "1e10")
DERIVED = [*typed("byte", "7", "1"), *typed("nonNegativeInteger", "2"), *typed("long", "-3")]
EXTREMES = [
    *typed("integer", "1000000000000000000000000000000", "9223372036854775808"),
    *typed("decimal", "0.000000000001", "12345678901234567890.5", "1.00000000000"),
    *typed("double", "1e300", "1e-300", "5e-324", "9007199254740993"),
    *typed("float", "3.4e38", "1e-40"),
]
STRINGS = typed("string", "", "a", "b", "abc", "A", "été", "1", 'q"\\n', "a b", "1.5", "true")
WIDE = typed("string", "\U0001f600", "a\U0001f600b", "\u0130", "straße", "e\u0301", "日本", "ﬁ")
TAGGED = [*tagged("en", "a", "abc", ""), *tagged("fr", "a", "été"), *tagged("en-gb", "b", "a")]
BOOLEANS = typed("boolean", "true", "false", "1", "0")
DATES = typed("date", "2024-01-31", "2024-02-01", "2024-01-31Z", "2024-02-29", "0001-01-01")
MOMENTS = typed(
    "dateTime",
    "2024-01-31T12:00:00Z",
    "2024-01-31T13:00:00+01:00",
    "2024-01-31T12:00:00",
    "2024-01-31T23:30:00-05:00",
    "2024-02-29T12:30:45.5Z",
    "2024-12-31T23:59:59.999999Z",
    "1969-12-31T23:59:59Z",
)
PARTS = [
    *typed("time", "12:00:00", "12:00:00Z", "23:59:59.25", "13:00:00+01:00"),
    *typed("gYear", "2024", "2023Z"),
    *typed("gYearMonth", "2024-01", "2024-02Z"),
]
# Other engines take a byte of 300 and a double "inf" for numbers.
ILL = [
    *typed("integer", "abc", "1.5", "", " 1"),
    *typed("date", "2024-02-30"),
    *typed("boolean", "TRUE"),
    *typed("dateTime", "2024-01-31"),
]
DURATIONS = [
    *typed("dayTimeDuration", "P1D", "PT24H", "-PT1.5S", "PT0S"),
    *typed("yearMonthDuration", "P1Y", "P12M", "-P1M"),
    *typed("duration", "P1M", "P30D", "P1Y2M3DT4H"),
]
OPAQUE: list[Term] = [("x", "urn:x:type", None), ("y", "urn:x:type", None), ("x", "urn:x:o", None)]

NUMBERS = [*INTEGERS, *DECIMALS, *DOUBLES, *FLOATS, *DERIVED]
TEXTS = [*STRINGS, *TAGGED]
TIMES = [*DATES, *MOMENTS]
ALL = [
    *(NUMBERS + EXTREMES + TEXTS + WIDE + BOOLEANS),
    *(TIMES + PARTS + DURATIONS + ILL + OPAQUE),
]
POOLS: list[list[Term]] = [
    *(INTEGERS, DECIMALS, DOUBLES, FLOATS, INTEGERS + DECIMALS, NUMBERS, NUMBERS),
    *(NUMBERS + EXTREMES, STRINGS, TEXTS, TEXTS + WIDE, BOOLEANS, DATES, MOMENTS, TIMES),
    *(PARTS, TIMES + PARTS, DURATIONS, TIMES + DURATIONS, ILL, NUMBERS + ILL, OPAQUE, ALL, ALL),
]
"""What the objects of a predicate are drawn from: the store knows their kinds."""


@dataclass(frozen=True, slots=True)
class History:
    """What each commit takes away and what it adds."""

    commits: tuple[tuple[tuple[Quad, ...], tuple[Quad, ...]], ...]

    def at(self, number: int) -> list[Quad]:
        """Return the quads that are live after a commit."""
        live: dict[Quad, None] = {}
        for removed, added in self.commits[:number]:
            for quad in removed:
                live.pop(quad, None)
            live.update(dict.fromkeys(added))
        return list(live)

    @property
    def terms(self) -> list[Term]:
        """Return the objects of all commits, each once."""
        added = [quad for _, quads in self.commits for quad in quads]
        return list(dict.fromkeys(quad[2] for quad in added))


def object_pools(random: Random) -> list[list[Term]]:
    """Return what the objects of each predicate are drawn from."""
    pools = [random.choice([NODES, *POOLS]) if random.random() < 0.8 else NODES for _ in PREDICATES]
    pools[0] = random.choice([NODES, NODES, NODES + pools[0]])
    return pools


def history(random: Random, pools: list[list[Term]]) -> History:
    """Return a random dataset made by one to three commits."""
    commits: list[tuple[tuple[Quad, ...], tuple[Quad, ...]]] = []
    for _ in range(random.choice((1, 1, 2, 3))):
        known = [quad for _, quads in commits for quad in quads]
        removed = tuple(quad for quad in known if random.random() < 0.3)
        added = [_quad(random, pools) for _ in range(random.randint(6, 16))]
        added += [(*quad[:3], random.choice(GRAPHS)) for quad in added if random.random() < 0.1]
        commits.append((removed, tuple(dict.fromkeys(added))))
    return History(tuple(commits))


def _quad(random: Random, pools: list[list[Term]]) -> Quad:
    index = random.choice((0, 0, 1, 1, 2))
    terms = pools[index] if random.random() < 0.8 else NODES
    graph = random.choice((None, None, None, *GRAPHS[:2]))
    return random.choice(NODES), PREDICATES[index], random.choice(terms), graph


def written(term: Term) -> str:
    """Return a term as it is written in a query."""
    text, datatype, language = term
    if datatype is None:
        return f"<{text}>"
    quoted = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{quoted}"@{language}' if language else f'"{quoted}"^^<{datatype}>'
