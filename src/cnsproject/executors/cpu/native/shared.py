"""Kernels of connections whose synapses share weights. Printed behind `accessors.py` and `lists.py`."""


@cfunc(KERNEL, **OPTIONS)
def arrive_synapses(words, step):
    """`deliver` with numbered weights."""
    deliver(words, step, False, True, False)
    return 0
