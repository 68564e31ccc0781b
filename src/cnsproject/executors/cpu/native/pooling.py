"""Kernels of connections in which a neuron hears one of its sources. Printed behind `accessors.py` and `lists.py`."""


@njit(inline="always")
def count_and_choose(w, at):
    """Count the spikes of a step; then each target hears the source with the most, the lowest of several."""
    lists, parts, mask, apart, targets = w[0], w[1], w[2], w[11], w[12]
    firsts, lasts = carray(pointer(w[9]), 2**40, np.int64), carray(pointer(w[10]), 2**40, np.int64)
    chosen, counts = carray(pointer(w[16]), 2**40, np.int64), carray(pointer(w[17]), 2**40, np.int64)
    for part in range(parts if w[18] != 0 else 0):
        fired, start, end = spikes_of(lists, part, at, mask)
        for k in range(start, end):
            counts[fired[k]] += 1
    for part in range(parts):
        fired, start, end = spikes_of(lists, part, at, mask)
        for k in range(start, end):
            source = np.int64(fired[k])
            for synapse in range(firsts[apart * source], lasts[apart * source]):
                i = np.int64(get_16(targets, synapse, 0, 1))
                other = chosen[i]
                if other < 0 or counts[source] > counts[other] or (counts[source] == counts[other] and source < other):
                    chosen[i] = source


@njit(inline="always")
def hear(words, step):
    """Add the weight where the source that a target hears has fired.

    words: those of `deliver` for one lag and one weight, source that every target hears, or -1, spikes of every source
    so far (0: the first source that fires is heard ever after), whether these are still to be counted
    """
    w = carray(pointer(words), 19, np.int64)
    at = step - carray(pointer(w[3]), 1, np.int64)[0]
    if w[17] != 0:
        count_and_choose(w, at)
    lists, parts, mask, signed, sign = w[0], w[1], w[2], w[7] != 0, w[7]
    apart, targets, total = w[11], w[12], w[13]
    firsts, lasts = carray(pointer(w[9]), 2**40, np.int64), carray(pointer(w[10]), 2**40, np.int64)
    chosen, weight = carray(pointer(w[16]), 2**40, np.int64), carray(pointer(w[5]), 1, FLOAT)[0]
    for part in range(parts):
        fired, start, end = spikes_of(lists, part, at, mask)
        for k in range(start, end):
            source = np.int64(fired[k])
            value = (get_float(sign, source, 0, 1) if signed else FLOAT(1)) * weight
            for synapse in range(firsts[apart * source], lasts[apart * source]):
                i = np.int64(get_16(targets, synapse, 0, 1))
                if chosen[i] < 0:
                    chosen[i] = source  # spikes come by ascending source
                if chosen[i] == source:
                    put_float(total, i, get_float(total, i, 0, 1) + value, 0, 1)


@cfunc(KERNEL, **OPTIONS)
def arrive_synapses(words, step):
    """`hear`."""
    hear(words, step)
    return 0
