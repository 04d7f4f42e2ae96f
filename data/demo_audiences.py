"""Whom the demo organisation addresses and what it says: segments, personas, messages, facts.

Everything here is written down rather than drawn, so that the other tables do not depend on it.
"""

from __future__ import annotations

from collections.abc import Iterator

from demo_parties import Demo, Row
from demo_purchases import Order

LIVING_IN_CLAIRANSE = (
    "PREFIX vcard: <http://www.w3.org/2006/vcard/ns#> SELECT ?party WHERE {"
    ' ?party vcard:hasAddress ?address . ?address vcard:locality "Clairanse" }'
)
SEGMENTS = (  # (key, English, French, query)
    ("S-PRO", "Places that receive the public", "Lieux qui reçoivent du public", ""),
    ("S-FID", "Loyal clients", "Clients fidèles", ""),
    ("S-JEU", "Young people who found us on line", "Jeunes venus par internet", ""),
    ("S-CLA", "Neighbours of the shop", "Voisins de la boutique", LIVING_IN_CLAIRANSE),
    ("S-LOC", "Buyers of what is made nearby", "Acheteurs de fabrications locales", ""),
)
CRITERIA = (  # (segment, persona, family, property, operator, value)
    ("S-PRO", "", "sociodemographic", "annualPotential", ">=", "20000"),
    ("S-FID", "", "behavioural", "depth", "=", "LOYAL"),
    ("S-JEU", "", "sociodemographic", "birthDate", ">=", "1990-01-01"),
    ("S-JEU", "", "behavioural", "acquisitionSource", "in", "search"),
    ("S-JEU", "", "behavioural", "acquisitionSource", "in", "social"),
    ("S-CLA", "", "behavioural", "acquisitionSource", "!=", "partner"),
    ("S-LOC", "", "psychographic", "lifeValue", "=", "made nearby"),
    ("", "PE-HEL", "sociodemographic", "annualPotential", ">=", "20000"),
    ("", "PE-HEL", "behavioural", "stage", "=", "CURRENT"),
    ("", "PE-THE", "sociodemographic", "birthDate", ">=", "1990-01-01"),
    ("", "PE-THE", "behavioural", "acquisitionSource", "in", "search"),
    ("", "PE-THE", "behavioural", "acquisitionSource", "in", "social"),
    ("", "PE-ODI", "geographic", "residence", "=", "Verrelac"),
)
TARGETINGS = (  # (segment, start, end, product, core, direct marketing, parties)
    ("S-PRO", "2026-01-05", "", "V-ETUDE", "true", "false", ""),
    ("S-FID", "2025-01-01", "2025-12-31", "S-GRAPPE", "false", "false", ""),
    ("S-JEU", "2026-03-02", "2026-12-31", "L-LUCIOLE", "false", "false", "P0152 P0170 P0182"),
    ("S-CLA", "2026-09-01", "2026-12-31", "V-COURS", "true", "true", "P0005 P0164"),
    ("S-LOC", "2026-09-01", "", "V-COURS", "false", "false", ""),
)
PERSONAS = (  # (key, name, age, occupation, residence, income, value, need, study, date)
    ("PE-HEL", "Hélène", "45-54", "Hôtelière", "Clairanse", "50000-80000",
     "Recevoir comme chez soi", "Un éclairage doux, vite réparé",
     "Entretiens avec vingt hôtels", "2025-03"),
    ("PE-THE", "Théo", "25-34", "Graphiste", "Saint-Orme-sur-Bief", "20000-30000",
     "Acheter peu, garder longtemps", "Une lampe pour un petit logement",
     "Questionnaire en ligne", "2026-02-16"),
    ("PE-ODI", "Odile", "65-74", "Retraitée", "Verrelac", "", "Le beau travail", "", "", ""),
)  # fmt: skip
CONSENTS = (
    ("P0005", "2025-03-10", "given"),
    ("P0152", "2025-06-01", "given"),
    ("P0152", "2026-05-18", "withdrawn"),
    ("P0164", "2025-02-01", "withdrawn"),
    ("P0164", "2026-01-15", "given"),
    ("P0170", "2026-07-03", "objected"),
    ("P0176", "2025-11-20", "objected"),
)
MESSAGES = (  # (key, date, sender, receivers, kind, tool, goal, information)
    ("M-01", "2026-01-12", "U-DIR", "U-COM U-SUP U-IT U-ATE U-ARC U-QUA", "downward", "event",
     "action-plan", ""),
    ("M-02", "2026-02-02", "U-ATE", "U-DIR", "upward", "emailing", "information", ""),
    ("M-03", "2026-02-16", "U-IT", "U-SUP U-COM", "horizontal", "emailing", "information", ""),
    ("M-04", "2026-03-02", "U-ACH", "U-ATE U-LOG", "horizontal", "phone-call",
     "collective-stakes", ""),
    ("M-05", "2026-03-09", "ORG", "P0152 P0182", "marketing", "social-network", "awareness",
     "I-LUC-1"),
    ("M-06", "2026-05-11", "U-COM", "L001 L002 L003", "corporate", "brochure", "differentiation",
     "I-ROS-1"),
    ("M-07", "2026-06-22", "ORG", "P0003 P0005 L001", "event", "event", "image", ""),
    ("M-08", "2026-07-06", "U-SUP", "P0050 P0076", "crisis", "phone-call", "information",
     "I-VAG-4"),
    ("M-09", "2026-09-14", "U-DIR", "U-QUA U-BTQ", "downward", "emailing", "action-plan", ""),
    ("M-10", "2026-09-21", "U-BTQ", "P0005 P0164", "marketing", "emailing", "awareness", ""),
    ("M-11", "2026-10-05", "ORG", "L030", "responsible", "press-release", "image", "I-ROS-2"),
)  # fmt: skip
INFORMATION = (  # (key, product, topic, level, statement)
    ("I-ROS-1", "L-ROSEAU", "price", "public", "89 €"),
    ("I-ROS-2", "L-ROSEAU", "origin", "public", "Chêne du Vallon Roux"),
    ("I-ROS-3", "L-ROSEAU", "usage", "client", "Notice de montage"),
    ("I-ROS-4", "L-ROSEAU", "production", "internal", "Deux heures d'atelier"),
    ("I-ROS-5", "L-ROSEAU", "variants", "confidential", "Version murale prévue pour 2027"),
    ("I-VAG-1", "A-VAGUE", "price", "public", "98,50 €"),
    ("I-VAG-2", "A-VAGUE", "aftersales", "client", "Verre remplacé en dix jours"),
    ("I-VAG-3", "A-VAGUE", "production", "confidential", "Dosage de l'oxyde du verre bleu"),
    ("I-VAG-4", "A-VAGUE", "usage", "public", "Fixation à vérifier avant juillet 2026"),
    ("I-LUC-1", "L-LUCIOLE", "price", "public", "24,50 €"),
    ("I-LUC-2", "L-LUCIOLE", "origin", "internal", "Coque moulée chez un sous-traitant"),
    ("I-GRA-1", "S-GRAPPE", "price", "client", "420 €, remise par quatre"),
)
GRANTS = (  # (information, grantee, start, end)
    ("I-ROS-5", "U-DIR", "2026-01-01", "2027-01-01"),
    ("I-ROS-5", "U-ATE", "2026-06-01", "2027-01-01"),
    ("I-VAG-3", "U-QUA", "2025-01-01", "2027-06-30"),
    ("I-VAG-3", "E016", "2025-01-01", "2026-01-01"),
)
CLIENT_REQUESTS = (  # (key, requester, date, due, priority, status, product, handler)
    ("Q-01", "L001", "2026-08-31", "2026-09-30", "high", "submitted", "V-REPAR", "E009"),
    ("Q-02", "P0003", "2026-09-07", "2026-10-05", "normal", "submitted", "V-REPAR", "E009"),
    ("Q-03", "P0050", "2026-09-14", "2026-10-12", "low", "", "C-ABAT30", ""),
    ("Q-04", "L003", "2026-09-21", "2026-10-19", "high", "done", "V-ETUDE", "E003"),
    ("Q-05", "P0076", "2026-10-12", "2026-11-23", "high", "submitted", "A-VAGUE", "E009"),
    ("Q-06", "L012", "2026-06-01", "2026-06-29", "normal", "withdrawn", "S-NUAGE", "E004"),
    ("Q-07", "P0176", "2026-10-19", "", "low", "submitted", "", ""),
)
PROFILES = (  # (party, date, profile, assessor, expires, confidence, incident)
    ("P0003", "2026-03-16", "understanding", "E003", "2027-03-16", "0.8", ""),
    ("P0050", "2026-04-28", "complainer", "E009", "2027-04-28", "0.6", "INC-03"),
    ("P0076", "2025-08-25", "aggressive", "E009", "2026-08-25", "0.5", "INC-01"),
    ("P0164", "2026-09-22", "hurried", "E004", "2027-09-22", "", ""),
    ("L001", "2026-09-02", "authoritarian", "E004", "2027-09-02", "0.4", ""),
)
DESIGNATIONS = (  # (party, kind, start)
    ("L012", "partner", "2025-09-01"),
    ("L016", "competitor", "2024-04-15"),
    ("F04", "supplier", "2023-03-01"),
    ("P0188", "affected_party", "2025-05-19"),
    ("P0190", "affected_party", "2026-02-09"),
)
FORMER_PROSPECT = ("P0180", "2023-05-15")
"""Met long ago and never again: kept for longer than the retention period."""
REFERRALS = (  # (key, recommender, referred, date, channel, notified)
    ("R0152", "P0005", "D001", "2026-04-20", "web", "2026-04-21"),
    ("R0153", "E005", "P0012", "2024-10-28", "word of mouth", "2024-10-30"),
    ("R0154", "E009", "P0027", "2025-04-22", "social", "2025-04-25"),
)
"""A client who gave their own second record as the person referred; clients brought by staff."""


