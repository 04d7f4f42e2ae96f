"""Classification of parties as of a date: stage, depth, kind, pipeline, position, tier, flags."""

from __future__ import annotations

from collections.abc import Sequence

from kg.lifecycle.alone import PartyEvaluation
from kg.lifecycle.context import Context, Table
from kg.lifecycle.evaluation import Evaluation, parties_with_key, snapshot, unknown_party
from kg.lifecycle.events import build_events
from kg.lifecycle.history import mark_won_back
from kg.lifecycle.purchases import build_occasions, build_purchases
from kg.lifecycle.records import build_parties, build_records
from kg.lifecycle.segments import build_targeted
from kg.lifecycle.stages import decide
from kg.lifecycle.surroundings import TooLargeError
from kg.store import Cursor, lookup

COLUMNS = (
    "party", "party_key", "stage", "depth", "former_kind", "pipeline", "position", "tier",
    "flags", "first", "last", "n", "as_of", "knowledge", "params",
)  # fmt: skip


def classify(cursor: Cursor, context: Context, *, party: str | None = None) -> Table:
    """Return the classification of every party, or of those with one source key or IRI.

    Source: rules-and-metrics, sections 3 and 4; rows in the order of their keys.

    Raises:
        UsageError: no party has this key.
    """
    with snapshot(cursor) as settled:
        evaluation = classified(cursor, context, party=party, settled=settled)
        evaluation.name_terms("SELECT party FROM classification")
        rows = evaluation.run(classification_rows(evaluation)).fetchall()
    return Table(COLUMNS, rows, tuple(evaluation.broken_segments.values()))


def classification_rows(evaluation: Evaluation, relation: str = "classification") -> str:
    """Return the SELECT of `COLUMNS` of the table `classification`, or of some rows of it."""
    return _ROWS.format(relation=relation, keys=evaluation.source_keys(relation, "party"))


def classified(
    cursor: Cursor, context: Context, *, party: str | None = None, settled: bool = False
) -> Evaluation:
    """Leave the classification in the temporary table `classification`; return its evaluation.

    Call it inside `snapshot`, or inside a transaction; see `of_party` for `settled`.

    Raises:
        UsageError: no party has this key.
    """
    if party is None:
        evaluation = prepared(cursor, context)
    else:
        evaluation = of_party(cursor, context, party, settled=settled)
    classify_facts(evaluation, measures=party is not None)
    return evaluation


def classify_facts(evaluation: Evaluation, *, measures: bool = False) -> None:
    """Leave the table `classification` of the parties of an evaluation, after `build_facts`.

    With `measures` it has all of them, else those that are told beside the classes.
    """
    evaluation.table("probe", "SELECT party, least($as_of, closed) AS asked FROM party")
    decide(evaluation, "probe", "decided", None if measures else _TOLD)
    mark_won_back(evaluation, "decided", "won_back")
    evaluation.table("classification", _CLASSIFICATION)


def prepared(
    cursor: Cursor, context: Context, party: str | None = None, *, occasions: bool = True
) -> Evaluation:
    """Return an evaluation with the facts of every party, or of those with one key or IRI.

    `occasions` as for `build_facts`.

    Raises:
        UsageError: no party has this key.
    """
    evaluation = Evaluation(cursor, context)
    build_records(evaluation)
    if party is not None:
        focus_on(evaluation, party_records(cursor, party))
    build_facts(evaluation, occasions=occasions)
    return evaluation


def of_party(
    cursor: Cursor,
    context: Context,
    party: str,
    *,
    settled: bool = False,
    throughout: bool = False,
) -> Evaluation:
    """Return an evaluation with the facts of the parties with one key or IRI, made fast.

    It runs the same statements over the few quads around them; where these are many, over all, as
    `prepared` does. `settled` says that the cursor sees what is committed and nothing else;
    `throughout`, that the facts are for all days up to T and not for T alone.

    Raises:
        UsageError: no party has this key.
    """
    try:
        evaluation = PartyEvaluation(cursor, context, party, settled=settled)
    except TooLargeError:
        return prepared(cursor, context, party)
    build_records(evaluation)
    focus_on(evaluation, evaluation.records)
    build_facts(evaluation, throughout=throughout)
    return evaluation


