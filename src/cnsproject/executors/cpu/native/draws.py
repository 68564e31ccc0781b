"""Kernels that draw: Poisson counts and Poisson spikes. Printed behind `accessors.py`.

The word of a neuron in a step is that of `step_words` in `cnsproject/random/philox.py`. Its upper half nearly always
decides alone; only then is the lower half drawn.
"""

UPPER, LOWER = 0x53544550, 0x46494E45  # last words of their counters
LINE = 128  # bytes of 64 halves
get_16, put_16 = accessors(types.uint16, ir.IntType(16), 2)
get_32, put_32 = accessors(types.uint32, ir.IntType(32), 4)


def everywhere(builder, value, row):
    """A vector of one number."""
    alone = builder.insert_element(ir.Constant(row, ir.Undefined), value, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(alone, alone, ir.Constant(ir.VectorType(ir.IntType(32), row.count), None))


@intrinsic
def draw_line(typingctx, key0, key1, line, step, stream, halves):
    """Halves of the words of 64 neurons, stored at the address `halves`: Philox4x32-10 of eight counters at once.

    (As vectors, so that nothing is stored on the way.)
    """

    def generate(context, builder, signature, args):
        eight = ir.VectorType(ir.IntType(64), 8)

        def all_(value):
            return everywhere(builder, value, eight)

        def number(value):
            return ir.Constant(eight, [value] * 8)

        def low(x):
            return builder.and_(x, number(0xFFFFFFFF))

        def high(x):
            return builder.lshr(x, number(32))

        key = [all_(args[0]), all_(args[1])]
        first = builder.mul(all_(args[2]), number(8))
        step, stream = all_(args[3]), all_(args[4])
        c = [builder.add(first, ir.Constant(eight, list(range(8)))), low(step), high(step), stream]
        for k in range(10):
            p0, p1 = builder.mul(low(c[0]), number(0xD2511F53)), builder.mul(low(c[2]), number(0xCD9E8D57))
            keyed = [low(builder.add(key[n], number(weyl * k))) for n, weyl in enumerate((0x9E3779B9, 0xBB67AE85))]
            c = [
                builder.xor(builder.xor(high(p1), c[1]), keyed[0]), low(p1),
                builder.xor(builder.xor(high(p0), c[3]), keyed[1]), low(p0),
            ]  # fmt: skip
        for place in (0, 1):
            where = builder.inttoptr(builder.add(args[5], ir.Constant(ir.IntType(64), 64 * place)), eight.as_pointer())
            both = builder.or_(c[2 * place], builder.shl(c[2 * place + 1], number(32)))
            builder.store(both, where).align = 2
        return context.get_dummy_value()

    return types.void(*[types.int64] * 6), generate


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


@intrinsic
def count_four(typingctx, halves, counts, thresholds, adding):
    """Count, for each of 64 halves, those of four thresholds below it; whether one of them is equal to a half.

    Counts are added to those that are there, if `adding`. (As vectors, for numba would compute in 64 bits.)
    """

    def generate(context, builder, signature, args):
        half = ir.IntType(16)
        row = ir.VectorType(half, 64)
        loaded, total = (builder.inttoptr(address, row.as_pointer()) for address in args[:2])
        old = builder.load(total)
        old.align = 2
        value = builder.load(loaded)
        value.align = 2
        counted = builder.select(args[3], old, ir.Constant(row, None))
        equal = ir.Constant(ir.VectorType(ir.IntType(1), 64), None)
        first = builder.inttoptr(args[2], half.as_pointer())
        for k in range(4):
            threshold = builder.load(builder.gep(first, [ir.Constant(ir.IntType(64), k)]))
            compared = everywhere(builder, threshold, row)
            counted = builder.add(counted, builder.zext(builder.icmp_unsigned(">", value, compared), row))
            equal = builder.or_(equal, builder.icmp_unsigned("==", value, compared))
        builder.store(counted, total).align = 2
        return builder.icmp_unsigned("!=", builder.bitcast(equal, ir.IntType(64)), ir.Constant(ir.IntType(64), 0))

    return types.boolean(types.int64, types.int64, types.int64, types.boolean), generate


@intrinsic
def any_equal(typingctx, halves, value):
    """Whether one of 64 halves is this."""

    def generate(context, builder, signature, args):
        row = ir.VectorType(ir.IntType(16), 64)
        loaded = builder.load(builder.inttoptr(args[0], row.as_pointer()))
        loaded.align = 2
        compared = everywhere(builder, builder.trunc(args[1], ir.IntType(16)), row)
        found = builder.bitcast(builder.icmp_unsigned("==", loaded, compared), ir.IntType(64))
        return builder.icmp_unsigned("!=", found, ir.Constant(ir.IntType(64), 0))

    return types.boolean(types.int64, types.int64), generate


@njit(inline="always")
def first_rare(thresholds, size):
    """How many thresholds are worth a look at every word, a multiple of 4: beyond them lies 1 word in 50000.

    0 where these are too many, or fewer than 4 are there.
    """
    often = 0
    while often < size and (often % 4 or get_32(thresholds, often, 0, 1) < np.uint32(0xFFFEB000)):
        often += 1
    return often if often <= 32 and often % 4 == 0 else 0


@cfunc(KERNEL, **OPTIONS)
def draw_counts(words, step):
    """Poisson counts by a table: weight * (least + number of thresholds below the word of the neuron).

    words: neurons, first neuron (a multiple of 64), key, key, what to add to the step, room for 4 lines of halves,
    thresholds, their number, least, weight, its stride, arrived
    """
    widest()
    w = carray(pointer(words), 12, np.int64)
    neurons, first_line, key0, key1, time = w[0], w[1] // 64, w[2], w[3], step + w[4]
    upper, lower, counts, first_halves = w[5], w[5] + LINE, w[5] + 2 * LINE, w[5] + 3 * LINE
    thresholds, size, least = w[6], w[7], np.int32(w[8])
    weights, single, arrived = w[9], w[10] == 0, w[11]
    often = first_rare(thresholds, size)
    for k in range(often):
        put_16(first_halves, k, np.uint16(get_32(thresholds, k, 0, 1) >> np.uint32(16)), 0, 1)
    common = get_float(weights, 0, 0, 1)
    for line in range((neurons + 63) // 64):
        draw_line(key0, key1, first_line + line, time, UPPER, upper)
        sure = often != 0
        for k in range(0, often, 4):
            # The upper half cannot tell whether a word is above a threshold that begins with it.
            if count_four(upper, counts, first_halves + 2 * k, k != 0):
                sure = False
        if sure and often < size and any_equal(counts, often):
            sure = False
        if not sure:
            draw_line(key0, key1, first_line + line, time, LOWER, lower)
            for i in range(64):
                word = np.uint32(get_16(upper, i, 0, 1)) << np.uint32(16) | np.uint32(get_16(lower, i, 0, 1))
                put_16(counts, i, np.uint16(count_above(thresholds, size, np.uint32(word))), 0, 1)
        here = arrived + 64 * BYTES * line
        if single and 64 * line + 64 <= neurons:
            for i in range(64):
                put_float(here, i, common * FLOAT(least + np.int32(get_16(counts, i, 1, 2))), 0, 2)
        else:
            own = weights + (0 if single else 64 * BYTES * line)
            for i in range(min(64, neurons - 64 * line)):
                count = FLOAT(least + np.int32(get_16(counts, i, 0, 1)))
                put_float(here, i, get_float(own, 0 if single else i, 0, 1) * count, 0, 1)
    return 0


@cfunc(KERNEL, **OPTIONS)
def draw_spikes(words, step):
    """Spikes with probability rate*dt. words: neurons, first neuron (a multiple of 64), key, key, what to add to the
    step, room for 2 lines of halves, rates, their rows, bytes from row to row, from neuron to neuron, dt in s, flags
    """
    widest()
    w = carray(pointer(words), 12, np.int64)
    neurons, first_line, key0, key1, time, upper = w[0], w[1] // 64, w[2], w[3], step + w[4], w[5]
    rates, stride, flags, lower = w[6] + step % w[7] * w[8], w[9] // BYTES, w[11], w[5] + LINE
    dt = carray(pointer(w[10]), 1, np.float64)[0]
    for line in range((neurons + 63) // 64):
        draw_line(key0, key1, first_line + line, time, UPPER, upper)
        draw_line(key0, key1, first_line + line, time, LOWER, lower)
        for i in range(min(64, neurons - 64 * line)):
            probability = np.float64(get_float(rates, (64 * line + i) * stride, 0, 1)) * dt
            word = np.float64(get_16(upper, i, 0, 1)) * 65536.0 + np.float64(get_16(lower, i, 0, 1))
            put_flag(flags, 64 * line + i, np.uint8((word + 0.5) * 2.0**-32 < probability), 0, 1)
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
