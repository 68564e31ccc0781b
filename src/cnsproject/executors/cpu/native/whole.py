"""Kernels of connections whose weights are whole numbers. Printed behind `accessors.py` and `lists.py`."""


@cfunc(KERNEL, **OPTIONS)
def arrive_synapses(words, step):
    """`deliver` whole numbers."""
    deliver(words, step, False, False, True)
    return 0


@cfunc(KERNEL, **OPTIONS)
def settle(words, step):
    """What whole numbers say, which are zero then.

    words: numbers, where it is written, whole numbers, what 1 of them is, whether it is added to what is there
    """
    widest()
    w = carray(pointer(words), 5, np.int64)
    n, array, sums, scale, added = w[0], w[1], w[2], carray(pointer(w[3]), 1, FLOAT)[0], w[4] != 0
    if added:
        for i in range(n):
            put_float(array, i, get_float(array, i, 0, 2) + FLOAT(get_32(sums, i, 1, 2)) * scale, 0, 2)
            put_32(sums, i, np.int32(0), 1, 2)
    else:
        for i in range(n):
            put_float(array, i, FLOAT(get_32(sums, i, 1, 2)) * scale, 0, 2)
            put_32(sums, i, np.int32(0), 1, 2)
    return 0
