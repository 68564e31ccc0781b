"""How weights learn: rules that are handed to connections."""

from cnsproject.learning.learning_rules import RSTDP, STDP, FlatRSTDP, FlatSTDP, Oja, TripletSTDP, VogelsSTDP
from cnsproject.learning.own_rules import Rule
from cnsproject.learning.rewards import AbstractReward, Dopamine, FlatReward, RewardPredictionError

__all__ = [
    "RSTDP",
    "STDP",
    "AbstractReward",
    "Dopamine",
    "FlatRSTDP",
    "FlatReward",
    "FlatSTDP",
    "Oja",
    "RewardPredictionError",
    "Rule",
    "TripletSTDP",
    "VogelsSTDP",
]
