"""Which quads a reader sees: those of a moment, in the graphs that are open to it."""

from __future__ import annotations

from collections.abc import Collection


def visible(
    *,
    as_of_commit: int | None = None,
    graphs: Collection[int] | None = None,
    hidden: Collection[int] = (),
) -> str:
    """Return the SQL condition on `quad` of what is live at a commit (None: now) in some graphs.

    `graphs` holds the ids that are open (None: all), of which those in `hidden` are closed.
    """
    conditions = ["died IS NULL"]
    if as_of_commit is not None:
        moment = int(as_of_commit)
        conditions = [f"born <= {moment}", f"(died IS NULL OR died > {moment})"]
    if graphs is not None:
        open_graphs = set(graphs) - set(hidden)
        conditions.append(f"g IN ({_ids(open_graphs)})" if open_graphs else "false")
    elif hidden:
        conditions.append(f"g NOT IN ({_ids(hidden)})")
    return " AND ".join(conditions)


def _ids(ids: Collection[int]) -> str:
    return ", ".join(str(int(graph)) for graph in sorted(ids))
