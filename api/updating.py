"""The one place where an update of a request is run: under the rights and limits of its caller."""

from __future__ import annotations

from api.asking import allowance
from api.config import services
from api.identity import caller
from api.protocol import Operation
from kg.sparql import UpdateResult, update
from kg.sparql.restriction import OneGraph


def change(asked: Operation, base: str, only: OneGraph | None = None) -> UpdateResult:
    """Run an update for the caller of the current request, as `kg.sparql.update` does.

    `only` restricts it to one graph, which it then also reads in place of the union of all.

    Raises:
        QuerySyntaxError: the text is not a SPARQL update.
        QueryTimeoutError: the deadline passed.
        QueryStoppedError: somebody stopped it.
        UpdateError: an operation fails, or is refused.
        UsageError: graphs are named in the text and beside it.
    """
    here = services()
    return update(
        here.store,
        asked.text,
        agent=caller().name,
        note=asked.note,
        timeout=asked.timeout or caller().limits.timeout,
        using_graphs=asked.default_graphs or None,
        using_named_graphs=asked.named_graphs or None,
        hidden_graphs=caller().hidden_graphs,
        base=base,
        union_default_graph=only is None,
        load_folders=here.settings.load_folders,
        only=only,
        allowance=allowance("update"),
    )
