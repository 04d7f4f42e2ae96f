"""Random small datasets with awkward terms, and random queries that touch them."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

XSD = "http://www.w3.org/2001/XMLSchema#"
PROLOGUE = f"PREFIX : <urn:x:>\nPREFIX xsd: <{XSD}>\n"

Term = tuple[str, str | None, str | None]
"""Text, datatype and language, as in the store: a blank node's text is `_:label`."""
Quad = tuple[Term, Term, Term, str | None]


def typed(text: str, name: str) -> Term:
    """Return a literal of an XML Schema datatype."""
    return text, XSD + name, None


def tagged(text: str, tag: str) -> Term:
    """Return a literal with a language tag."""
    return text, "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString", tag


NODES: list[Term] = [("urn:x:" + name, None, None) for name in "abc"] + [("_:n", None, None)]
PREDICATES = ("p", "q", "r")
NUMBERS: list[Term] = [
    *(typed(text, "integer") for text in ("1", "01", "2", "-3", "0")),
    *(typed(text, "decimal") for text in ("1.0", "1.50", "0.5", "-2.25")),
    *(typed(text, "double") for text in ("1.0E0", "1.5E0", "NaN", "INF", "0.0E0")),
    *(typed(text, "float") for text in ("1", "0.1")),
    typed("1000000000000000000000000000000", "integer"),
    typed("7", "byte"),
]
TEXTS: list[Term] = [
    *(typed(text, "string") for text in ("", "a", "b", "abc", "été", "1", 'q"\\n')),
    tagged("a", "en"),
    tagged("a", "fr"),
    tagged("b", "en-gb"),
]
OTHERS: list[Term] = [
    typed("true", "boolean"),
    typed("false", "boolean"),
    typed("2024-01-31", "date"),
    typed("2024-02-01", "date"),
    typed("2024-01-31T12:00:00Z", "dateTime"),
    typed("2024-01-31T13:00:00+01:00", "dateTime"),
    typed("2024-01-31T12:00:00", "dateTime"),
    typed("abc", "integer"),
    typed("2024-02-30", "date"),
    ("x", "urn:x:type", None),
    ("y", "urn:x:type", None),
]

nodes = st.sampled_from(NODES)
literals = st.one_of(*map(st.sampled_from, (NUMBERS, NUMBERS, TEXTS, OTHERS)))
predicates: SearchStrategy[Term] = st.sampled_from(PREDICATES).map(
    lambda name: ("urn:x:" + name, None, None)
)
graphs = st.sampled_from([None, None, None, "urn:x:g", "urn:x:h"])
quads: SearchStrategy[Quad] = st.tuples(nodes, predicates, nodes | literals, graphs)
datasets = st.lists(quads, min_size=6, max_size=16, unique=True)


def written(term: Term) -> str:
    """Return a term as it is written in a query."""
    text, datatype, language = term
    if datatype is None:
        return f"<{text}>"
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}"@{language}' if language else f'"{quoted}"^^<{datatype}>'


VARIABLES = ("?a", "?b", "?c", "?d")
variables = st.sampled_from(VARIABLES)
constants = st.one_of(
    literals.map(written),
    st.sampled_from(("1", "2", "1.5", "1e0", '"a"', '"a"@en', "true", ":a", ":b")),
)


@dataclass(slots=True)
class Names:
    """Names of variables that are used nowhere else in a query."""

    count: int = field(default=0)

    def fresh(self) -> str:
        """Return a new variable."""
        self.count += 1
        return f"?v{self.count}"