def build_facts(evaluation: Evaluation, *, throughout: bool = True, occasions: bool = True) -> None:
    """Read the parties, purchases and other events known at K, after `build_records`.

    Unless it is `throughout` the days up to T, what only non-clients need is left out for clients.
    Without `occasions`, purchases are not made into them (see `build_occasions`).
    """
    build_acts(evaluation)
    if occasions:
        build_occasions(evaluation)
    if isinstance(evaluation, PartyEvaluation):
        evaluation.build_targeted(throughout=throughout)
    else:
        build_targeted(evaluation)


def build_acts(evaluation: Evaluation) -> None:
    """Read the same but for whom actions target, which is of no effect on clients."""
    build_parties(evaluation)
    build_purchases(evaluation)
    build_events(evaluation)
    evaluation.run(
        """
        INSERT INTO party
        SELECT DISTINCT met.party, NULL FROM (
            SELECT party FROM purchase UNION ALL SELECT party FROM contract
            UNION ALL SELECT party FROM usage
        ) AS met ANTI JOIN party ON party.party = met.party
        """
    )


def party_records(cursor: Cursor, party: str) -> list[int]:
    """Return the ids of the records that a source key or an IRI names.

    Raises:
        UsageError: there is none.
    """
    found = lookup(cursor, [(party, None, None)]) if ":" in party else []
    records = [record for record in found if record is not None] or parties_with_key(cursor, party)
    if not records:
        raise unknown_party(party)
    return records


def focus_on(evaluation: Evaluation, records: Sequence[int]) -> None:
    """Read only the events of these records and of those merged with them."""
    evaluation.keep_ids("asked_record", records)
    evaluation.table(
        "focus",
        """
        WITH named AS (
            SELECT DISTINCT coalesce(m.canonical, n.id) AS id
            FROM asked_record AS n LEFT JOIN merged AS m ON m.id = n.id
        )
        SELECT id FROM named
        UNION SELECT m.id FROM merged AS m JOIN named ON named.id = m.canonical
        """,
    )
    evaluation.focused = True


_TOLD = (
    "stage", "depth", "former_kind", "pipeline", "position", "tier", "first", "last", "n",
    "notice", "unresolved", "key_account", "suggested", "excluded",
)  # fmt: skip

_FLAGS = """concat_ws(' ',
    CASE WHEN stage = 'CURRENT' AND d.asked - first <= $D_new THEN 'NEW' END,
    CASE WHEN w.party IS NOT NULL THEN 'WON_BACK' END,
    CASE WHEN notice THEN 'NOTICE_GIVEN' END,
    CASE WHEN key_account OR suggested THEN 'KEY_ACCOUNT' END,
    CASE WHEN stage = 'CURRENT' AND unresolved THEN 'AT_RISK' END,
    CASE WHEN excluded THEN 'INCOMPLETE_EVIDENCE' END,
    CASE WHEN p.closed <= $as_of THEN 'CLOSED' END)"""

_CLASSIFICATION = f"""
SELECT d.*, {_FLAGS} AS flags
FROM decided AS d
JOIN party AS p ON p.party = d.party
LEFT JOIN won_back AS w ON w.party = d.party
"""

_ROWS = """
SELECT t.lex AS party, k.key AS party_key, stage, depth, former_kind, pipeline, position, tier,
    flags, first, last, n, $as_of AS as_of, $knowledge AS knowledge, $params AS params
FROM {relation} AS c
JOIN term AS t ON t.id = c.party
LEFT JOIN {keys} AS k ON k.id = c.party
ORDER BY k.key, t.lex
"""
