"""The hand-written kernels: the time loop, spikes, deliveries, recordings. Printed behind `accessors.py`, `lists.py`.

A thread owns a range of every population: it advances these neurons, delivers to them and lists their spikes. Threads
meet where one needs what another has made. `words` of a kernel belong to one thread.
"""


@intrinsic
def call(typingctx, address, words, step):
    """Call the kernel at an address."""

    def generate(context, builder, signature, args):
        kernel = ir.FunctionType(ir.IntType(64), [ir.IntType(64), ir.IntType(64)])
        return builder.call(builder.inttoptr(args[0], kernel.as_pointer()), [args[1], args[2]])

    return types.int64(types.int64, types.int64, types.int64), generate


@intrinsic
def give_way(typingctx, address):
    """Call the function at an address, which lets another thread run."""

    def generate(context, builder, signature, args):
        function = ir.FunctionType(ir.IntType(32), [])
        return builder.call(builder.inttoptr(args[0], function.as_pointer()), [])

    return types.int32(types.int64), generate


@intrinsic
def atomic_add(typingctx, address, value):
    """Add to a number that several threads see."""

    def generate(context, builder, signature, args):
        where = builder.inttoptr(args[0], ir.IntType(64).as_pointer())
        return builder.atomic_rmw("add", where, args[1], "seq_cst")

    return types.int64(types.int64, types.int64), generate


@intrinsic
def atomic_load(typingctx, address):
    """Read a number that several threads see."""

    def generate(context, builder, signature, args):
        return builder.load_atomic(builder.inttoptr(args[0], ir.IntType(64).as_pointer()), "seq_cst", 8)

    return types.int64(types.int64), generate


@intrinsic
def add_bits(typingctx, counts, bits):
    """Add 64 bits to as many counts of 8 bits."""

    def generate(context, builder, signature, args):
        word, flags = ir.IntType(64), ir.VectorType(ir.IntType(1), 64)
        numbers = ir.VectorType(ir.IntType(8), 64)
        loaded = builder.load(builder.inttoptr(args[1], word.as_pointer()))
        loaded.align = 8
        where = builder.inttoptr(args[0], numbers.as_pointer())
        old = builder.load(where)
        old.align = 64
        new = builder.add(old, builder.zext(builder.bitcast(loaded, flags), numbers))
        builder.store(new, where).align = 64
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), generate


@njit(**OPTIONS)
def wait(shared, threads, meeting, yielding):
    """Count in, and spin until all threads have; after a while let others run between two looks."""
    atomic_add(shared, 1)
    goal, looks = meeting * threads, 0
    while atomic_load(shared) < goal:
        looks += 1
        if looks > 2000:
            give_way(yielding)


@cfunc(KERNEL, **OPTIONS)
def meet(words, step):
    """Wait for the other threads. words: shared counter, threads, meetings so far, what lets others run"""
    w = carray(pointer(words), 4, np.int64)
    w[2] += 1
    wait(w[0], w[1], w[2], w[3])
    return 0


@njit(
    types.int64(types.int64, types.int64, types.int64[::1], types.int64[::1], types.int64, types.int64, types.int64),
    nogil=True,
    **OPTIONS,
)
def run(first, last, kernels, words, every, meeting, stops):
    """Steps first ... last-1 of one thread; returns the first of them in which a state was not finite, or last.

    meeting  words of `meet` (0 for a single thread): threads meet after each multiple of `every` steps
    stops    two shared counters, used in turn: a thread that found something counts there before the meeting, so that
             all stop after the same step
    """
    found = last
    for step in range(first, last):
        code = 0
        for k in range(kernels.size):
            code |= call(kernels[k], words[k], step)
        if code != 0 and found == last:
            found = step
        if (step + 1) % every == 0:
            if meeting == 0:
                if found != last:
                    return found
                continue
            w = carray(pointer(meeting), 4, np.int64)
            stop = stops + 8 * (w[2] & 1)
            if found != last:
                atomic_add(stop, 1)
            w[2] += 1
            wait(w[0], w[1], w[2], w[3])
            if atomic_load(stop) != 0:
                return found
    return found


@njit(inline="always")
def nothing_in(line):
    """Whether 64 flags are zero."""
    some = get_word(line, 0, 0, 1) | get_word(line, 1, 0, 1) | get_word(line, 2, 0, 1) | get_word(line, 3, 0, 1)
    more = get_word(line, 4, 0, 1) | get_word(line, 5, 0, 1) | get_word(line, 6, 0, 1) | get_word(line, 7, 0, 1)
    return (some | more) == 0


