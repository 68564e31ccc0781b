"""Kernels of connections with short-term plasticity. Printed behind `accessors.py` and `lists.py`."""


@cfunc(KERNEL, **OPTIONS)
def list_releases(words, step):
    """What the listed spikes of a step released, at the places of the spikes.

    words: lists, part, mask, lag of the step, release of every source, list
    """
    w = carray(pointer(words), 6, np.int64)
    fired, start, end = spikes_of(w[0], w[1], step - w[3], w[2])
    release, listed = carray(pointer(w[4]), 2**40, FLOAT), carray(pointer(w[5]), 2**40, FLOAT)
    for k in range(start, end):
        listed[k] = release[fired[k]]
    return 0


@cfunc(KERNEL, **OPTIONS)
def arrive_synapses(words, step):
    """`deliver` what the spikes released."""
    deliver(words, step, True, False, False)
    return 0
