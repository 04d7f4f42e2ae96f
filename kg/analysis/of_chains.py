"""The analyses of internal supplier-client chains, described."""

from __future__ import annotations

from kg.analysis import chain_tables as chains
from kg.analysis.described import Analysis, Option
from kg.analysis.options import period_options
from kg.analysis.service import (
    REQUEST_COLUMNS,
    SLA_COLUMNS,
    SLA_PATH_COLUMNS,
    purchase_requests,
    service_levels,
    service_paths,
)
from kg.analysis.what_if import WHAT_IF_COLUMNS, what_if

_ENDS = (
    Option("unit", "unit", str, "Key of the unit.", "Clé de l'unité.", required=True),
    Option("client", "client", str, "Key of the client.", "Clé du client.", required=True),
)

CHAINS = (
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
        _ENDS,
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
        "chains contributions",
        "What each unit adds to the exposure of a client",
        "Ce que chaque unité ajoute à l'exposition d'un client",
        ("unit", "unit_key", "client_key", "influence", "score", "exposure"),
        chains.contributions,
        _ENDS[1:],
    ),
    Analysis(
        "chains correlation",
        "Rank correlation of internal and external satisfaction",
        "Corrélation des rangs des satisfactions interne et externe",
        ("correlation", "pairs"),
        chains.correlation,
    ),
    Analysis(
        "chains priority",
        "Internal clients to satisfy first",
        "Clients internes à satisfaire d'abord",
        ("unit", "unit_key", "priority", "currency"),
        chains.priority,
    ),
    Analysis(
        "chains what-if",
        "Who would be affected by a change, and by how much",
        "Qui un changement toucherait, et de combien",
        WHAT_IF_COLUMNS,
        what_if,
        (
            Option(
                "remove",
                "remove",
                str,
                "Units that go, by key.",
                "Unités qui disparaissent, par clé.",
            ),
            Option(
                "cut",
                "cut",
                str,
                "Relations that go, as SUPPLIER>CLIENT.",
                "Relations qui disparaissent, comme FOURNISSEUR>CLIENT.",
            ),
            Option(
                "share",
                "share",
                str,
                "Shares that change, as SUPPLIER>CLIENT=0.5.",
                "Parts qui changent, comme FOURNISSEUR>CLIENT=0.5.",
            ),
            Option(
                "satisfaction",
                "satisfaction",
                str,
                "Satisfactions that change, as UNIT=0.8.",
                "Satisfactions qui changent, comme UNITE=0.8.",
            ),
        ),
    ),
    Analysis(
        "chains sla",
        "Service levels met by each supplier-client pair",
        "Engagements de service tenus par chaque lien",
        SLA_COLUMNS,
        service_levels,
        period_options(required=False),
    ),
    Analysis(
        "chains sla-path",
        "Service levels met end to end",
        "Engagements de service tenus de bout en bout",
        SLA_PATH_COLUMNS,
        service_paths,
        (*_ENDS, *period_options(required=False)),
    ),
    Analysis(
        "chains requests",
        "Purchase requests from requester to order",
        "Demandes d'achat, du demandeur à la commande",
        REQUEST_COLUMNS,
        purchase_requests,
    ),
)