@cfunc(KERNEL, **OPTIONS)
def collect(words, step):
    """List the neurons that fired, ascending, behind the spikes of the steps before.

    words: neurons, flags (1 fired, 2 not finite), first neuron, list, starts of the steps in it, their number - 1
    """
    w = carray(pointer(words), 6, np.int64)
    n, flags, first = w[0], w[1], w[2]
    fired = carray(pointer(w[3]), 2**40, np.int32)
    starts = carray(pointer(w[4]), w[5] + 1, np.int64)
    end, bad = starts[step & w[5]], np.uint8(0)
    # Most flags are zero: look at 64 of them, then at 8. They are padded with zeros.
    line, lines = 0, (n + 63) // 64
    while True:
        while line < lines and nothing_in(flags + 64 * line):
            line += 1
        if line == lines:
            break
        for word in range(8 * line, 8 * line + 8):
            if get_word(flags, word, 0, 1) != 0:
                for i in range(8 * word, min(8 * word + 8, n)):
                    flag = get_flag(flags, i, 0, 1)
                    bad |= flag & np.uint8(2)
                    if flag == 1:
                        fired[end] = first + i
                        end += 1
        line += 1
    starts[(step + 1) & w[5]] = end
    return BAD if bad else 0


@cfunc(KERNEL, **OPTIONS)
def arrive_shared(words, step):
    """One weight for all pairs: weight * (number of spikes, inhibitory ones negative).

    words: lists, parts, mask, lag, weight, sign (0: all positive), sources, arrived
    """
    w = carray(pointer(words), 8, np.int64)
    total = FLOAT(0)
    for part in range(w[1]):
        fired, start, end = spikes_of(w[0], part, step - w[3], w[2])
        if w[5] == 0:
            total += FLOAT(end - start)
        else:
            sign = carray(pointer(w[5]), w[6], FLOAT)
            for k in range(start, end):
                total += sign[fired[k]]
    carray(pointer(w[7]), 1, FLOAT)[0] = carray(pointer(w[4]), 1, FLOAT)[0] * total
    return 0


@cfunc(KERNEL, **OPTIONS)
def arrive_matrix(words, step):
    """A weight per pair: rows of the sources that fired, added in ascending order of the source.

    words: lists, parts, mask, lag, weight, sign (0: all positive), sources, arrived, targets, targets in a row
    """
    w = carray(pointer(words), 10, np.int64)
    lists, parts, mask, lag, rows, signed = w[0], w[1], w[2], w[3], w[4], w[5] != 0
    sign, arrived, targets, width = carray(pointer(w[5]), 2**40, FLOAT), w[7], w[8], w[9] * BYTES
    for j in range(targets):
        put_float(arrived, j, FLOAT(0), 0, 2)
    for part in range(parts):
        fired, start, end = spikes_of(lists, part, step - lag, mask)
        for k in range(start, end):
            source = fired[k]
            row = rows + source * width
            factor = sign[source] if signed else FLOAT(1)
            for j in range(targets):
                put_float(arrived, j, get_float(arrived, j, 0, 2) + factor * get_float(row, j, 1, 2), 0, 2)
    return 0


@cfunc(KERNEL, **OPTIONS)
def arrive_synapses_16(words, step):
    """`deliver` with targets of 16 bits."""
    deliver(words, step, carray(pointer(carray(pointer(words), 14, np.int64)[11]), 2**40, np.uint16), False)
    return 0


@cfunc(KERNEL, **OPTIONS)
def arrive_synapses_32(words, step):
    """`deliver` with targets of 32 bits."""
    deliver(words, step, carray(pointer(carray(pointer(words), 14, np.int64)[11]), 2**40, np.int32), False)
    return 0


@njit(inline="always")
def pour(counts, n, arrived, first):
    """Counts into `arrived`, added to what is there unless they are the first; they are zero then."""
    for i in range(n):
        count = FLOAT(get_flag(counts, i, 1, 2))
        put_float(arrived, i, count if first else get_float(arrived, i, 0, 2) + count, 0, 2)
        put_flag(counts, i, np.uint8(0), 1, 2)


