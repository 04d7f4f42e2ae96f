"""The table of analyses: what the command line and the HTTP API list and run, by name."""

from __future__ import annotations

from datetime import date

from kg.analysis import chain_tables as chains
from kg.analysis import referral_tables as referrals
from kg.analysis.described import Analysis, Option
from kg.analysis.link import LINK_COLUMNS, link
from kg.analysis.referral_figures import (
    BREAKDOWN_COLUMNS,
    GROUPS,
    SHAPE_COLUMNS,
    breakdown,
    shape,
)
from kg.analysis.referral_tables import MODELS
from kg.analysis.roles import ROLE_COLUMNS, ROLES, roles
from kg.analysis.summary import SUMMARY_COLUMNS, summary
from kg.lifecycle import (
    COLUMNS,
    DIFFERENCE_COLUMNS,
    EXPLANATION_COLUMNS,
    LOYALTY_COLUMNS,
    PERIOD_COLUMNS,
    SCOPES,
    TRANSITION_COLUMNS,
    Parameters,
    classify,
    differences,
    explain,
    periods,
    scoped_loyalty,
    transitions,
)


def _party(*, required: bool) -> Option:
    """Return the option that names a party."""
    en, fr = "Source key or IRI of a party.", "Clé source ou IRI d'une partie."
    return Option("party", "party", str, en, fr, required=required)


def _period(*, required: bool) -> tuple[Option, Option]:
    """Return the options that bound a period."""
    first = ("First day of the period.", "Premier jour de la période.")
    last = ("Last day of the period.", "Dernier jour de la période.")
    return (
        Option("from", "start", date, *first, required=required),
        Option("to", "end", date, *last, required=required),
    )


_LINK = ("recommendation_key", "referrer", "referrer_key", "referred", "referred_key", "date")

_LIFECYCLE = (
    Analysis(
        "classify",
        "Lifecycle of parties",
        "Cycle de vie des parties",
        COLUMNS,
        classify,
        (_party(required=False),),
    ),
    Analysis(
        "explain",
        "Why a party has its stage",
        "Pourquoi une partie a son stade",
        EXPLANATION_COLUMNS,
        explain,
        (_party(required=True),),
    ),
    Analysis(
        "history",
        "Stages of a party over time",
        "Stades d'une partie au fil du temps",
        PERIOD_COLUMNS,
        periods,
        (_party(required=True),),
    ),
    Analysis(
        "transitions",
        "From which stage to which, between two dates",
        "D'un stade à l'autre entre deux dates",
        TRANSITION_COLUMNS,
        transitions,
        (
            Option(
                "from",
                "start",
                date,
                "The earlier date; the date of the answer is the later one.",
                "La première date ; celle de la réponse est la seconde.",
                required=True,
            ),
        ),
    ),
    Analysis(
        "differences",
        "Parties classified otherwise under another parameter set",
        "Parties classées autrement sous d'autres paramètres",
        DIFFERENCE_COLUMNS,
        differences,
        (
            Option(
                "against",
                "against",
                Parameters,
                "The other set: the name of a saved one, a file, or a JSON object.",
                "L'autre jeu : le nom d'un jeu enregistré, un fichier, ou un objet JSON.",
                required=True,
            ),
        ),
    ),
    Analysis(
        "loyalty",
        "Loyalty to brands, products or points of sale",
        "Fidélité aux marques, aux produits ou aux points de vente",
        LOYALTY_COLUMNS,
        scoped_loyalty,
        (
            Option(
                "scope",
                "scope",
                str,
                "What loyalty is to.",
                "Ce à quoi l'on est fidèle.",
                required=True,
                choices=SCOPES,
            ),
            _party(required=False),
        ),
    ),
    Analysis(
        "roles",
        "Roles of parties, shown by events or computed",
        "Rôles des parties, montrés par les événements ou calculés",
        ROLE_COLUMNS,
        roles,
        (
            _party(required=False),
            Option("role", "role", str, "Only this role.", "Ce rôle seulement.", choices=ROLES),
        ),
    ),
)

_REFERRALS = (
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
        (_party(required=True),),
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
        (_party(required=True),),
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
            *_period(required=False),
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
        _period(required=True),
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
            *_period(required=False),
        ),
    ),
    Analysis(
        "referrals link",
        "Why two parties are linked",
        "Pourquoi deux parties sont liées",
        LINK_COLUMNS,
        link,
        (
            _party(required=True),
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

_CHAINS = (
    Analysis(
        "chains reach",
        "External clients that each unit reaches",
        "Clients externes que chaque unité atteint",
        ("unit_key", "client_key", "distance"),
        chains.reach,
    ),
    Analysis(
        "chains units",
        "Place of each unit in the chain",
        "Place de chaque unité dans la chaîne",
        ("unit", "unit_key", "place", "role", "reached"),
        chains.units,
    ),
    Analysis(
        "chains edges",
        "Supplier-client links and their weight",
        "Liens fournisseur-client et leur poids",
        ("unit_key", "client_key", "weight", "flag"),
        chains.edges,
    ),
    Analysis(
        "chains path",
        "Simple paths from a unit to a client",
        "Chemins simples d'une unité à un client",
        ("path", "step", "party_key"),
        chains.path,
        (
            Option("unit", "unit", str, "Key of the unit.", "Clé de l'unité.", required=True),
            Option("client", "client", str, "Key of the client.", "Clé du client.", required=True),
        ),
    ),
    Analysis(
        "chains spof",
        "Single points of failure of each external client",
        "Points de défaillance uniques de chaque client externe",
        ("client_key", "unit_key"),
        chains.spof,
    ),
    Analysis(
        "chains critical",
        "Critical services with one supplier",
        "Services critiques à fournisseur unique",
        ("client_key", "service", "unit_key", "score"),
        chains.critical,
    ),
    Analysis(
        "chains loops",
        "Supply loops",
        "Boucles d'approvisionnement",
        ("loop", "unit_key"),
        chains.loops,
    ),
    Analysis(
        "chains cycles",
        "Elementary cycles of supply loops",
        "Cycles élémentaires des boucles",
        ("cycle", "step", "unit_key"),
        chains.cycles,
    ),
    Analysis(
        "chains influence",
        "Influence of units on external clients",
        "Influence des unités sur les clients externes",
        ("unit_key", "client_key", "influence"),
        chains.influence,
    ),
    Analysis(
        "chains exposure",
        "Exposure of external clients to internal dissatisfaction",
        "Exposition des clients externes à l'insatisfaction interne",
        ("client", "client_key", "exposure", "exposure_norm", "coverage"),
        chains.exposure,
    ),
    Analysis(
        "chains priority",
        "Internal clients to satisfy first",
        "Clients internes à satisfaire d'abord",
        ("unit", "unit_key", "priority", "currency"),
        chains.priority,
    ),
)

ANALYSES: dict[str, Analysis] = {
    analysis.name: analysis for analysis in (*_LIFECYCLE, *_REFERRALS, *_CHAINS)
}
"""Every analysis by name; a name of two words is a command and its subcommand."""