@st.composite
def expressions(draw: DrawFn, depth: int = 2) -> str:
    """Draw an expression of any type."""
    if depth == 0:
        return draw(st.one_of(variables, variables, variables, constants))
    kind = draw(st.sampled_from(("leaf", "number", "text", "condition", "choice", "cast", "date")))
    inner = expressions(depth - 1)
    if kind == "leaf":
        return draw(expressions(0))
    if kind == "number":
        one, two = draw(inner), draw(inner)
        return draw(
            st.sampled_from(
                (
                    f"({one} + {two})",
                    f"({one} - {two})",
                    f"({one} * {two})",
                    f"({one} / {two})",
                    f"(- {one})",
                    f"ABS({one})",
                    f"FLOOR({one})",
                    f"CEIL({one})",
                    f"ROUND({one})",
                    f"STRLEN(STR({one}))",
                )
            )
        )
    if kind == "text":
        one, two = draw(inner), draw(inner)
        return draw(
            st.sampled_from(
                (
                    f"STR({one})",
                    f"LANG({one})",
                    f"DATATYPE({one})",
                    f"UCASE(STR({one}))",
                    f"LCASE({one})",
                    f"CONCAT(STR({one}), {two})",
                    f"SUBSTR(STR({one}), 2)",
                    f"SUBSTR({one}, 1, 1)",
                    f"STRBEFORE({one}, {two})",
                    f"STRAFTER(STR({one}), STR({two}))",
                    f'REPLACE(STR({one}), "a", "z")',
                    f"ENCODE_FOR_URI({one})",
                    f"STRLANG(STR({one}), 'de')",
                    f"STRDT(STR({one}), xsd:integer)",
                    f"IRI(CONCAT('urn:x:', STR({one})))",
                    f"MD5({one})",
                )
            )
        )
    if kind == "choice":
        one, two = draw(inner), draw(inner)
        test = draw(conditions(depth - 1))
        return draw(st.sampled_from((f"IF({test}, {one}, {two})", f"COALESCE({one}, {two})")))
    if kind == "cast":
        target = draw(
            st.sampled_from(("integer", "decimal", "double", "float", "string", "boolean", "date"))
        )
        return f"xsd:{target}({draw(inner)})"
    if kind == "date":
        name = draw(st.sampled_from(("YEAR", "MONTH", "DAY", "HOURS", "MINUTES", "SECONDS", "TZ")))
        return f"{name}({draw(inner)})"
    return draw(conditions(depth))


@st.composite
def conditions(draw: DrawFn, depth: int = 2, *, exists: bool = False) -> str:
    """Draw an expression whose value is a truth value, in most cases."""
    kinds = ["compare", "compare", "test", "and", "or", "not", "in", "text"]
    kind = draw(st.sampled_from([*kinds, "exists", "exists"] if exists else kinds))
    if kind == "exists":
        negation = draw(st.sampled_from(("", "NOT ")))
        pattern = draw(triples())
        test = f" FILTER {draw(conditions(0))}" if draw(st.booleans()) else ""
        return f"{negation}EXISTS {{ {pattern}{test} }}"
    if depth == 0 or kind in ("compare", "test"):
        inner = expressions(max(depth - 1, 0))
        one, two = draw(inner), draw(inner)
        if kind != "test":
            operator = draw(st.sampled_from(("=", "!=", "<", ">", "<=", ">=")))
            return f"({one} {operator} {two})"
        name = draw(variables)
        return draw(
            st.sampled_from(
                (
                    f"BOUND({name})",
                    f"isIRI({one})",
                    f"isBLANK({one})",
                    f"isLITERAL({one})",
                    f"isNUMERIC({one})",
                    f"sameTerm({one}, {two})",
                    f"LANGMATCHES(LANG({one}), 'en')",
                    f"({one})",
                )
            )
        )
    one, two = draw(conditions(depth - 1, exists=exists)), draw(conditions(depth - 1))
    if kind in ("and", "or"):
        return f"({one} {'&&' if kind == 'and' else '||'} {two})"
    if kind == "not":
        return f"(! {one})"
    value, other = draw(expressions(depth - 1)), draw(expressions(depth - 1))
    if kind == "in":
        negation = draw(st.sampled_from(("", "NOT ")))
        return f"({value} {negation}IN ({other}, {draw(constants)}))"
    name = draw(st.sampled_from(("CONTAINS", "STRSTARTS", "STRENDS", "REGEX")))
    if name == "REGEX":
        pattern = draw(st.sampled_from(('"a"', '"^A", "i"', '"[b-z]$"')))
        return f"REGEX(STR({value}), {pattern})"
    return f"{name}({value}, {other})"


@st.composite
def triples(draw: DrawFn, *, paths: bool = True) -> str:
    """Draw a triple pattern."""
    subject = draw(st.sampled_from((*VARIABLES, *VARIABLES, ":a", ":b")))
    names = st.sampled_from((":p", ":p", ":q", ":r"))
    verb = draw(names)
    form = draw(st.sampled_from(("name", "name", "name", "variable", "path" if paths else "name")))
    if form == "variable":
        verb = draw(variables)
    elif form == "path":
        other = draw(names)
        verb = draw(
            st.sampled_from(
                (
                    f"{verb}+",
                    f"{verb}*",
                    f"{verb}?",
                    f"^{verb}",
                    f"{verb}/{other}",
                    f"{verb}|{other}",
                    f"({verb}|{other})+",
                    f"({verb}/{other})*",
                    f"^{verb}/{other}+",
                    f"!{verb}",
                    f"!({verb}|{other})",
                    f"!^{verb}",
                )
            )
        )
    common = (*VARIABLES, *VARIABLES, *VARIABLES, ":a", "1", '"a"', '"a"@en')
    target = draw(st.sampled_from(common))
    return f"{subject} {verb} {target} ."


