"""The analyses of segments and personas, described."""

from __future__ import annotations

from kg.analysis import segment_shares, segments
from kg.analysis.described import Analysis, Option
from kg.analysis.options import party_option

_SEGMENT = Option(
    "segment",
    "segment",
    str,
    "Source key or IRI of the segment.",
    "Clé source ou IRI du segment.",
    required=True,
)

SEGMENTS = (
    Analysis(
        "segments list",
        "Segments and their members",
        "Les segments et leurs membres",
        segments.SEGMENT_COLUMNS,
        segments.list_segments,
    ),
    Analysis(
        "segments members",
        "Parties of a segment",
        "Parties d'un segment",
        segments.MEMBER_COLUMNS,
        segments.members,
        (_SEGMENT,),
    ),
    Analysis(
        "segments criteria",
        "Which criterion of a segment excludes how many",
        "Quel critère d'un segment en écarte combien",
        segments.CRITERION_COLUMNS,
        segments.criteria,
        (_SEGMENT,),
    ),
    Analysis(
        "segments party",
        "Segments of a party, and the criteria it meets",
        "Segments d'une partie, et les critères qu'elle remplit",
        segment_shares.PARTY_COLUMNS,
        segment_shares.of_party,
        (party_option(required=True),),
    ),
    Analysis(
        "segments overlap",
        "Overlap of segments",
        "Recouvrement des segments",
        segments.OVERLAP_COLUMNS,
        segments.overlap,
    ),
    Analysis(
        "segments targets",
        "Parties targeted, and who may not be addressed",
        "Parties ciblées, et celles qu'on ne peut pas démarcher",
        segments.TARGET_COLUMNS,
        segments.targets,
    ),
    Analysis(
        "segments shares",
        "How much of each target is already client",
        "Quelle part de chaque cible est déjà cliente",
        segment_shares.SHARE_COLUMNS,
        segment_shares.shares,
    ),
    Analysis(
        "segments reach",
        "Parties and clients that match each persona",
        "Parties et clients qui correspondent à chaque persona",
        segment_shares.REACH_COLUMNS,
        segment_shares.reach,
    ),
    Analysis(
        "segments personas",
        "How far parties match personas",
        "À quel degré les parties correspondent aux personas",
        segments.PERSONA_COLUMNS,
        segments.personas,
        (
            Option(
                "persona",
                "persona",
                str,
                "Source key or IRI of a persona.",
                "Clé source ou IRI d'un persona.",
            ),
        ),
    ),
    Analysis(
        "segments look-alikes",
        "Parties that share most with some",
        "Parties qui partagent le plus avec quelques-unes",
        segments.ALIKE_COLUMNS,
        segments.look_alikes,
        (
            Option(
                "parties",
                "parties",
                str,
                "Source keys or IRIs, separated by commas.",
                "Clés sources ou IRI, séparées par des virgules.",
            ),
            Option(
                "segment",
                "segment",
                str,
                "Source key or IRI of a segment, whose members count among them.",
                "Clé source ou IRI d'un segment, dont les membres sont du nombre.",
            ),
        ),
    ),
)
