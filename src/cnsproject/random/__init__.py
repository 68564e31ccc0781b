"""The counter-based generator and the laws drawn from it."""

from cnsproject.random.laws import Draws, Law, LogNormal, Normal, Scaled, Truncated, Uniform
from cnsproject.random.philox import StepWords, derive_key, key_of_part, philox, step_words, uniforms, uniforms_of
from cnsproject.random.poisson import PoissonTable

__all__ = [
    "Draws",
    "Law",
    "LogNormal",
    "Normal",
    "PoissonTable",
    "Scaled",
    "StepWords",
    "Truncated",
    "Uniform",
    "derive_key",
    "key_of_part",
    "philox",
    "step_words",
    "uniforms",
    "uniforms_of",
]
