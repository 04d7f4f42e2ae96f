"""How a value of a solution is represented in SQL.

A value has *facets*, each an SQL expression: `id` (dictionary id), `k` (kind), `lex`, `dt`, `lang`
(the term's text), `num` (exact number), `dbl` (double), `ts`, `tz` (time). A stored term is known
by its `id` and gets the other facets from the object columns of its quad or from the dictionary,
as late as possible; a computed value has no `id`, and the facets it lacks are NULL. What is known
at compile time (kinds, decimals) prunes the SQL. See docs/values.md.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sqlglot import exp

from kg.sparql import sql
from kg.sparql.lexical import datatype_of, has_one_datatype, is_day, text_of_day
from kg.sparql.sql import Expr
from kg.store import Kind, RawTerm, TypedTerm

FACETS: dict[str, str] = {
    "id": "BIGINT",
    "k": "UTINYINT",
    "lex": "VARCHAR",
    "dt": "VARCHAR",
    "lang": "VARCHAR",
    "num": "DECIMAL(38, 10)",
    "dbl": "DOUBLE",
    "ts": "TIMESTAMP",
    "tz": "SMALLINT",
    "truth": "BOOLEAN",
}
"""Facets with the engine's type of their columns."""

NARROW = "narrow"
"""Facet of what the property table holds: its exact number in 64 bits, much faster to work with."""
TERM_FACETS = ("k", "lex", "dt", "lang", "num", "dbl", "ts", "tz")
STORED_FACETS = ("id", *TERM_FACETS)
IDENTITY = ("lex", "dt", "lang")
"""Facets that tell computed terms apart, as `id` does for stored ones."""

Kinds = frozenset[Kind]
ANY: Kinds = frozenset(Kind)
IRIS: Kinds = frozenset({Kind.IRI})
RESOURCES: Kinds = IRIS | {Kind.BLANK}
EXACT: Kinds = frozenset({Kind.INTEGER, Kind.DECIMAL})
FLOATING: Kinds = frozenset({Kind.FLOAT, Kind.DOUBLE})
NUMERIC: Kinds = EXACT | FLOATING
PLAIN: Kinds = frozenset({Kind.STRING})
TAGGED: Kinds = frozenset({Kind.LANG})
STRINGS: Kinds = PLAIN | TAGGED
TEMPORAL: Kinds = frozenset({Kind.DATETIME, Kind.DATE, Kind.TIME, Kind.YEARMONTH, Kind.YEAR})
OPAQUE: Kinds = frozenset({Kind.OTHER, Kind.ILL})
LITERALS: Kinds = ANY - RESOURCES

COLUMN_DIGITS = 10
"""Decimals of the column `num`."""


def decimal_type(scale: int) -> str:
    """Return the engine's type of exact numbers with so many decimals."""
    return f"DECIMAL(38, {scale})"


class NotCompiledError(Exception):
    """The query needs something that SQL does not answer exactly; the message says what."""


@dataclass(frozen=True, slots=True)
class Traits:
    """What is known of a value before any row is read."""

    kinds: Kinds = ANY
    digits: int = COLUMN_DIGITS
    """Decimals that `num` has at most."""
    wide: bool = False
    """Some stored value may not fit the typed columns."""
    zoned: bool | None = None
    """Whether temporal values have a time zone; None: some may."""
    predicate: bool = False
    """It is the predicate of some triple, of which there are few."""

    @property
    def scale(self) -> int:
        """Scale of the SQL type of `num`.

        Where decimals of one width and different scales meet, the engine rounds to the smaller
        one, so every `num` has this scale and is cast before it meets another.
        """
        return max(COLUMN_DIGITS, self.digits)

    def meet(self, other: Traits) -> Traits:
        """Return the traits of a value that is known to have both."""
        return Traits(
            self.kinds & other.kinds,
            min(self.digits, other.digits),
            self.wide and other.wide,
            self.zoned if self.zoned is not None else other.zoned,
            self.predicate or other.predicate,
        )

    def join(self, other: Traits) -> Traits:
        """Return the traits of a value that has the one or the other."""
        return Traits(
            self.kinds | other.kinds,
            max(self.digits, other.digits),
            self.wide or other.wide,
            self.zoned if self.zoned == other.zoned else None,
            self.predicate and other.predicate,
        )


