"""The rules of sections 3 and 4 in plain Python, day by day, as the oracle of the SQL."""

from __future__ import annotations

import calendar
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from kg.lifecycle import Parameters

SEVERITIES = ("minor", "major", "critical")


@dataclass(frozen=True)
class Sale:
    """A purchase with the refunds made on it; dates are texts of any precision, or None."""

    day: str | None
    amount: int
    refunds: tuple[tuple[str | None, int], ...] = ()
    staff: bool = False


@dataclass(frozen=True)
class History:
    """Everything known about one party."""

    sales: tuple[Sale, ...] = ()
    contracts: tuple[tuple[str | None, str | None], ...] = ()
    refusals: tuple[str | None, ...] = ()
    incidents: tuple[tuple[str | None, str, str | None], ...] = ()
    scores: tuple[tuple[str, float], ...] = ()
    uses: tuple[str | None, ...] = ()
    interactions: tuple[tuple[str | None, str], ...] = ()
    qualifications: tuple[tuple[str, int], ...] = ()
    memberships: tuple[tuple[str | None, str | None], ...] = ()
    closed: str | None = None

    def __add__(self, other: History) -> History:
        """Return the union of two histories: what a merge of records makes."""
        both = {
            name: getattr(self, name) + getattr(other, name)
            for name in self.__dataclass_fields__
            if name != "closed"
        }
        return History(**both)


def latest(text: str | None) -> date | None:
    """Return the latest possible day of a date of any precision."""
    if text is None:
        return None
    parts = [int(part) for part in text.split("-")]
    year, month = parts[0], parts[1] if len(parts) > 1 else 12
    day = parts[2] if len(parts) > 2 else calendar.monthrange(year, month)[1]
    return date(year, month, day)


def earliest(text: str) -> date:
    """Return the earliest possible day of a date of any precision."""
    return date.fromisoformat((text + "-01-01")[:10])


def dated(text: str | None, at: date) -> bool:
    """Whether an event counts at a day."""
    day = latest(text)
    return day is not None and day <= at


