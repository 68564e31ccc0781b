"""The counter-based generator and the laws drawn from it."""

from cnsproject.random.laws import Law, LogNormal, Normal, Truncated, Uniform
from cnsproject.random.philox import derive_key, philox, uniforms

__all__ = ["Law", "LogNormal", "Normal", "Truncated", "Uniform", "derive_key", "philox", "uniforms"]
