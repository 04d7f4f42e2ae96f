"""The named questions: files of `queries/` whose comments say what they ask and what they need.

The header of a file is its leading comment lines:

    # id: A1
    # title.en: Clients at a date
    # title.fr: Clients à une date
    # question.en: Who are the clients at a date?
    # question.fr: Qui sont les clients à une date ?
    # param: at date default=today example="2026-06-30"
    # param: channel string optional
    # answer: one row per client

A parameter is bound to the query variable of its name. Without `default` a value must be given;
`optional` leaves the variable free instead; `default=organization` is the key of the focal
organisation. A line that names no known key goes on with the
value before it.
"""

from __future__ import annotations

import difflib
import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from rdflib import XSD, Literal, URIRef
from rdflib.util import from_n3

from kg import resources
from kg.errors import UsageError
from kg.french import LANGUAGES
from kg.namespaces import PREFIXES
from kg.sparql.headers import read_header

Term = URIRef | Literal

_FOCAL = "organization"
"""Default of a parameter that stands for the key of the focal organisation."""
_KEYS = ("id", "title", "question", "param", "answer")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_TERM = re.compile(
    r"""<[^\s<>"{}|\\^`]+>|"(?:[^"\\]|\\.)*"(?:@[A-Za-z-]+|\^\^(?:<[^\s<>]+>|[A-Za-z][\w-]*:[\w-]+))?""",
    re.DOTALL,
)
_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value that a named question takes, bound to the variable of the same name."""

    name: str
    kind: str
    default: str | None = None
    example: str | None = None
    optional: bool = False

    @property
    def required(self) -> bool:
        """Whether a value must be given."""
        return self.default is None and not self.optional

    def term(self, text: str, today: date) -> Term:
        """Return the RDF term that a user's text means.

        Raises:
            UsageError: the text is no value of the parameter's type.
        """
        reader, example = KINDS[self.kind]
        try:
            return reader(text.strip(), today)
        except ValueError:
            raise UsageError(
                f"Parameter {self.name!r} is {text!r}; give {_article(self.kind)} {self.kind},"
                f" for example {self.example or example}."
            ) from None


@dataclass(frozen=True, slots=True)
class NamedQuery:
    """A named question with its texts by language, its parameters and its SPARQL."""

    name: str
    id: str
    titles: Mapping[str, str]
    questions: Mapping[str, str]
    answer: str
    parameters: tuple[Parameter, ...]
    text: str

    def bind(
        self, values: Mapping[str, str], *, today: date | None = None, organization: str = ""
    ) -> dict[str, Term]:
        """Return the term of each parameter, from given texts and from defaults.

        The default `organization` stands for the key of the focal organisation.

        Raises:
            UsageError: a parameter is unknown, missing, or of another type.
        """
        known = {parameter.name: parameter for parameter in self.parameters}
        for name in values:
            if name not in known:
                raise UsageError(
                    f"{self.name} has no parameter {name!r}; {_offer(known, 'it takes')}"
                )
        day = today or date.today()
        bound: dict[str, Term] = {}
        for name, parameter in known.items():
            text = values.get(name) or parameter.default
            if text == _FOCAL and not values.get(name):
                text = organization
            if text:
                bound[name] = parameter.term(text, day)
            elif parameter.required:
                raise UsageError(
                    f"{self.name} needs the parameter {name!r}, {_article(parameter.kind)}"
                    f" {parameter.kind}, for example {name}={_example(parameter)}."
                )
        return bound


def load_catalog(folder: Path | None = None) -> dict[str, NamedQuery]:
    """Return the named questions of a folder by name; of the project when it is None.

    Raises:
        UsageError: a file's header is wrong.
    """
    place = folder or resources.folder("queries")
    return {path.stem: read_query(path) for path in sorted(place.glob("*.rq"))}


def find_query(name: str, catalog: Mapping[str, NamedQuery]) -> NamedQuery:
    """Return the question with this name or id.

    Raises:
        UsageError: there is none.
    """
    if name in catalog:
        return catalog[name]
    for query in catalog.values():
        if query.id.casefold() == name.casefold():
            return query
    close = difflib.get_close_matches(name, catalog, n=3)
    advice = f"Did you mean {', '.join(close)}?" if close else "See the list of named questions."
    raise UsageError(f"There is no question named {name!r}. {advice}")


def read_query(path: Path) -> NamedQuery:
    """Read a file with its header.

    Raises:
        UsageError: the header lacks a text, or declares a parameter wrongly.
    """
    text = path.read_text(encoding="utf-8")
    header = read_header(text, _KEYS)
    for key in ("id", *(f"{part}.{code}" for part in ("title", "question") for code in LANGUAGES)):
        if not header.get(key):
            raise UsageError(f"{path}: the header has no line '# {key}: ...'; add it.")
    return NamedQuery(
        name=path.stem,
        id=header["id"][0],
        titles={code: header[f"title.{code}"][0] for code in LANGUAGES},
        questions={code: header[f"question.{code}"][0] for code in LANGUAGES},
        answer=" ".join(header.get("answer", [])),
        parameters=read_parameters(text, str(path)),
        text=text,
    )


def read_parameters(text: str, place: str) -> tuple[Parameter, ...]:
    """Return the parameters that the header of a query declares.

    Raises:
        UsageError: a declaration is wrong; `place` says where.
    """
    return tuple(_parameter(line, place) for line in read_header(text, _KEYS).get("param", []))


def read_term(text: str) -> Term:
    """Return the term of a value given for an undeclared parameter.

    `<IRI>`, `"text"`, `"text"@fr`, `"text"^^xsd:date` and numbers are what SPARQL says they are;
    anything else is a string.

    Raises:
        UsageError: the text starts like a term and is none.
    """
    if re.fullmatch(r"[+-]?[0-9]+", text):
        return Literal(text, datatype=XSD.integer)
    if re.fullmatch(r"[+-]?[0-9]*\.[0-9]+", text):
        return Literal(text, datatype=XSD.decimal)
    if not text.startswith(("<", '"')):
        return Literal(text)
    term = from_n3(_expanded(text)) if _TERM.fullmatch(text) else None
    if not isinstance(term, URIRef | Literal):
        raise UsageError(f'{text!r} is not an RDF term; write <IRI>, "text" or "text"@en.')
    return term


def _parameter(line: str, place: str) -> Parameter:
    """Read `name type [optional] [default=...] [example=...]`."""
    try:
        name, kind, *words = shlex.split(line)
    except ValueError:
        raise UsageError(f"{place}: '# param: {line}' does not say a name and a type.") from None
    if not _NAME.fullmatch(name) or kind not in KINDS:
        raise UsageError(
            f"{place}: '# param: {line}' does not start with a name and a type;"
            f" the types are {', '.join(KINDS)}."
        )
    given = dict(word.split("=", 1) for word in words if "=" in word)
    if given.keys() - {"default", "example"} or {w for w in words if "=" not in w} - {"optional"}:
        raise UsageError(
            f"{place}: '# param: {line}' may only add optional, default=... and example=..."
        )
    return Parameter(
        name, kind, given.get("default"), given.get("example"), optional="optional" in words
    )


def _expanded(text: str) -> str:
    """Return a quoted literal with its datatype's prefix written out."""
    match = re.fullmatch(r'(".*"\^\^)([A-Za-z][\w-]*):([\w-]+)', text, re.DOTALL)
    if match and match[2] in PREFIXES:
        return f"{match[1]}<{PREFIXES[match[2]]}{match[3]}>"
    return text


