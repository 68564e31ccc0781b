"""Flags and lists of spikes, and their delivery. Printed behind `accessors.py`, before the kernels that use it."""


@intrinsic
def fetch(typingctx, address):
    """Ask for the cache line at an address that will be read soon."""

    def generate(context, builder, signature, args):
        byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        function = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        prefetch = cgutils.get_or_insert_function(builder.module, function, "llvm.prefetch.p0i8")
        constants = [ir.Constant(number, value) for value in (0, 2, 1)]  # a read, into the second cache, of data
        builder.call(prefetch, [builder.inttoptr(args[0], byte), *constants])
        return context.get_dummy_value()

    return types.void(types.int64), generate


@njit(inline="always")
def spikes_of(lists, part, at, mask):
    """The spikes of a step that one thread has listed: the list, where they start, where they end."""
    where = carray(pointer(lists + 16 * part), 2, np.int64)
    starts = carray(pointer(where[1]), mask + 1, np.int64)
    return carray(pointer(where[0]), 2**40, np.int32), starts[at & mask], starts[(at + 1) & mask]


get_16, _ = accessors(types.uint16, ir.IntType(16), 2)
get_32, put_32 = accessors(types.int32, ir.IntType(32), 4)
get_64, put_64 = accessors(types.int64, ir.IntType(64), 8)
get_whole, _ = accessors(types.int16, ir.IntType(16), 2)


# What is due in a step is listed before it is worked on, so many segments of the list of synapses at a time; of those
# that come so many later, the first lines are asked for: they lie anywhere. A FEW are always asked for, since a number
# that cannot be foreseen takes longer than lines that nobody needs.
SEGMENTS, LATER, FEW, LINES = 1024, 12, 3, 32


@njit(inline="always")
def deliver(words, step, released, numbered, whole):
    """Synapses of the sources that fired, earliest spikes first, then in ascending order of the source.

    words: lists, parts, mask, lags, number of lags, weight, its stride (0: one for all), sign (0: all positive),
    sources, first and last synapse of every (source, lag), from one to the next of these, targets, where to add, lists
    of what the spikes released, number of every synapse's weight, room for SEGMENTS first and last synapses, and
    factors

    released, numbered, whole  whether weights are multiplied with what is released, found by their number, and whole
                               numbers, as what they are added to: constants, so that nobody pays for what he does not
                               need
    """
    w = carray(pointer(words), 18, np.int64)
    lists, parts, mask, groups, signed = w[0], w[1], w[2], w[4], w[7] != 0
    lags, sign = carray(pointer(w[3]), groups, np.int64), w[7]
    firsts, lasts, apart, beside = w[9], w[10], w[11], carray(pointer(w[14]), parts, np.int64)
    due, factors, count = w[16], w[17], 0
    for group in range(groups):
        for part in range(parts):
            fired, start, end = spikes_of(lists, part, step - lags[group], mask)
            for k in range(start, end):
                place = (np.int64(fired[k]) * groups + group) * apart
                fetch(firsts + 8 * place - 64)  # where this spike finds its next lags, in the steps to come
                first, last = get_64(firsts, place, 0, 2), get_64(lasts, place, 0, 2)
                if first < last:
                    factor = get_float(sign, np.int64(fired[k]), 0, 1) if signed else FLOAT(1)
                    if released:
                        factor *= get_float(beside[part], k, 0, 1)
                    put_64(due, 2 * count, first, 1, 2)
                    put_64(due, 2 * count + 1, last, 1, 2)
                    put_float(factors, count, factor, 0, 1)
                    count += 1
                    if count == SEGMENTS:
                        add_segments(w, due, count, numbered, whole)
                        count = 0
    add_segments(w, due, count, numbered, whole)


@njit(inline="always")
def ask_for(first, last, targets, beside, size):
    """Ask for the first lines of the targets first ... last-1, and of the numbers of so many bytes beside them."""
    here, there, lines = targets + 2 * first, beside + size * first, (2 * (last - first) + 127) // 64
    for line in range(FEW):
        ask_for_line(here, there, size, line)
    for line in range(FEW, min(LINES, lines)):
        ask_for_line(here, there, size, line)


@njit(inline="always")
def ask_for_line(here, there, size, line):
    """Ask for a line of targets and what lies beside it."""
    fetch(here + 64 * line)
    for more in range(size // 2):
        fetch(there + 32 * size * line + 64 * more)


@njit(inline="always")
def add_segments(w, due, count, numbered, whole):
    """Add the segments that are listed, one after the other; `w` are the words of `deliver`."""
    weight, single, targets, total, numbers, factors = w[5], w[6] == 0, w[12], w[13], w[15], w[17]
    for n in range(count):
        if n + LATER < count:
            first, last = get_64(due, 2 * (n + LATER), 3, 4), get_64(due, 2 * (n + LATER) + 1, 3, 4)
            if numbered:
                ask_for(first, last, targets, numbers, 4)
            elif single:
                ask_for(first, last, targets, 0, 0)
            else:
                ask_for(first, last, targets, weight, 2 if whole else BYTES)
        first, last, factor = get_64(due, 2 * n, 3, 4), get_64(due, 2 * n + 1, 3, 4), get_float(factors, n, 3, 4)
        if whole:
            sign = np.int32(factor)
            for synapse in range(first, last):
                i = np.int64(get_16(targets, synapse, 1, 4))
                put_32(total, i, get_32(total, i, 0, 4) + sign * np.int32(get_whole(weight, synapse, 2, 4)), 0, 4)
            continue
        value = factor * get_float(weight, 0, 2, 4) if single else factor
        for synapse in range(first, last):
            i = np.int64(get_16(targets, synapse, 1, 4))
            which = np.int64(get_32(numbers, synapse, 1, 4)) if numbered else synapse
            more = value if single else factor * get_float(weight, which, 2, 4)
            put_float(total, i, get_float(total, i, 0, 4) + more, 0, 4)


@intrinsic
def bits_of(typingctx, line):
    """Which of 64 flags are set, as the bits of a number."""

    def generate(context, builder, signature, args):
        flags = ir.VectorType(ir.IntType(8), 64)
        loaded = builder.load(builder.inttoptr(args[0], flags.as_pointer()))
        loaded.align = 1
        return builder.bitcast(builder.icmp_unsigned("!=", loaded, ir.Constant(flags, None)), ir.IntType(64))

    return types.uint64(types.int64), generate


@intrinsic
def lowest(typingctx, bits):
    """Number of the lowest bit that is set; there is one."""

    def generate(context, builder, signature, args):
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), generate