class Value(ABC):
    """A value of an expression; an error, like an unbound variable, is NULL in every facet."""

    traits: Traits
    stored: bool
    """Whether the value is known by its dictionary id."""

    @abstractmethod
    def facet(self, name: str) -> Expr:
        """Return the SQL expression of a facet, NULL when the value never has it."""

    @property
    def kinds(self) -> Kinds:
        """Kinds that the value may have."""
        return self.traits.kinds

    @property
    def at_hand(self) -> frozenset[str]:
        """Facets of a stored value that take no look into the dictionary."""
        return frozenset({"id"})

    def present(self) -> Expr:
        """Return the SQL condition that the value is neither an error nor unbound."""
        return sql.is_not_null(self.facet("id" if self.stored else "k"))

    def identity(self) -> list[Expr]:
        """Return the expressions that are equal where the terms are the same."""
        return [self.facet(name) for name in (("id",) if self.stored else IDENTITY)]

    def number(self, name: str) -> Expr:
        """Return `num` or `dbl`.

        Raises:
            NotCompiledError: some stored number does not fit the column.
        """
        self._exact(NUMERIC)
        return self.facet(name)

    def exact(self, scale: int) -> Expr:
        """Return `num` at a scale that is not below its own."""
        num = self.number("num")
        return num if scale == self.traits.scale else sql.cast(num, decimal_type(scale))

    def narrow(self) -> Expr | None:
        """Return the exact number in 64 bits, where it is at hand so."""
        return None

    def time(self) -> Expr:
        """Return `ts`.

        Raises:
            NotCompiledError: some stored time does not fit the column.
        """
        self._exact(TEMPORAL)
        return self.facet("ts")

    def _exact(self, family: Kinds) -> None:
        if self.traits.wide and self.kinds & family:
            raise NotCompiledError("a stored value has more digits than the typed columns hold")

    def is_kind(self, kinds: Kinds) -> Expr:
        """Return the SQL condition that the value is of one of some kinds."""
        possible = self.kinds & kinds
        if not possible:
            return sql.boolean(False)
        if possible == self.kinds:
            return self.present()
        return sql.in_numbers(self.facet("k"), sorted(int(kind) for kind in possible))


class Constant(Value):
    """A term of the query's text."""

    stored = True

    def __init__(self, term: TypedTerm, term_id: int) -> None:
        self._term = term
        self._id = term_id
        digits = 0
        if term.num is not None:
            exponent = term.num.normalize().as_tuple().exponent
            digits = max(0, -exponent) if isinstance(exponent, int) else COLUMN_DIGITS
        zoned = (term.tz is not None) if term.ts is not None else None
        wide = (term.kind in EXACT and term.num is None) or (
            term.kind in TEMPORAL and term.ts is None
        )
        self.traits = Traits(frozenset({term.kind}), digits, wide, zoned)

    @property
    def term(self) -> TypedTerm:
        """The term, for those whose SQL follows from its text."""
        return self._term

    @property
    def id(self) -> int:
        """The dictionary id, for those whose SQL follows from it."""
        return self._id

    @property
    def at_hand(self) -> frozenset[str]:
        return frozenset(STORED_FACETS)

    @property
    def stranger(self) -> bool:
        """Whether the term is not in the dictionary."""
        return self._id < 0

    @property
    def entry(self) -> tuple[int, RawTerm]:
        """The id and the term, for whoever decodes ids."""
        term = self._term
        return self._id, (int(term.kind), term.lex, term.dt, term.lang)

    def facet(self, name: str) -> Expr:
        term = self._term
        match name:
            case "id":
                return sql.number(self._id)
            case "k":
                return sql.number(int(term.kind))
            case "lex" | "dt" | "lang":
                text = getattr(term, name)
                return sql.null() if text is None else sql.string(text)
            case "num":
                return self._number()
            case "dbl":
                if term.dbl is None:
                    return sql.null()
                return sql.cast(sql.string(repr(term.dbl)), "DOUBLE")
            case "ts":
                if term.ts is None:
                    return sql.null()
                return sql.cast(sql.string(str(term.ts)), "TIMESTAMP")
            case _:
                return sql.null() if term.tz is None else sql.number(term.tz)

    def _number(self) -> Expr:
        if self._term.num is None:
            return sql.null()
        text = f"{self._term.num:.{self.traits.digits}f}"
        return sql.cast(sql.string(text), decimal_type(self.traits.scale))

    def present(self) -> Expr:
        return sql.boolean(True)


