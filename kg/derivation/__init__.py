"""What follows from the facts without a date: rules written as CONSTRUCT, kept in graphs of theirs.

The conclusions of all facts that any reader may see are in one graph, those that need personal data
in another, which is hidden with these. Both are brought up to date within each commit.
"""

from kg.derivation.keeping import complete, derive_anew, derive_in, examine_derived, is_derived
from kg.derivation.reasons import Reason, Triple, is_conclusion, reasons
from kg.derivation.recomputing import Difference, differences
from kg.derivation.rules import Clause, Rule, load_rules

__all__ = [
    "Clause",
    "Difference",
    "Reason",
    "Rule",
    "Triple",
    "complete",
    "derive_anew",
    "derive_in",
    "differences",
    "examine_derived",
    "is_conclusion",
    "is_derived",
    "load_rules",
    "reasons",
]
