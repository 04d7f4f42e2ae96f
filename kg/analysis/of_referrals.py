"""The analyses of referrals, described."""

from __future__ import annotations

from kg.analysis import referral_tables as referrals
from kg.analysis.described import Analysis, Option
from kg.analysis.link import LINK_COLUMNS, link
from kg.analysis.options import party_option, period_options
from kg.analysis.referral_figures import (
    BREAKDOWN_COLUMNS,
    GROUPS,
    SHAPE_COLUMNS,
    breakdown,
    shape,
)
from kg.analysis.referral_tables import MODELS
from kg.analysis.summary import SUMMARY_COLUMNS, summary

_LINK = ("recommendation_key", "referrer", "referrer_key", "referred", "referred_key", "date")

REFERRALS = (
    Analysis(
        "referrals outcomes",
        "Outcome of each referral",
        "Issue de chaque recommandation",
        (*_LINK, "outcome", "reason"),
        referrals.outcomes,
    ),
    Analysis(
        "referrals chain",
        "Chain of a party up to its origin",
        "Chaîne d'une partie jusqu'à son origine",
        ("step", "party", "party_key", "recommendation_key", "date"),
        referrals.chain,
        (party_option(required=True),),
    ),
    Analysis(
        "referrals tree",
        "Primary forest of referrals",
        "Forêt primaire des recommandations",
        ("party", "party_key", "primary", "primary_key", "depth", "root_key"),
        referrals.tree,
    ),
    Analysis(
        "referrals descendants",
        "Everyone whom a party brought",
        "Toutes les parties amenées par une partie",
        ("party", "party_key", "primary", "primary_key", "depth"),
        referrals.descendants,
        (party_option(required=True),),
    ),
    Analysis(
        "referrals credit",
        "Value credited to referrers",
        "Valeur attribuée aux prescripteurs",
        ("referrer", "referrer_key", "credit", "currency"),
        referrals.credit,
        (
            Option(
                "model", "model", str, "Attribution model.", "Modèle d'attribution.", choices=MODELS
            ),
            *period_options(required=False),
        ),
    ),
    Analysis(
        "referrals downstream",
        "Value of all descendants (not additive)",
        "Valeur de toute la descendance (non additive)",
        ("party", "party_key", "downstream", "descendants", "currency"),
        referrals.downstream_values,
    ),
    Analysis(
        "referrals rates",
        "Conversion rate and K over a period",
        "Taux de conversion et facteur K sur une période",
        ("referred", "converted", "clients", "invitations_per_client", "conversion", "k"),
        referrals.rates,
        period_options(required=True),
    ),
    Analysis(
        "referrals summary",
        "Figures of the whole network",
        "Chiffres de tout le réseau",
        SUMMARY_COLUMNS,
        summary,
    ),
    Analysis(
        "referrals shape",
        "Depth, branching and descendants of each party",
        "Profondeur, ramification et descendance de chaque partie",
        SHAPE_COLUMNS,
        shape,
    ),
    Analysis(
        "referrals breakdown",
        "Outcomes by product, channel, origin or time",
        "Issues par produit, canal, origine ou période",
        BREAKDOWN_COLUMNS,
        breakdown,
        (
            Option(
                "by",
                "by",
                str,
                "What to group by.",
                "Ce qui regroupe.",
                required=True,
                choices=GROUPS,
            ),
            *period_options(required=False),
        ),
    ),
    Analysis(
        "referrals link",
        "Why two parties are linked",
        "Pourquoi deux parties sont liées",
        LINK_COLUMNS,
        link,
        (
            party_option(required=True),
            Option(
                "other",
                "other",
                str,
                "Source key or IRI of the other party.",
                "Clé source ou IRI de l'autre partie.",
                required=True,
            ),
        ),
    ),
    Analysis(
        "referrals rings",
        "Rings of referrals",
        "Boucles de recommandations",
        ("ring", "party", "party_key"),
        referrals.rings,
    ),
    Analysis(
        "referrals removed",
        "Primary edges removed because they close a ring",
        "Liens primaires retirés parce qu'ils ferment une boucle",
        _LINK,
        referrals.removed,
    ),
    Analysis(
        "referrals broken",
        "Broken chains",
        "Chaînes rompues",
        ("party", "party_key", "recommendation_key", "reason"),
        referrals.broken,
    ),
    Analysis(
        "referrals cold",
        "Relays that became former clients",
        "Maillons devenus anciens clients",
        _LINK,
        referrals.cold,
    ),
)
