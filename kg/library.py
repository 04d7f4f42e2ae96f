"""Queries that users keep: each with an owner, a description, who may see it, and all its versions.

They are kept beside the graph, in the settings of the store: to keep one is no commit.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime
from itertools import islice

from rdflib import Variable
from rdflib.plugins.sparql.parserutils import CompValue

from kg.catalog import NamedQuery, Parameter, Term, load_catalog, read_parameters
from kg.errors import UsageError
from kg.sparql import Result, parse
from kg.store import RawTerm, Store, Transaction

SHARINGS = ("private", "everyone")
"""Who may see a kept query: its owner alone, or everybody who may ask questions."""

_PREFIX = "query:"
_NAME = re.compile(r"[a-z][a-z0-9-]{1,62}")
_MOST = 100_000
"""Characters that a text may have."""


@dataclass(frozen=True, slots=True)
class Version:
    """A text that a kept query had; versions count from 1."""

    number: int
    text: str
    at: str


@dataclass(frozen=True, slots=True)
class KeptQuery:
    """A query that a user keeps."""

    name: str
    owner: str
    description: str = ""
    sharing: str = "private"
    versions: tuple[Version, ...] = field(default=())

    def version(self, number: int | None = None) -> Version:
        """Return a version, the last one when none is named.

        Raises:
            UsageError: there is no such version.
        """
        wanted = len(self.versions) if number is None else number
        for one in self.versions:
            if one.number == wanted:
                return one
        raise UsageError(
            f"The query {self.name!r} has no version {wanted}; the last one is"
            f" {len(self.versions)}."
        )

    def parameters(self, number: int | None = None) -> tuple[Parameter, ...]:
        """Return the parameters that the header of a version declares."""
        return read_parameters(self.version(number).text, self.name)

    def question(self, number: int | None = None) -> NamedQuery:
        """Return a version as a question, by its name and its description.

        Raises:
            UsageError: there is no such version.
        """
        text, declared = self.version(number).text, self.parameters(number)
        titles, purpose = {"": self.name}, {"": self.description}
        return NamedQuery(self.name, "", titles, purpose, "", declared, text)

    def bind(
        self,
        values: Mapping[str, str],
        *,
        number: int | None = None,
        today: date | None = None,
        organization: str = "",
    ) -> dict[str, Term]:
        """Return the term of each parameter of a version.

        Raises:
            UsageError: a parameter is unknown, missing, or of another type.
        """
        return self.question(number).bind(values, today=today, organization=organization)

    def seen_by(self, user: str, *, all_queries: bool = False) -> bool:
        """Tell whether a user may see it."""
        return all_queries or self.sharing == "everyone" or self.owner == user


def kept_queries(store: Store) -> Iterator[KeptQuery]:
    """Yield all queries that are kept, in the order of their names."""
    rows = store.cursor().execute(
        "SELECT value FROM setting WHERE starts_with(name, ?) ORDER BY name", [_PREFIX]
    )
    for (text,) in rows.fetchall():
        yield _read(text)


def find_kept(store: Store, name: str) -> KeptQuery | None:
    """Return the kept query of a name, None where there is none."""
    text = store.setting(_PREFIX + name)
    return _read(text) if text else None


def keep_query(
    store: Store,
    name: str,
    *,
    owner: str,
    text: str | None = None,
    description: str | None = None,
    sharing: str | None = None,
    all_queries: bool = False,
) -> KeptQuery:
    """Keep a query, or change what is kept under a name; a new text is a new version.

    What is None stays as it is. `owner` asks for it; with `all_queries`, whoever owns it.

    Raises:
        UsageError: the name or the sharing is not usable, the text is missing, or it is another's.
        QuerySyntaxError: the text is not a SPARQL query.
    """
    _check(name, text, sharing)
    with _keeping(store, owner) as tx:
        known = find_kept(store, name)
        if known is None:
            if text is None:
                raise UsageError(f"There is no kept query {name!r}: give its text to keep one.")
            known = KeptQuery(name, owner)
        elif known.owner != owner and not all_queries:
            raise UsageError(
                f"The query {name!r} is kept by {known.owner!r}, who alone may change it. Keep"
                " yours under another name."
            )
        changed = replace(
            known,
            description=known.description if description is None else description,
            sharing=known.sharing if sharing is None else sharing,
            versions=_with(known.versions, text),
        )
        tx.set_setting(_PREFIX + name, json.dumps(asdict(changed), ensure_ascii=False))
    return changed


def forget_query(store: Store, name: str, *, owner: str, all_queries: bool = False) -> None:
    """Forget a kept query with all its versions.

    Raises:
        UsageError: there is none, or it is another's.
    """
    with _keeping(store, owner) as tx:
        known = find_kept(store, name)
        if known is None or not known.seen_by(owner, all_queries=all_queries):
            raise UsageError(f"There is no kept query {name!r}.")
        if known.owner != owner and not all_queries:
            raise UsageError(
                f"The query {name!r} is kept by {known.owner!r}, who alone may delete it."
            )
        tx.cursor.execute("DELETE FROM setting WHERE name = ?", [_PREFIX + name])


def settled(result: Result, text: str) -> Result:
    """Return an answer with its rows in an order that the store's files have no part in.

    Where the query does not order its solutions, or orders some alike, their terms do.
    """
    if result.boolean is not None:
        return result
    keys = _order(parse(text).algebra)
    known = [result.variables.index(key) for key in keys if key in result.variables]
    rows = list(result.rows())
    if not keys:
        rows.sort(key=_texts)
    elif len(known) == len(keys):
        rows = list(_among_equals(rows, known))
    result._rows = iter(rows)
    result._lines = lambda _result, _name: None
    return result


def cut_to_page(result: Result, offset: int, rows: int) -> bool:
    """Leave so many rows of an answer, and tell whether there are more behind them."""
    kept = list(islice(result.rows(), offset, offset + rows + 1))
    more = len(kept) > rows
    # The rest is never read: what it holds is given back here.
    result.close()
    result._rows = iter(kept[:rows])
    return more


_Row = Sequence[RawTerm | None]


def _texts(row: _Row) -> list[tuple[str, ...]]:
    return [() if term is None else tuple(str(part or "") for part in term) for term in row]


def _among_equals(
    rows: Iterable[tuple[RawTerm | None, ...]], keys: Sequence[int]
) -> Iterator[tuple[RawTerm | None, ...]]:
    """Yield rows in their order, those with the same values of some columns in that of terms."""
    group: list[tuple[RawTerm | None, ...]] = []
    for row in rows:
        if group and [row[key] for key in keys] != [group[0][key] for key in keys]:
            yield from sorted(group, key=_texts)
            group = []
        group.append(row)
    yield from sorted(group, key=_texts)


def _order(algebra: CompValue) -> list[str]:
    """Return the variables that a query orders its solutions by, "" for an expression."""
    node = algebra.p
    while isinstance(node, CompValue) and node.name in ("Slice", "Distinct", "Reduced", "Project"):
        node = node.p
    if not isinstance(node, CompValue) or node.name != "OrderBy":
        return []
    return [str(one.expr) if isinstance(one.expr, Variable) else "" for one in node.expr]


@contextmanager
def _keeping(store: Store, owner: str) -> Iterator[Transaction]:
    """Yield a write that is no commit."""
    with store.write(agent=owner, activity="queries") as tx:
        tx.recorded = False
        yield tx


def _check(name: str, text: str | None, sharing: str | None) -> None:
    """Raise UsageError where a name, a text or a sharing cannot be kept."""
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} is no name for a query: use small letters, digits and hyphens, a letter"
            " first, 63 characters at most."
        )
    catalog = load_catalog()
    if name in catalog or name in {one.id.casefold() for one in catalog.values()}:
        raise UsageError(f"{name!r} is the name of a question of the project. Choose another name.")
    if sharing is not None and sharing not in SHARINGS:
        raise UsageError(f"The sharing is {sharing!r}; choose {' or '.join(SHARINGS)}.")
    if text is not None:
        if len(text) > _MOST:
            raise UsageError(f"The text has more than {_MOST} characters. Shorten it.")
        read_parameters(text, name)
        parse(text)


def _with(versions: tuple[Version, ...], text: str | None) -> tuple[Version, ...]:
    """Return versions with a new one where a text is given and differs from the last."""
    if text is None or (versions and versions[-1].text == text):
        return versions
    now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return (*versions, Version(len(versions) + 1, text, now))


def _read(text: str) -> KeptQuery:
    members = json.loads(text)
    members["versions"] = tuple(Version(**one) for one in members["versions"])
    return KeptQuery(**members)
