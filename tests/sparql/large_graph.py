"""A graph of some hundred thousand quads and random questions of it, as analysts ask them.

The engine reads tables of this size in groups of rows, passes over groups, and reorders joins by
what it knows of their columns, none of which happens with the few quads of `fuzz_data`.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from fuzz_data import XSD

PROLOGUE = f"PREFIX : <urn:x:> PREFIX xsd: <{XSD}> "
SUBJECTS = 60_000

_FILTERS = {
    "type": ("{v} = :C1", "{v} != :C2"),
    "key": ('{v} > "k03"', 'STRSTARTS({v}, "k01")', '{v} = "k000500"', 'CONTAINS({v}, "99")'),
    "code": ('{v} < "c002000"', 'STRENDS({v}, "17")'),
    "num": (
        "{v} > {n}",
        "{v} < {n}",
        "{v} = {n}",
        "{v} != {n}",
        "{v} IN ({n}, 7)",
        "{v} + 1 > {n}",
    ),
    "day": ('{v} > "{d}"^^xsd:date', '{v} = "{d}"^^xsd:date', "YEAR({v}) = 2014", "MONTH({v}) < 3"),
    "amount": ("{v} > {n}.5", "{v} <= {n}.5", "{v} = {n}.5"),
    "tag": ("{v} != :t3", "{v} IN (:t1, :t2)"),
    "of": ("{v} != :s1",),
}
"""Conditions of the values of each predicate, for a variable `v`, a number `n` and a day `d`."""
_SUMMED = ("num", "amount")
_LINKS = ("?s :of ?t .", "?t :of ?s .", "?s :of/:of ?t .", "?s ^:of ?t .")


def lines() -> Iterator[str]:
    """Yield the quads as N-Quads: what some subjects lack, say twice, or say of one another."""
    random = Random(1)
    for n in range(SUBJECTS):
        said = [
            ("type", f"<urn:x:C{n % 3}>"),
            ("key", f'"k{n:06d}"'),
            ("code", f'"c{n * 7919 % SUBJECTS:06d}"'),
        ]
        if n % 5:
            said.append(("num", f'"{random.randrange(-500, 5000)}"^^<{XSD}integer>'))
        if n % 11 == 0:
            said.append(("num", f'"{random.randrange(100)}.5E0"^^<{XSD}double>'))
        if n % 7:
            said.append(("day", f'"{_day(random)}"^^<{XSD}date>'))
        if n % 2:
            said.append(("amount", f'"{random.randrange(1, 40_000) / 100:.2f}"^^<{XSD}decimal>'))
        if n and random.random() < 0.7:
            said.append(("of", f"<urn:x:s{random.randrange(n)}>"))
        said += [
            ("tag", f"<urn:x:t{random.randrange(40)}>") for _ in range(random.choice((0, 0, 1, 2)))
        ]
        for name, value in said:
            yield f"<urn:x:s{n}> <urn:x:{name}> {value} .\n"


def _day(random: Random) -> str:
    return (
        f"20{random.randrange(10, 25)}-{random.randrange(1, 13):02d}-{random.randrange(1, 29):02d}"
    )


class Asking:
    """A random question; it says `order by` and `limit` where its order leaves no ties."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._named = 0
        self._bound: dict[str, str] = {"?s": "of"}
        """Variables that each solution binds, with the predicate whose values they are."""
        self._maybe: list[str] = []
        """Variables that some solutions leave unbound."""
        self._ordered = random.random() < 0.5
        where = self._where()
        form = self._grouped if random.random() < 0.35 else self._plain
        self.text = PROLOGUE + form(where)

    def _where(self) -> str:
        parts = self._star("?s", 4, self._bound)
        if self._random.random() < 0.45:
            parts += [self._random.choice(_LINKS), *self._star("?t", 3, self._bound)]
            self._bound["?t"] = "of"
        parts += self._conditions(self._bound, 0.35)
        further = (
            *(self._optional, self._exists, self._minus, self._union),
            *(self._sub_select, self._first_few, self._reached, lambda: ""),
        )
        return " ".join([*parts, self._random.choice(further)()])

    def _star(self, subject: str, most: int, into: dict[str, str]) -> list[str]:
        names = self._random.sample(list(_FILTERS), self._random.randint(1, most))
        parts = []
        for name in names:
            self._named += 1
            into[f"?v{self._named}"] = name
            parts.append(f"{subject} :{name} ?v{self._named} .")
        return parts

    def _conditions(self, variables: dict[str, str], share: float) -> list[str]:
        random = self._random
        return [
            f"FILTER({random.choice(_FILTERS[name])})".format(
                v=variable, n=random.randrange(4500), d=_day(random)
            )
            for variable, name in variables.items()
            if random.random() < share
        ]

    def _inner(self) -> str:
        own: dict[str, str] = {}
        subject = self._random.choice([v for v in ("?s", "?t") if v in self._bound])
        inner = " ".join([*self._star(subject, 2, own), *self._conditions(own, 0.4)])
        self._inside = list(own)
        return inner

    def _optional(self) -> str:
        inner = self._inner()
        self._maybe += self._inside
        return f"OPTIONAL {{ {inner} }}"

    def _exists(self) -> str:
        return f"FILTER {self._random.choice(('', 'NOT '))}EXISTS {{ {self._inner()} }}"

    def _minus(self) -> str:
        return f"MINUS {{ {self._inner()} }}"

    def _union(self) -> str:
        branches = []
        for _ in range(2):
            branches.append(f"{{ {self._inner()} }}")
            self._maybe += self._inside
        return " UNION ".join(branches)

    def _sub_select(self) -> str:
        self._bound["?z"] = "num"
        told = self._random.choice(("COUNT(*)", "SUM(?y)", "MAX(?y)", "COUNT(DISTINCT ?y)"))
        return f"{{ SELECT ?s ({told} AS ?z) {{ ?s :amount ?y }} GROUP BY ?s }}"

    def _first_few(self) -> str:
        key, count = self._direction("?k"), self._random.choice((5, 100, 3000))
        name = self._random.choice(("key", "code"))
        return f"{{ SELECT ?s {{ ?s :{name} ?k }} ORDER BY {key} limit {count} }}"

    def _reached(self) -> str:
        return f"FILTER EXISTS {{ ?s :of+ :s{self._random.randrange(50)} }}"

    def _plain(self, where: str) -> str:
        names = [*self._bound, *self._maybe]
        shown = self._random.sample(names, self._random.randint(1, len(names)))
        distinct = self._random.choice(("", "DISTINCT "))
        return f"SELECT {distinct}{' '.join(shown)} {{ {where} }}{self._cut(shown)}"

    def _grouped(self, where: str) -> str:
        random = self._random
        keys = random.sample([*self._bound], random.randint(0, min(2, len(self._bound))))
        told = []
        for variable in random.sample([*self._bound], random.randint(1, len(self._bound))):
            functions = ["COUNT({})", "COUNT(DISTINCT {})", "MIN({})", "MAX({})"]
            if self._bound[variable] in _SUMMED:
                functions += ["SUM({})", "AVG({})"]
            told.append(f"({random.choice(functions).format(variable)} AS ?a{len(told)})")
        text = f"SELECT {' '.join([*keys, *told])} {{ {where} }}"
        if not keys:
            return text
        having = f" HAVING (COUNT(*) > {random.randint(1, 3)})" if random.random() < 0.3 else ""
        return f"{text} GROUP BY {' '.join(keys)}{having}{self._cut(keys)}"

    def _cut(self, keys: list[str]) -> str:
        """Return an order of all that tells rows apart, and a slice of it."""
        if not self._ordered:
            return ""
        order = " ".join(map(self._direction, self._random.sample(keys, len(keys))))
        offset = self._random.choice(("", "", " OFFSET 1", " OFFSET 2000", " OFFSET 40000"))
        return f" order by {order} limit {self._random.choice((1, 7, 100, 3000))}{offset}"

    def _direction(self, key: str) -> str:
        return self._random.choice((key, f"DESC({key})"))