def draw_audiences() -> dict[str, list[Row]]:
    """Return the rows of the templates about segments, messages and what is known of products."""
    return {
        "segments": _rows("key label_en label_fr query", SEGMENTS),
        "criteria": _rows("segment persona family property operator value", CRITERIA),
        "targetings": list(
            _each(
                "party", _rows("segment start end product core direct_marketing party", TARGETINGS)
            )
        ),
        "personas": _rows(
            "key persona age_band occupation residence income_band life_value persona_need study"
            " study_date",
            PERSONAS,
        ),
        "communications": list(
            _each(
                "receiver", _rows("key date sender receiver kind tool goal information", MESSAGES)
            )
        ),
        "information": _rows("key product topic level statement", INFORMATION),
        "grants": _rows("information grantee start end", GRANTS),
        "consents": _rows("party date status", CONSENTS),
        "client_requests": _rows(
            "key requester date due priority status product handler", CLIENT_REQUESTS
        ),
        "profiles": _rows("party date profile assessor expires_on confidence incident", PROFILES),
    }


def complete(tables: dict[str, list[Row]], demo: Demo, orders: list[Order]) -> None:
    """Add the few rows to other tables that tell of these parties."""
    tables["designations"] += [
        row | {"end": "", "by": "E003"} for row in _rows("party kind start", DESIGNATIONS)
    ]
    tables["uses"] += _uses_of_others(orders, demo)
    tables["recommendations"] += _rows(
        "key recommender referred date channel notified_on", REFERRALS
    )
    party, met = FORMER_PROSPECT
    demo.party(party)["first_contact_date"] = met


def _uses_of_others(orders: list[Order], demo: Demo) -> list[Row]:
    """Return uses of what others bought: by who acted for a firm, by who was given it."""
    bought = [order for order in orders if order.columns.get("acting_buyer", "").startswith("C")]
    given = [order for order in orders if order.columns.get("recipient")]
    chosen = [(order.columns["acting_buyer"], order) for order in bought[:3]]
    chosen += [
        (order.columns["recipient"], order)
        for order in given
        if demo.profile.get(order.columns["recipient"]) == "prospect"
    ][:3]
    return [
        {
            "user": user,
            "date": order.columns.get("delivery_date") or order.day.isoformat(),
            "product": order.lines[0][0],
            "order": order.key,
        }
        for user, order in chosen
    ]


def _rows(columns: str, values: tuple[tuple[str, ...], ...]) -> list[Row]:
    return [dict(zip(columns.split(), row, strict=True)) for row in values]


def _each(column: str, rows: list[Row]) -> Iterator[Row]:
    """Yield a row for each word of a column, one where it is empty."""
    for row in rows:
        for word in row[column].split() or [""]:
            yield row | {column: word}