@st.composite
def groups(draw: DrawFn, names: Names, depth: int = 2) -> str:
    """Draw the inside of a group graph pattern."""
    parts = draw(st.lists(triples(), min_size=1, max_size=2))
    if len(parts) == 2 and draw(st.booleans()):
        # A join that has solutions more often than not.
        parts = ["?a :p ?b .", "?a ?c ?d ."]
    for _ in range(draw(st.integers(0, 2 if depth else 1))):
        parts.append(draw(elements(names, depth)))
    return " ".join(parts)


@st.composite
def elements(draw: DrawFn, names: Names, depth: int) -> str:
    """Draw one more element of a group."""
    simple = ("filter", "filter", "bind", "values")
    nested = ("optional", "optional", "union", "minus", "graph", "select", "group")
    kind = draw(st.sampled_from(simple + nested if depth else simple))
    if kind == "filter":
        return f"FILTER {draw(conditions(2, exists=True))}".replace("FILTER ", "FILTER (", 1) + ")"
    if kind == "bind":
        return f"BIND ({draw(expressions(2))} AS {names.fresh()})"
    if kind == "values":
        return draw(_values(names))
    inner = groups(names, depth - 1)
    if kind == "optional":
        return f"OPTIONAL {{ {draw(inner)} }}"
    if kind == "union":
        return f"{{ {draw(inner)} }} UNION {{ {draw(inner)} }}"
    if kind == "minus":
        return f"MINUS {{ {draw(inner)} }}"
    if kind == "graph":
        return f"GRAPH {draw(st.sampled_from((':g', '?a', '?d', '?g')))} {{ {draw(inner)} }}"
    if kind == "select":
        return f"{{ {draw(selects(names, depth - 1))} }}"
    return f"{{ {draw(inner)} }}"


@st.composite
def _values(draw: DrawFn, names: Names) -> str:
    two = [draw(variables), names.fresh()]
    values = st.one_of(constants, constants, st.just("UNDEF"))
    rows = draw(st.lists(st.tuples(values, values), min_size=1, max_size=3))
    shown = " ".join(f"({one} {other})" for one, other in rows)
    return f"VALUES ({' '.join(two)}) {{ {shown} }}"


@st.composite
def selects(draw: DrawFn, names: Names, depth: int = 2) -> str:
    """Draw a SELECT query, without its prologue."""
    pattern = draw(groups(names, depth))
    distinct = draw(st.sampled_from(("", "", "DISTINCT ")))
    if draw(st.integers(0, 3)) == 0:
        return draw(_aggregated(names, pattern, distinct))
    chosen = sorted(set(draw(st.lists(variables, min_size=1, max_size=3))))
    shown = " ".join(chosen)
    if draw(st.booleans()):
        shown += f" ({draw(expressions(2))} AS {names.fresh()})"
    return f"SELECT {distinct}{shown} WHERE {{ {pattern} }}"


@st.composite
def _aggregated(draw: DrawFn, names: Names, pattern: str, distinct: str) -> str:
    argument = draw(st.one_of(variables, expressions(1)))
    inner_distinct = draw(st.sampled_from(("", "", "DISTINCT ")))
    function = draw(st.sampled_from(("COUNT", "SUM", "AVG", "MIN", "MAX")))
    call = draw(st.sampled_from(("COUNT(*)", f"{function}({inner_distinct}{argument})")))
    keys = sorted(set(draw(st.lists(variables, max_size=2))))
    group = f" GROUP BY {' '.join(keys)}" if keys else ""
    having = ""
    if draw(st.integers(0, 3)) == 0:
        having = f" HAVING ({call} {draw(st.sampled_from(('>', '=', '<')))} 1)"
    shown = " ".join([*keys, f"({call} AS {names.fresh()})"])
    return f"SELECT {distinct}{shown} WHERE {{ {pattern} }}{group}{having}"


@st.composite
def queries(draw: DrawFn) -> str:
    """Draw a query."""
    names = Names()
    if draw(st.integers(0, 9)) == 0:
        return f"{PROLOGUE}ASK {{ {draw(groups(names, 2))} }}"
    text = draw(selects(names, 2))
    if "GROUP BY" not in text and "COUNT(" not in text and draw(st.integers(0, 5)) == 0:
        text += f" ORDER BY {draw(variables)}"
    return PROLOGUE + text
