"""What a party lacks to be in a neighbouring class: the conditions that failed, and by how much."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Fact = Mapping[str, Any]
"""Measures and columns of one classified party, with each condition as true or false."""


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A failed condition of a class; `missing` is in the unit of `value` and `needed`.

    The numbers are None where the condition is a plain yes or no.
    """

    scheme: str
    name: str
    condition: str
    en: str
    fr: str
    value: float | None = None
    needed: float | None = None

    @property
    def missing(self) -> float | None:
        """How far the value is from what is needed."""
        if self.value is None or self.needed is None:
            return None
        return abs(self.needed - self.value)


def shortfalls(fact: Fact, values: Mapping[str, Any]) -> Iterator[Shortfall]:
    """Yield what keeps a party out of the classes next to its own, under the parameters."""
    yield from _BY_STAGE[fact["stage"]](fact, values)


def _of_current(fact: Fact, values: Mapping[str, Any]) -> Iterator[Shortfall]:
    if fact["depth"] != "LOYAL":
        yield from _loyal(fact, values)
    if fact["depth"] == "OCCASIONAL":
        few, wanted = fact["recent"], values["N_reg"]
        yield Shortfall(
            "depth", "REGULAR", "frequency",
            f"{few} occasion{_plural(few != 1)} of {wanted} in the last {values['W_reg']} days,"
            " and no contract",
            f"{few} occasion{_plural(few > 1)} sur {wanted} dans les {values['W_reg']} derniers"
            " jours, et aucun contrat",
            few, wanted,
        )  # fmt: skip
    if fact["active"]:
        yield Shortfall(
            "stage", "DORMANT", "contract", "a contract is active", "un contrat est en cours"
        )
    else:
        yield _too_recent("DORMANT", fact, values["D_act"])


def _loyal(fact: Fact, values: Mapping[str, Any]) -> Iterator[Shortfall]:
    """Yield the conditions of LOYAL that fail."""
    n, span, least = fact["n"], fact["span"], values["loyaltyMinSatisfaction"]
    if not fact["depth_occasions"]:
        wanted = values["N_loyal"]
        yield Shortfall(
            "depth", "LOYAL", "occasions", f"{n} occasion{_plural(n != 1)} of {wanted}",
            f"{n} occasion{_plural(n > 1)} sur {wanted}", n, wanted,
        )  # fmt: skip
    if not fact["depth_span"]:
        wanted = values["M_loyal"]
        yield Shortfall(
            "depth", "LOYAL", "span",
            f"{wanted - span} days missing between first and last purchase",
            f"il manque {wanted - span} jours entre le premier et le dernier achat", span, wanted,
        )  # fmt: skip
    if not fact["depth_recency"]:
        yield _too_old("depth", "LOYAL", fact["asked"], fact["last_buy"], values["D_loyal"])
    if not fact["depth_satisfaction"]:
        yield Shortfall(
            "depth", "LOYAL", "satisfaction", f"satisfaction is not at least {least}",
            f"la satisfaction n'atteint pas {least}", fact["score"], least,
        )  # fmt: skip
    if not fact["depth_no notice"]:
        yield Shortfall("depth", "LOYAL", "no notice", "notice was given", "un préavis a été donné")


def _of_dormant(fact: Fact, values: Mapping[str, Any]) -> Iterator[Shortfall]:
    yield _no_contract()
    yield _too_old("stage", "CURRENT", fact["asked"], fact["last"], values["D_act"])
    yield Shortfall(
        "stage", "FORMER", "refusal", "no refusal is in effect", "aucun refus n'a pris effet"
    )
    yield _too_recent("FORMER", fact, values["D_lost"])


