"""Numba: the whole time loop in one native call."""
