"""Kernels that draw: Poisson counts and Poisson spikes. Printed behind `accessors.py`.

The word of a neuron in a step is that of `step_words` in `cnsproject/random/philox.py`: 64 neighbours share 16
counters.
"""

LOW = np.uint64(0xFFFFFFFF)
SHIFT = np.uint64(32)
STEP = np.uint64(0x53544550)
get_32, put_32 = accessors(types.uint32, ir.IntType(32), 4)


@njit(inline="always")
def draw_line(key0, key1, line, step, words):
    """The words of 64 neurons, stored at the address `words`."""
    time = np.uint64(step)
    for lane in range(16):
        c0, c1, c2, c3 = np.uint64(16 * line + lane), time & LOW, time >> SHIFT, STEP
        k0, k1 = np.uint64(key0), np.uint64(key1)
        for _ in range(10):
            p0 = (c0 & LOW) * np.uint64(0xD2511F53)
            p1 = (c2 & LOW) * np.uint64(0xCD9E8D57)
            c0, c1, c2, c3 = (p1 >> SHIFT) ^ c1 ^ k0, p1 & LOW, (p0 >> SHIFT) ^ c3 ^ k1, p0 & LOW
            k0 = (k0 + np.uint64(0x9E3779B9)) & LOW
            k1 = (k1 + np.uint64(0xBB67AE85)) & LOW
        put_32(words, lane, np.uint32(c0), 0, 1)
        put_32(words, lane + 16, np.uint32(c1), 0, 1)
        put_32(words, lane + 32, np.uint32(c2), 0, 1)
        put_32(words, lane + 48, np.uint32(c3), 0, 1)


@njit(inline="always")
def count_above(thresholds, size, word):
    """How many of ascending thresholds lie below a word, by bisection."""
    low, high = 0, size
    while low < high:
        middle = (low + high) // 2
        if get_32(thresholds, middle, 0, 1) < word:
            low = middle + 1
        else:
            high = middle
    return low


@njit(inline="always")
def count_line(words, counts, thresholds, size, often):
    """How many of the thresholds lie below each of 64 words. Words beyond the first `often` thresholds are rare."""
    never, one, none = np.uint32(0xFFFFFFFF), np.uint32(1), np.uint32(0)
    for k in range(0, max(often, 1), 4):
        # Four at a time, and in registers: the counts are read and written once for all of them.
        a = get_32(thresholds, k, 0, 1) if k < often else never
        b = get_32(thresholds, k + 1, 0, 1) if k + 1 < often else never
        c = get_32(thresholds, k + 2, 0, 1) if k + 2 < often else never
        d = get_32(thresholds, k + 3, 0, 1) if k + 3 < often else never
        for i in range(64):
            word = get_32(words, i, 0, 2)
            more = (one if word > a else none) + (one if word > b else none)
            more += (one if word > c else none) + (one if word > d else none)
            put_32(counts, i, more if k == 0 else get_32(counts, i, 1, 2) + more, 1, 2)
    if often < size:
        rare = none
        for i in range(64):
            rare |= one if get_32(counts, i, 0, 1) == np.uint32(often) else none
        if rare != none:
            for i in range(64):
                put_32(counts, i, np.uint32(count_above(thresholds, size, get_32(words, i, 0, 1))), 0, 1)


@njit(inline="always")
def first_rare(thresholds, size):
    """How many thresholds are worth a look at every word: to the first that 1 word in 2000 exceeds; 0 when too many."""
    often = 0
    while often < size and get_32(thresholds, often, 0, 1) < np.uint32(0xFFE00000):
        often += 1
    often = min(often + 1, size)
    return often if often <= 32 else 0


@cfunc(KERNEL, **OPTIONS)
def draw_counts(words, step):
    """Poisson counts by a table: weight * (least + number of thresholds below the word of the neuron).

    words: neurons, first neuron (a multiple of 64), key, key, what to add to the step, room for 128 words,
    thresholds, their number, least, weight, its stride, arrived (with room for whole lines of 64)
    """
    w = carray(pointer(words), 12, np.int64)
    neurons, first_line, key0, key1, time = w[0], w[1] // 64, w[2], w[3], step + w[4]
    drawn, counts, thresholds, size, least = w[5], w[5] + 256, w[6], w[7], np.int32(w[8])
    weights, single, arrived = w[9], w[10] == 0, w[11]
    often = first_rare(thresholds, size)
    common = get_float(weights, 0, 0, 1)
    for line in range((neurons + 63) // 64):
        draw_line(key0, key1, first_line + line, time, drawn)
        count_line(drawn, counts, thresholds, size, often)
        here = arrived + 64 * BYTES * line
        if single:
            for i in range(64):
                put_float(here, i, common * FLOAT(least + np.int32(get_32(counts, i, 1, 2))), 0, 2)
        else:
            own = weights + 64 * BYTES * line
            for i in range(min(64, neurons - 64 * line)):
                count = FLOAT(least + np.int32(get_32(counts, i, 0, 1)))
                put_float(here, i, get_float(own, i, 0, 1) * count, 0, 1)
    return 0


@cfunc(KERNEL, **OPTIONS)
def draw_spikes(words, step):
    """Spikes with probability rate*dt. words: neurons, first neuron (a multiple of 64), key, key, what to add to the
    step, room for 64 words, rates, their rows, bytes from row to row, bytes from neuron to neuron, dt in s, flags
    """
    w = carray(pointer(words), 12, np.int64)
    neurons, first_line, key0, key1, time, room = w[0], w[1] // 64, w[2], w[3], step + w[4], w[5]
    rates, stride, flags = w[6] + step % w[7] * w[8], w[9] // BYTES, w[11]
    dt = carray(pointer(w[10]), 1, np.float64)[0]
    for line in range((neurons + 63) // 64):
        draw_line(key0, key1, first_line + line, time, room)
        for i in range(min(64, neurons - 64 * line)):
            probability = np.float64(get_float(rates, (64 * line + i) * stride, 0, 1)) * dt
            drawn = (np.float64(get_32(room, i, 0, 1)) + 0.5) * 2.0**-32
            put_flag(flags, 64 * line + i, np.uint8(drawn < probability), 0, 1)
    return 0


@cfunc(KERNEL, **OPTIONS)
def present_times(words, step):
    """Spikes at given steps. words: neurons, flags, first neuron, steps of all spikes, their neurons, their number,
    what to add to the step
    """
    w = carray(pointer(words), 7, np.int64)
    steps, neurons = carray(pointer(w[3]), w[5], np.int64), carray(pointer(w[4]), w[5], np.int64)
    for i in range(w[0]):
        put_flag(w[1], i, np.uint8(0), 0, 1)
    k = np.searchsorted(steps, step + w[6])
    while k < w[5] and steps[k] == step + w[6]:
        if w[2] <= neurons[k] < w[2] + w[0]:
            put_flag(w[1], neurons[k] - w[2], np.uint8(1), 0, 1)
        k += 1
    return 0
