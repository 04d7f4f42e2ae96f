"""How well the whole graph keeps its rules: its state at a commit, remembered and compared."""

from kg.quality.assessments import Assessments
from kg.quality.places import Place, places_of
from kg.quality.state import LISTED, Result, State, assess

__all__ = ["LISTED", "Assessments", "Place", "Result", "State", "assess", "places_of"]
