"""Sentences that state an effect, computed from the measures of two runs: nothing here knows what should happen."""

from __future__ import annotations

from cnsproject.experiments.measures import Measures, PopulationMeasures


def effects(before: Measures, now: Measures) -> list[str]:
    """What changed from one run to another, in words."""
    return [
        *_population("p1", before.p1, now.p1),
        *_population("p2", before.p2, now.p2),
        _lag(before.lag, now.lag),
    ]


def within(now: Measures) -> list[str]:
    """What a run shows by itself."""
    sentences = [
        "Within each population all neurons fire in the same steps."
        if now.p1.together and now.p2.together
        else "Not all neurons of a population fire in the same steps."
    ]
    if now.first_lag is not None and now.last_lag is not None:
        sentences.append(_drift(now.first_lag, now.last_lag))
    return sentences


def _drift(first: int, last: int) -> str:
    if first == last:
        return f"p2 follows p1 after {_steps(first)} at the start of the run and at its end."
    word = "falls behind" if last > first else "catches up with"
    return (
        f"In the course of the run p2 {word} p1: it follows after {_steps(first)} at first and {_steps(last)} at last."
    )


def _population(name: str, before: PopulationMeasures, now: PopulationMeasures) -> list[str]:
    count = _count(now.spikes_per_neuron, before.spikes_per_neuron)
    if now.period is None or before.period is None:
        return [f"{name} {count}."]
    old, new = _number(before.period), _number(now.period)
    if new == old:
        return [f"{name} keeps its period of {new} steps and {count}."]
    word = "slows down" if now.period > before.period else "speeds up"
    return [f"{name} {word}, its period goes from {old} to {new} steps, and {count}."]


def _count(now: float, before: float) -> str:
    if now == before:
        return f"still fires {_number(now)} spikes per neuron"
    if now == 0:
        return f"falls silent; before it fired {_number(before)} spikes per neuron"
    return f"fires {_number(now)} spikes per neuron instead of {_number(before)}"


def _lag(before: float | None, now: float | None) -> str:
    if now is None:
        return "No volley of p1 is answered by p2."
    if before is None:
        return f"p2 now follows p1 after {_steps(now)} on average."
    if _number(now) == _number(before):
        return f"p2 follows p1 after {_steps(now)} on average, as before."
    word = "later" if now > before else "sooner"
    return f"p2 follows p1 {word}: after {_steps(now)} on average instead of {_number(before)}."


def _steps(value: float) -> str:
    return f"{_number(value)} step{'' if value == 1 else 's'}"


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