@dataclass
class Judge:
    """What holds of one history at one day."""

    history: History
    at: date
    rules: Parameters
    days: list[date] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.sales = [s for s in self.history.sales if dated(s.day, self.at)]
        counting = [s for s in self.sales if self.counts(s)]
        self.days = [latest(s.day) for s in counting]
        if self.rules.occasion_granularity == "day":
            self.days = list(set(self.days))
        self.uses = [latest(u) for u in self.history.uses if dated(u, self.at)]
        self.uses += [latest(s.day) for s in self.sales if s.amount == 0]
        self.refusals = [latest(r) for r in self.history.refusals if dated(r, self.at)]
        self.contracts = self.started_contracts()

    def void(self, sale: Sale) -> bool:
        back = sum(amount for day, amount in sale.refunds if dated(day, self.at))
        limit = Decimal(str(self.rules.void_threshold)) * sale.amount
        return sale.amount > 0 and back >= limit

    def counts(self, sale: Sale) -> bool:
        staff = sale.staff and not self.rules.count_staff_purchases
        return sale.amount != 0 and not self.void(sale) and not staff

    def started_contracts(self) -> list[tuple[date, date | None, date | None]]:
        """Return (start, end as written, end in effect) of the contracts started."""
        found = []
        for start_text, end_text in self.history.contracts:
            start, end = latest(start_text), latest(end_text)
            if start is None or start > self.at or (end is not None and end <= start):
                continue
            ended = end or min((r for r in self.refusals if r >= start), default=None)
            found.append((start, end, ended))
        return found

    @property
    def active(self) -> bool:
        return any(end is None or self.at < end for _, _, end in self.contracts)

    @property
    def undated(self) -> bool:
        sales = (s for s in self.history.sales if s.day is None and self.counts(s))
        contracts = (c for c in self.history.contracts if c[0] is None)
        return any(sales) or any(contracts)

    @property
    def ever_client(self) -> bool:
        by_use = self.rules.current_basis == "purchaseOrUse" and bool(self.uses)
        by_undated = self.rules.undated_policy == "assumeEarliest" and self.undated
        return bool(self.days or self.contracts) or by_use or by_undated

    @property
    def first(self) -> date | None:
        return min([*self.days, *(start for start, _, _ in self.contracts)], default=None)

    @property
    def last(self) -> date | None:
        days = [*self.days, *(min(end or self.at, self.at) for _, _, end in self.contracts)]
        if self.rules.current_basis == "purchaseOrUse":
            days += self.uses
        return max(days, default=None)

    def silence(self, limit: int) -> bool:
        """Whether the last sign is at most `limit` days old."""
        return self.last is not None and (self.at - self.last).days <= limit

    @property
    def bad(self) -> list[date]:
        """Return the days of unresolved bad experiences."""
        found = []
        for text, severity, resolved in self.history.incidents:
            severe = SEVERITIES.index(severity) >= SEVERITIES.index(self.rules.s_sev)
            if severe and dated(text, self.at) and not dated(resolved, self.at):
                found.append(latest(text))
        scores = [(latest(d), score) for d, score in self.history.scores if dated(d, self.at)]
        for day, score in scores:
            better = any(d > day and s > self.rules.s_bad for d, s in scores)
            if score <= self.rules.s_bad and not better:
                found.append(day)
        return found

    def effects(self) -> list[date]:
        """Return x_eff of every refusal made."""
        found = []
        for refused in self.refusals:
            ends = [end for start, end, _ in self.contracts if end and start <= refused < end]
            found.append(max([refused, *ends]))
        return found

    @property
    def explicit(self) -> bool:
        done = [x for x in self.effects() if x <= self.at]
        return any(not self.ever_client or (self.last and x >= self.last) for x in done)

    @property
    def notice(self) -> bool:
        return any(x > self.at for x in self.effects())

    @property
    def inferred(self) -> bool:
        if self.active or self.last is None:
            return False
        return any(b >= self.last and (self.at - b).days > self.rules.d_dis for b in self.bad)

    @property
    def reopened(self) -> bool:
        refused = max(x for x in self.effects() if x <= self.at)
        spoke = [
            latest(d) for d, way in self.history.interactions if way == "in" and dated(d, self.at)
        ]
        bought = [latest(s.day) for s in self.sales if s.amount != 0 and not self.counts(s)]
        return any(day > refused for day in [*spoke, *bought])

    @property
    def signalled(self) -> bool:
        met = any(dated(day, self.at) for day, _ in self.history.interactions)
        rated = any(dated(day, self.at) for day, _ in self.history.qualifications)
        return met or rated or any(s.amount != 0 and not self.counts(s) for s in self.sales)

    def stage(self) -> str:
        """Return the first stage of the decision list that applies."""
        if self.ever_client:
            if self.active:
                return "CURRENT"
            if self.explicit or self.inferred:
                return "FORMER"
            if self.silence(self.rules.d_act):
                return "CURRENT"
            return "DORMANT" if self.silence(self.rules.d_lost) else "FORMER"
        if self.uses:
            return "USER_ONLY"
        if self.explicit and not self.reopened:
            return "REFUSING"
        return "POTENTIAL" if self.signalled else "UNENGAGED"

    def depth(self) -> str | None:
        if self.stage() != "CURRENT":
            return None
        rules, days = self.rules, self.days
        scores = sorted(
            (latest(day), score) for day, score in self.history.scores if dated(day, self.at)
        )
        least = rules.loyalty_min_satisfaction
        satisfied = least is None or (bool(scores) and scores[-1][1] >= least)
        loyal = len(days) >= rules.n_loyal and (max(days) - min(days)).days >= rules.m_loyal
        loyal = loyal and (self.at - max(days)).days <= rules.d_loyal
        if loyal and satisfied and not self.notice:
            return "LOYAL"
        recent = sum(day > self.at - timedelta(rules.w_reg) for day in days)
        return "REGULAR" if self.active or recent >= rules.n_reg else "OCCASIONAL"

    def former_kind(self) -> str | None:
        if self.stage() != "FORMER":
            return None
        refused = max((x for x in self.effects() if x <= self.at), default=None)
        stated = self.explicit and any(b <= refused for b in self.bad)
        return "DISLOYAL" if self.inferred or stated else "LOST"

    def pipeline(self) -> str | None:
        if self.stage() not in {"POTENTIAL", "USER_ONLY"}:
            return None
        spoken = any(way != "out" and dated(d, self.at) for d, way in self.history.interactions)
        limit = self.at - timedelta(self.rules.v_qual)
        valid = [
            (latest(day), positive)
            for day, positive in self.history.qualifications
            if dated(day, self.at) and latest(day) >= limit
        ]
        if valid and max(valid)[1] < self.rules.q_min:
            return "DISQUALIFIED"
        if not spoken:
            return "SUSPECT"
        return "QUALIFIED" if valid else "PROSPECT"

    def tier(self) -> str | None:
        stage = self.stage()
        if stage in {"CURRENT", "DORMANT"} and (self.notice or self.bad):
            return "T1"
        return {"REFUSING": "T2", "UNENGAGED": "T3"}.get(stage)

    def position(self) -> str:
        inside = any(
            (start is None or dated(start, self.at)) and not (end and dated(end, self.at))
            for start, end in self.history.memberships
        )
        return "INTERNAL" if inside else "EXTERNAL"

    def excluded(self) -> bool:
        history = self.history
        texts = [
            *(s.day for s in history.sales), *(d for s in history.sales for d, _ in s.refunds),
            *(start for start, _ in history.contracts), *history.refusals, *history.uses,
            *(d for d, severity, _ in history.incidents if self._severe(severity)),
            *(d for d, _ in history.interactions),
        ]  # fmt: skip
        return any(t is None or earliest(t) <= self.at < latest(t) for t in texts)

    def _severe(self, severity: str) -> bool:
        return SEVERITIES.index(severity) >= SEVERITIES.index(self.rules.s_sev)


def classification(history: History, at: date, rules: Parameters, since: date) -> dict[str, Any]:
    """Return the columns of a classification; `since` lies before every event."""
    closed = latest(history.closed)
    seen = min(at, closed) if closed else at
    judge = Judge(history, seen, rules)
    stage = judge.stage()
    flags = []
    if stage == "CURRENT" and judge.first and (seen - judge.first).days <= rules.d_new:
        flags.append("NEW")
    if stage == "CURRENT" and any(
        Judge(history, since + timedelta(n), rules).stage() == "FORMER"
        for n in range((seen - since).days)
    ):
        flags.append("WON_BACK")
    if judge.notice:
        flags.append("NOTICE_GIVEN")
    if stage == "CURRENT" and judge.bad:
        flags.append("AT_RISK")
    if judge.excluded():
        flags.append("INCOMPLETE_EVIDENCE")
    if closed and closed <= at:
        flags.append("CLOSED")
    return {
        "stage": stage, "depth": judge.depth(), "former_kind": judge.former_kind(),
        "pipeline": judge.pipeline(), "position": judge.position(), "tier": judge.tier(),
        "flags": " ".join(flags), "first": judge.first, "last": judge.last, "n": len(judge.days),
    }  # fmt: skip
