"""Kernels of connections whose synapses share weights. Printed behind `accessors.py` and `lists.py`."""


@cfunc(KERNEL, **OPTIONS)
def arrive_synapses_16(words, step):
    """`deliver` with targets of 16 bits and numbered weights."""
    deliver(words, step, False, False, True)
    return 0


@cfunc(KERNEL, **OPTIONS)
def arrive_synapses_32(words, step):
    """`deliver` with targets of 32 bits and numbered weights."""
    deliver(words, step, True, False, True)
    return 0
