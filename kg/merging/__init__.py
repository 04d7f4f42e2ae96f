"""Records of one party: which are likely, and the decisions about them."""

from kg.merging.candidates import Candidate, candidates
from kg.merging.decisions import Decision, distinguish, merge, unmerge
from kg.merging.records import Merge, list_merges

__all__ = [
    "Candidate",
    "Decision",
    "Merge",
    "candidates",
    "distinguish",
    "list_merges",
    "merge",
    "unmerge",
]