@cfunc(KERNEL, **OPTIONS)
def arrive_bits(words, step):
    """weight * (number of spikes) per neuron, where the targets of every source are a row of bits.

    words: lists, parts, mask, lags, number of lags, weight, sign, row of every (source, lag) or -1, rows, words in a
    row, first word, words of this thread, counts (8 bits, zero), neurons, arrived
    """
    w = carray(pointer(words), 15, np.int64)
    # What a loop needs is read from the words before it: the compiler cannot know that no store changes them.
    lists, parts, mask, groups, places = w[0], w[1], w[2], w[4], carray(pointer(w[7]), 2**40, np.int64)
    lags = carray(pointer(w[3]), groups, np.int64)
    value = carray(pointer(w[5]), 1, FLOAT)[0] * FLOAT(w[6])
    rows, width, size, counts, neurons, arrived = w[8] + 8 * w[10], 8 * w[9], w[11], w[12], w[13], w[14]
    counted, first = 0, True
    for group in range(groups):
        for part in range(parts):
            fired, start, end = spikes_of(lists, part, step - lags[group], mask)
            for k in range(start, end):
                number = places[fired[k] * groups + group]
                if number < 0:
                    continue
                row = rows + width * number
                # The row after the next is asked for while this one is worked on.
                ahead = rows + width * max(0, places[fired[min(k + 2, end - 1)] * groups + group])
                for line in range(0, size, 8):
                    fetch(ahead + 8 * line)
                    for word in range(line, min(line + 8, size)):
                        add_bits(counts + 64 * word, row + 8 * word)
                counted += 1
                if counted == 255:
                    pour(counts, neurons, arrived, first)
                    counted, first = 0, False
    if first:
        for i in range(neurons):
            put_float(arrived, i, value * FLOAT(get_flag(counts, i, 1, 2)), 0, 2)
            put_flag(counts, i, np.uint8(0), 1, 2)
    else:
        pour(counts, neurons, arrived, first)
        for i in range(neurons):
            put_float(arrived, i, value * get_float(arrived, i, 0, 1), 0, 1)
    return 0


@cfunc(KERNEL, **OPTIONS)
def scale(words, step):
    """Multiply an array by one number. words: numbers, array, factor"""
    w = carray(pointer(words), 3, np.int64)
    n, array, factor = w[0], w[1], carray(pointer(w[2]), 1, FLOAT)[0]
    for i in range(n):
        put_float(array, i, factor * get_float(array, i, 0, 1), 0, 1)
    return 0


@cfunc(KERNEL, **OPTIONS)
def silence(words, step):
    """Set an array to zero. words: numbers, array"""
    w = carray(pointer(words), 2, np.int64)
    n, array = w[0], w[1]
    for i in range(n):
        put_float(array, i, FLOAT(0), 0, 1)
    return 0


@cfunc(KERNEL, **OPTIONS)
def present(words, step):
    """Given spikes of this step. words: n, flags, external, its rows, bytes from row to row"""
    w = carray(pointer(words), 5, np.int64)
    flags = carray(pointer(w[1]), w[0], np.uint8)
    external = carray(pointer(w[2] + step % w[3] * w[4]), w[0], np.uint8)
    for i in range(w[0]):
        flags[i] = external[i]
    return 0


@njit(inline="always")
def copy(size, source, target):
    """Copy bytes."""
    a, b = carray(pointer(source), size, np.uint8), carray(pointer(target), size, np.uint8)
    for i in range(size):
        b[i] = a[i]


@cfunc(KERNEL, **OPTIONS)
def record(words, step):
    """Copy a buffer into its row. words: bytes, source, target, rows, bytes from row to row"""
    w = carray(pointer(words), 5, np.int64)
    copy(w[0], w[1], w[2] + step % w[3] * w[4])
    return 0


@cfunc(KERNEL, **OPTIONS)
def record_part(words, step):
    """Copy some numbers of a buffer into their row. words: numbers, source, indices, target, rows, bytes between"""
    w = carray(pointer(words), 6, np.int64)
    source = carray(pointer(w[1]), 2**40, FLOAT)
    indices = carray(pointer(w[2]), w[0], np.int64)
    target = carray(pointer(w[3] + step % w[4] * w[5]), w[0], FLOAT)
    for i in range(w[0]):
        target[i] = source[indices[i]]
    return 0


@cfunc(KERNEL, **OPTIONS)
def keep(words, step):
    """Copy a buffer in the last step. words: bytes, source, target, address of the last step"""
    w = carray(pointer(words), 4, np.int64)
    if step == carray(pointer(w[3]), 1, np.int64)[0]:
        copy(w[0], w[1], w[2])
    return 0
