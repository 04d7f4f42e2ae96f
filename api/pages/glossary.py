"""The terms that each page explains, with the definitions of the vocabulary."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Flask, request

from kg.terminology import Term, load_terminology


def _of(scheme: str, *notations: str) -> tuple[str, ...]:
    return tuple(f"scheme/{scheme}/{one}" for one in notations)


_STAGES = _of(
    "stage", "current", "dormant", "former", "potential", "user-only", "refusing", "unengaged"
)
_DEPTHS = _of("depth", "loyal", "regular", "occasional")
_FLAGS = _of("flag", "new", "at-risk", "won-back", "notice-given", "key-account", "closed")
_CLASSIFIED = ("Party", *_STAGES, *_DEPTHS, *_FLAGS)
_REFERRED = ("Recommendation", "Referral", *_of("referral-role", "referrer", "effective-referrer"))
_OUTCOMES = _of("outcome", "converted", "declined", "expired", "pending", "invalid")
_SUPPLIED = (
    "SupplyRelation",
    *_of("measure", "supplier-client-chain", "exposure", "satisfied"),
    *_of("computed-role", "internal-supplier", "internal-client", "frontline", "external-client"),
)
_SENT = ("sourceKey", "recordedAt", "date", "party")
_CHANGED = ("commitNumber", "activityKind", "agentName", "recordedAt")
_MERGED = ("Party", "RecordMerge", "duplicate", "canonical", "mergeReason", "sourceKey")
_ASKED = ("Party", "Purchase", "Recommendation", "SupplyRelation", "sourceKey", "recordedAt")
_COMPUTED = ("asOf", "knownAt", "Classification", "Evidence", "Credit", "ParameterSet", *_REFERRED)

TERMS: Mapping[str, tuple[str, ...]] = {
    "pages.analyses.show_analyses": _COMPUTED,
    "pages.analyses.show_analysis": _COMPUTED,
    "pages.chains.show_chains": _SUPPLIED,
    "pages.chains.show_drawn": _SUPPLIED,
    "pages.chains.show_part": _SUPPLIED,
    "pages.dashboard.show_movements": _STAGES,
    "pages.dashboard.show_recommenders": (*_REFERRED, *_of("measure", "referred-sales")),
    "pages.dashboard.show_revenue": ("Purchase", "Refund", *_of("measure", "net-revenue")),
    "pages.dashboard.show_stages": _STAGES,
    "pages.duplicates.show_comparison": _MERGED,
    "pages.duplicates.show_duplicates": _MERGED,
    "pages.entry.show_form": _SENT,
    "pages.entry.show_templates": (*_SENT, "commitNumber"),
    "pages.history.show_commit": _CHANGED,
    "pages.history.show_history": _CHANGED,
    "pages.history.show_undo": _CHANGED,
    "pages.history.show_undoing": _CHANGED,
    "pages.imports.show_import": (*_SENT, "commitNumber"),
    "pages.imports.show_imports": (*_SENT, "commitNumber"),
    "pages.network.show_network": (
        *_REFERRED, *_of("measure", "referred-sales"), *_STAGES, *_OUTCOMES,
    ),
    "pages.network.show_party": (*_REFERRED, *_of("measure", "referred-sales")),
    "pages.party.show_classified": _CLASSIFIED,
    "pages.party.show_events": ("Event", "Purchase", "Recommendation", "date"),
    "pages.party.show_history": (*_STAGES, *_DEPTHS),
    "pages.party.show_parties": _CLASSIFIED,
    "pages.party.show_party": (
        "Party", "Evidence", "sourceKey", *_REFERRED, *_STAGES, *_DEPTHS, *_FLAGS,
    ),
    "pages.party.show_roles": ("scheme/role", "scheme/computed-role", "scheme/referral-role"),
    "pages.party.show_stage": (*_STAGES, *_DEPTHS, "Evidence", "failedCondition"),
    "pages.quality.show_quality": ("Run", "asOf", "sourceKey", "commitNumber"),
    "pages.quality.show_rule": ("Run", "asOf", "sourceKey"),
    "pages.quarantine.show_quarantine": _SENT,
    "pages.query.show_named": _ASKED,
    "pages.query.show_query": _ASKED,
    "pages.search.show_search": ("Party", "sourceKey", "RecordMerge"),
    "pages.staged.show_check": _SENT,
    "pages.staged.show_files": _SENT,
    "pages.start.show_start": ("Party", *_STAGES, "Purchase", "Referral", "commitNumber"),
}  # fmt: skip
"""The names of the terms of each page, by its endpoint.

Pages that answer a form are those of what the form was sent from (`SENT_FROM`).
"""

SENT_FROM: Mapping[str, str] = {
    "pages.duplicates.post_merge": "pages.duplicates.show_duplicates",
    "pages.entry.post_record": "pages.entry.show_form",
    "pages.history.post_undo": "pages.history.show_undo",
    "pages.imports.post_import": "pages.imports.show_import",
    "pages.kept.post_kept": "pages.query.show_query",
    "pages.quarantine.post_retry": "pages.quarantine.show_quarantine",
    "pages.staged.post_corrections": "pages.staged.show_check",
    "pages.staged.post_mapping": "pages.staged.show_files",
}
"""Where a form that is answered with a page is on."""


def page_terms() -> list[Term]:
    """Return the terms of the page of the request, in the order in which they are explained."""
    endpoint = request.endpoint or ""
    names = TERMS.get(SENT_FROM.get(endpoint, endpoint), ())
    found = (load_terminology().named(one) for one in names)
    return [term for term in found if term is not None]


def register_glossary(app: Flask) -> None:
    """Give the templates the terms of their page."""
    app.jinja_env.globals["page_terms"] = page_terms