def _example(parameter: Parameter) -> str:
    return parameter.example or KINDS[parameter.kind][1]


def _article(kind: str) -> str:
    return "an" if kind[0] in "aeiou" else "a"


def _offer(known: Mapping[str, Parameter], verb: str) -> str:
    return f"{verb} {', '.join(known)}." if known else f"{verb} none."


def _iri(text: str, _today: date) -> Term:
    bare = text.removeprefix("<").removesuffix(">")
    prefix, _, local = bare.partition(":")
    if prefix in PREFIXES and not local.startswith("//"):
        bare = PREFIXES[prefix] + local
    if not _IRI.fullmatch(bare):
        raise ValueError
    return URIRef(bare)


def _date(text: str, today: date) -> Term:
    if text == "today":
        return Literal(today)
    if not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise ValueError
    return Literal(date.fromisoformat(text))


def _datetime(text: str, _today: date) -> Term:
    if not re.match("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}", text):
        raise ValueError
    datetime.fromisoformat(text)
    return Literal(text, datatype=XSD.dateTime)


def _number(pattern: str, datatype: URIRef) -> Callable[[str, date], Term]:
    """Return a reader of numbers that keeps their lexical form."""

    def read(text: str, _today: date) -> Term:
        if not re.fullmatch(pattern, text):
            raise ValueError
        return Literal(text, datatype=datatype)

    return read


KINDS: dict[str, tuple[Callable[[str, date], Term], str]] = {
    "iri": (_iri, "https://example.org/a"),
    "date": (_date, "2026-06-30"),
    "datetime": (_datetime, "2026-06-30T12:00:00Z"),
    "integer": (_number(r"[+-]?[0-9]+", XSD.integer), "10"),
    "decimal": (_number(r"[+-]?[0-9]+(\.[0-9]+)?", XSD.decimal), "99.50"),
    "boolean": (_number(r"true|false", XSD.boolean), "true"),
    "string": (lambda text, _today: Literal(text), "abc"),
}
"""The types of parameters: how a text is read, and an example of one."""
