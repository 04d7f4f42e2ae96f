"""Which right each address needs: one table, which every route has to be in."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Flask, redirect, request, url_for
from werkzeug.exceptions import Forbidden
from werkzeug.wrappers import Response as AnyResponse

from api.errors import wants_page
from api.identity import Right, identified, require

PUBLIC = None
"""Needs no right: open to whoever reaches the server."""

Needed = Right | None | Mapping[str, Right]

RIGHTS: dict[str, Needed] = {
    "static": PUBLIC,
    "health.show_health": PUBLIC,
    "pages.login.show_login": PUBLIC,
    "pages.login.post_login": PUBLIC,
    "pages.login.post_logout": PUBLIC,
    "openapi.show_description": PUBLIC,
    "analyses.keep_analysis": Right.WRITE,
    "analyses.list_analyses": Right.READ,
    "analyses.run_analysis": Right.READ,
    "csv_templates.list_templates": Right.READ,
    "csv_templates.show_template": Right.READ,
    "analyses.show_network": Right.READ,
    "editing.post_labels": Right.READ,
    "editing.show_completions": Right.READ,
    "plans.show_plan": Right.READ,
    "finding.show_found": Right.READ,
    "graphs.delete_graph": Right.WRITE,
    "graphs.get_graph": Right.READ,
    "graphs.patch_graph": Right.WRITE,
    "graphs.post_graph": Right.WRITE,
    "graphs.put_graph": Right.WRITE,
    "imports.delete_import": Right.WRITE,
    "imports.post_fix_sheet": Right.WRITE,
    "imports.post_import": Right.WRITE,
    "imports.show_import": Right.READ,
    "imports.show_imports": Right.READ,
    "jobs.delete_job": Right.WRITE,
    "jobs.list_jobs": Right.WRITE,
    "jobs.show_job": Right.WRITE,
    "merging.delete_distinction": Right.WRITE,
    "merging.delete_merge": Right.WRITE,
    "merging.post_distinction": Right.WRITE,
    "merging.post_merge": Right.WRITE,
    "merging.show_duplicates": Right.READ,
    "merging.show_merges": Right.READ,
    "metrics.show_metrics": Right.READ,
    "pages.analyses.show_analyses": Right.READ,
    "pages.analyses.show_analysis": Right.READ,
    "pages.docs.show_docs": PUBLIC,
    "pages.docs.show_topic": PUBLIC,
    "pages.duplicates.post_apart": Right.WRITE,
    "pages.duplicates.post_merge": Right.WRITE,
    "pages.duplicates.post_unmerge": Right.WRITE,
    "pages.duplicates.show_comparison": Right.READ,
    "pages.duplicates.show_duplicates": Right.READ,
    "pages.entry.post_record": Right.WRITE,
    "pages.entry.show_form": Right.WRITE,
    "pages.entry.show_templates": Right.WRITE,
    "pages.quality.show_quality": Right.PERSONAL,
    "pages.quality.show_rule": Right.PERSONAL,
    "pages.quarantine.post_discard": Right.WRITE,
    "pages.quarantine.post_retry": Right.WRITE,
    "pages.quarantine.show_quarantine": Right.WRITE,
    "pages.history.post_cancel": Right.WRITE,
    "pages.history.post_undo": Right.WRITE,
    "pages.history.show_commit": Right.READ,
    "pages.history.show_history": Right.READ,
    "pages.history.show_undo": Right.WRITE,
    "pages.history.show_undoing": Right.WRITE,
    "pages.dashboard.show_movements": Right.READ,
    "pages.dashboard.show_recommenders": Right.READ,
    "pages.dashboard.show_revenue": Right.READ,
    "pages.dashboard.show_stages": Right.READ,
    "pages.imports.post_import": Right.WRITE,
    "pages.imports.show_import": Right.READ,
    "pages.imports.show_imports": Right.READ,
    "pages.staged.post_cancel": Right.WRITE,
    "pages.staged.post_check": Right.WRITE,
    "pages.staged.post_corrections": Right.WRITE,
    "pages.staged.post_discard": Right.WRITE,
    "pages.staged.post_import": Right.WRITE,
    "pages.staged.post_mapping": Right.WRITE,
    "pages.staged.post_preview": Right.WRITE,
    "pages.staged.show_check": Right.WRITE,
    "pages.staged.show_files": Right.WRITE,
    "pages.staged.show_sheet": Right.WRITE,
    "pages.chains.show_chains": Right.READ,
    "pages.chains.show_drawn": Right.READ,
    "pages.chains.show_part": Right.READ,
    "pages.network.show_network": Right.READ,
    "pages.network.show_party": Right.READ,
    "pages.ontology.show_concept": PUBLIC,
    "pages.ontology.show_namespace": PUBLIC,
    "pages.ontology.show_ontology": PUBLIC,
    "pages.ontology.show_rules": PUBLIC,
    "pages.ontology.show_shapes": PUBLIC,
    "pages.ontology.show_term": PUBLIC,
    "pages.party.show_classified": Right.READ,
    "pages.party.show_events": Right.READ,
    "pages.party.show_history": Right.READ,
    "pages.party.show_id": Right.READ,
    "pages.party.show_parties": Right.READ,
    "pages.party.show_party": Right.READ,
    "pages.party.show_roles": Right.READ,
    "pages.party.show_stage": Right.READ,
    "pages.kept.post_forget": Right.READ,
    "pages.kept.post_kept": Right.READ,
    "pages.kept.post_sharing": Right.READ,
    "pages.query.show_named": Right.READ,
    "pages.query.show_query": Right.READ,
    "pages.search.show_search": Right.READ,
    "pages.start.show_start": Right.READ,
    "quarantine.delete_quarantine": Right.WRITE,
    "quarantine.post_retry": Right.WRITE,
    "quarantine.show_fix_sheet": Right.WRITE,
    "quarantine.show_quarantine": Right.WRITE,
    "queries.delete_query": Right.READ,
    "queries.list_queries": Right.READ,
    "queries.post_query": Right.READ,
    "queries.put_query": Right.READ,
    "queries.show_versions": Right.READ,
    "queries.run_query": Right.READ,
    "chain_pictures.show_map": Right.READ,
    "referral_map.show_map": Right.READ,
    "running.list_running": Right.READ,
    "running.stop_running": Right.READ,
    "shacl.post_shacl": Right.READ,
    "sparql.get_sparql": Right.READ,
    "sparql.post_sparql": Right.READ,
    "tokens.delete_token": Right.ADMIN,
    "tokens.post_token": Right.ADMIN,
    "tokens.show_tokens": Right.ADMIN,
}
"""The right that each endpoint needs, or that each of its methods does.

An update at `sparql.post_sparql` needs `WRITE`, which is known when the operation is read.
"""


def register_access(app: Flask) -> None:
    """Refuse the requests whose caller has not the right that their address needs."""
    app.before_request(_check)


def needed_right(endpoint: str, method: str) -> Right | None:
    """Return the right that an endpoint needs, None where it needs none.

    Raises:
        Forbidden: the table does not know the endpoint or the method.
    """
    needed = RIGHTS.get(endpoint, {})
    method = "GET" if method == "HEAD" else method
    if isinstance(needed, Mapping):
        if method not in needed:
            raise Forbidden("This address is not in the table of rights, and is closed.")
        return needed[method]
    return needed


def _check() -> AnyResponse | None:
    """Check the right of the current request; send a person who is unknown to the login."""
    if request.endpoint is None or request.method == "OPTIONS":
        return None
    right = needed_right(request.endpoint, request.method)
    if right is None:
        return None
    if request.method == "GET" and wants_page() and identified() is None:
        return redirect(url_for("pages.login.show_login", next=request.full_path.rstrip("?")))
    require(right)
    return None
