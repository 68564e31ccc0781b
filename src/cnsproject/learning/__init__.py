"""How weights learn: rules that are handed to connections."""

from cnsproject.learning.learning_rules import STDP, TripletSTDP, VogelsSTDP
from cnsproject.learning.own_rules import Rule

__all__ = ["STDP", "Rule", "TripletSTDP", "VogelsSTDP"]
