"""How weights learn: rules that are handed to connections."""

from cnsproject.learning.learning_rules import STDP, TripletSTDP, VogelsSTDP

__all__ = ["STDP", "TripletSTDP", "VogelsSTDP"]