class Unbound(Value):
    """A value that is never there: an unbound variable, or an expression that always errs."""

    stored = False
    traits = Traits(frozenset(), 0)

    def facet(self, name: str) -> Expr:
        return sql.null()

    def present(self) -> Expr:
        return sql.boolean(False)


class Computed(Value):
    """A value made by an expression: its facets, those it lacks being NULL."""

    stored = False

    def __init__(self, traits: Traits, facets: Mapping[str, Expr]) -> None:
        self.traits = traits
        self._facets = dict(facets)

    def facet(self, name: str) -> Expr:
        found = self._facets.get(name)
        return found if found is not None else sql.null()


class Choice(Value):
    """The value of the first branch whose condition holds, else of the default."""

    def __init__(self, branches: list[tuple[Expr, Value]], default: Value) -> None:
        self._branches = branches
        self._default = default
        values = [value for _, value in branches] + [default]
        bound = [value for value in values if not isinstance(value, Unbound)]
        self.stored = bool(bound) and all(value.stored for value in bound)
        self.traits = Traits(kinds=frozenset(), digits=0)
        for value in bound:
            self.traits = self.traits.join(value.traits)
        zones = {value.traits.zoned for value in bound}
        if len(zones) == 1:
            self.traits = Traits(
                self.traits.kinds, self.traits.digits, self.traits.wide, zones.pop()
            )

    @property
    def at_hand(self) -> frozenset[str]:
        values = (*(value for _, value in self._branches), self._default)
        known = [value.at_hand for value in values if not isinstance(value, Unbound)]
        return frozenset(STORED_FACETS).intersection(*known)

    def facet(self, name: str) -> Expr:
        branches = [(condition, self._facet_of(value, name)) for condition, value in self._branches]
        default = self._facet_of(self._default, name)
        if all(isinstance(one, exp.Null) for one in (*(then for _, then in branches), default)):
            return sql.null()
        return sql.case(branches, default)

    def _facet_of(self, value: Value, name: str) -> Expr:
        expression = value.facet(name)
        if name != "num" or value.traits.scale == self.traits.scale:
            return expression
        return sql.cast(expression, decimal_type(self.traits.scale))


@dataclass(frozen=True, slots=True)
class Shape:
    """How a relation holds a variable: the facets that are columns, and what is known of it."""

    facets: frozenset[str]
    traits: Traits
    certain: bool
    """Bound in every solution."""
    form: str = "term"
    """`term`; or `number`, `text`, `truth`: a computed value held by what its term follows from."""

    @property
    def stored(self) -> bool:
        """Whether the variable is held by dictionary id."""
        return "id" in self.facets


@dataclass(slots=True)
class ColumnValue(Value):
    """The value of a variable of a relation; a facet that is no column is asked of the layer."""

    table: str
    variable: str
    shape: Shape
    names: Callable[[str, str], str]
    need: Callable[[str], None]
    traits: Traits = field(init=False)
    stored: bool = field(init=False)

    def __post_init__(self) -> None:
        self.traits = self.shape.traits
        self.stored = self.shape.stored

    def facet(self, name: str) -> Expr:
        if name not in self.shape.facets:
            if not self.stored:
                return sql.null()
            told = self._told(name)
            if told is not None:
                return told
            self.need(self.variable)
        return self._column(name)

    def narrow(self) -> Expr | None:
        if NARROW not in self.shape.facets or Kind.BOOLEAN in self.kinds:
            return None
        self._exact(EXACT)
        return self._column(NARROW)

    @property
    def at_hand(self) -> frozenset[str]:
        told = {name for name in TERM_FACETS if self._told(name) is not None}
        return self.shape.facets | told

    def _column(self, name: str) -> Expr:
        return sql.column(self.table, self.names(self.variable, name))

    def _told(self, name: str) -> Expr | None:
        """Return a facet that follows from the columns there are, None where it does not."""
        kinds, facets = self.kinds, self.shape.facets
        kind = self._column("k") if len(kinds) > 1 else None
        if name in facets or (kind is not None and "k" not in facets):
            return None
        if name == "dt" and has_one_datatype(kinds):
            return datatype_of(kinds, self.present(), kind)
        plain = is_day(kinds) and self.traits.zoned is False and not self.traits.wide
        if name == "lex" and plain and "ts" in facets:
            return text_of_day(kinds, self._column("ts"), kind)
        return None

    def present(self) -> Expr:
        if self.shape.certain:
            return sql.boolean(True)
        # Named so: a dataclass with slots is another class than the one `super()` would mean.
        return Value.present(self)
