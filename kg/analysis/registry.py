"""The table of analyses: what the command line and the HTTP API list and run, by name."""

from __future__ import annotations

from kg.analysis.described import Analysis
from kg.analysis.of_chains import CHAINS
from kg.analysis.of_lifecycle import LIFECYCLE
from kg.analysis.of_referrals import REFERRALS
from kg.analysis.of_segments import SEGMENTS
from kg.analysis.of_value import VALUE

ANALYSES: dict[str, Analysis] = {
    analysis.name: analysis for analysis in (*LIFECYCLE, *REFERRALS, *CHAINS, *SEGMENTS, *VALUE)
}
"""Every analysis by name; a name of two words is a command and its subcommand."""
