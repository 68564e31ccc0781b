"""Who wins: competition between neurons."""

from cnsproject.decision.decision import AbstractDecision, WinnerTakeAll, WinnerTakeAllDecision

__all__ = ["AbstractDecision", "WinnerTakeAll", "WinnerTakeAllDecision"]