def _of_former(fact: Fact, values: Mapping[str, Any]) -> Iterator[Shortfall]:
    yield _no_contract()
    if fact["explicit"] or fact["inferred"]:
        yield Shortfall(
            "stage", "CURRENT", "no refusal", "it refused and did not acquire since",
            "elle a refusé et n'a rien acquis depuis",
        )  # fmt: skip
    elif fact["last"] is not None:
        yield _too_old("stage", "CURRENT", fact["asked"], fact["last"], values["D_act"])
        yield _too_old("stage", "DORMANT", fact["asked"], fact["last"], values["D_lost"])
    if fact["former_kind"] == "LOST":
        yield Shortfall(
            "former-kind", "DISLOYAL", "bad experience",
            "no unresolved bad experience comes before a refusal or a long silence",
            "aucune expérience négative non résolue ne précède un refus ou un long silence",
        )  # fmt: skip


def _of_others(fact: Fact, values: Mapping[str, Any]) -> Iterator[Shortfall]:
    yield Shortfall(
        "stage", "CURRENT", "acquisition", "it has never acquired", "elle n'a jamais rien acquis"
    )
    if fact["stage"] == "UNENGAGED":
        yield Shortfall(
            "stage", "POTENTIAL", "engagement", "no sign of engagement is recorded",
            "aucun signe d'engagement n'est enregistré",
        )  # fmt: skip
    if fact["stage"] == "REFUSING":
        yield Shortfall(
            "stage", "POTENTIAL", "engagement since",
            "it has started nothing since it refused", "elle n'a rien entrepris depuis son refus",
        )  # fmt: skip
    if fact["pipeline"] and fact["pipeline"] != "QUALIFIED":
        yield from _qualified(fact, values)


def _qualified(fact: Fact, values: Mapping[str, Any]) -> Iterator[Shortfall]:
    """Yield the conditions of QUALIFIED that fail."""
    if not fact["two_way"]:
        yield Shortfall(
            "pipeline", "PROSPECT", "two-way", "it has not spoken with us",
            "elle n'a pas encore échangé avec nous",
        )  # fmt: skip
    if fact["qualified"] is None:
        days = values["V_qual"]
        yield Shortfall(
            "pipeline", "QUALIFIED", "qualification",
            f"no qualification within {days} days", f"aucune qualification depuis {days} jours",
        )  # fmt: skip
    elif fact["positive"] < values["Q_min"]:
        had, wanted = fact["positive"], values["Q_min"]
        yield Shortfall(
            "pipeline", "QUALIFIED", "criteria", f"{had} positive criteria of {wanted}",
            f"{had} critères positifs sur {wanted}", had, wanted,
        )  # fmt: skip


def _plural(several: bool) -> str:  # noqa: FBT001 - the condition itself is what it is about
    return "s" if several else ""


def _no_contract() -> Shortfall:
    return Shortfall(
        "stage", "CURRENT", "contract", "no contract is active", "aucun contrat n'est en cours"
    )


def _too_old(scheme: str, name: str, asked: Any, last: Any, limit: int) -> Shortfall:
    """Return that the last sign is older than a limit."""
    if last is None:
        return Shortfall(scheme, name, "recency", "it has never bought", "elle n'a jamais acheté")
    silence = (asked - last).days
    over = silence - limit
    return Shortfall(
        scheme, name, "recency",
        f"{silence} days since the last time, {over} more than {limit}",
        f"{silence} jours depuis la dernière fois, {over} de plus que {limit}",
        silence, limit,
    )  # fmt: skip


def _too_recent(name: str, fact: Fact, limit: int) -> Shortfall:
    """Return that the silence is not longer than a limit yet."""
    silence = fact["silence"] or 0
    left = limit + 1 - silence
    return Shortfall(
        "stage", name, "silence",
        f"{silence} days of silence, {left} more before it",
        f"{silence} jours de silence, encore {left} avant cela",
        silence, limit + 1,
    )  # fmt: skip


_BY_STAGE: Mapping[str, Callable[[Fact, Mapping[str, Any]], Iterator[Shortfall]]] = {
    "CURRENT": _of_current,
    "DORMANT": _of_dormant,
    "FORMER": _of_former,
    "USER_ONLY": _of_others,
    "REFUSING": _of_others,
    "POTENTIAL": _of_others,
    "UNENGAGED": _of_others,
}
