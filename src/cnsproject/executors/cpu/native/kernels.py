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


@cfunc(KERNEL, **OPTIONS)
def collect(words, step):
    """List the neurons that fired, ascending, behind the spikes of the steps before.

    words: neurons, flags, first neuron, list, starts of the steps in it, their number - 1
    """
    w = carray(pointer(words), 6, np.int64)
    flags, first, lines = w[1], w[2], (w[0] + 63) // 64
    fired = carray(pointer(w[3]), 2**40, np.int32)
    starts = carray(pointer(w[4]), w[5] + 1, np.int64)
    this, following = step & w[5], (step + 1) & w[5]
    end = starts[this]
    for line in range(lines):  # they are padded with zeros
        bits = bits_of(flags + 64 * line)
        while bits != 0:
            fired[end] = first + 64 * line + lowest(bits)
            end += 1
            bits &= bits - np.uint64(1)
    starts[following] = end
    return 0


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
def arrive_synapses(words, step):
    """`deliver`."""
    deliver(words, step, False, False, False)
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


NOTHING = FLOAT(FADED[np.dtype(FLOAT).name])


@cfunc(KERNEL, **OPTIONS)
def fade(words, step):
    """Numbers of a size up to NOTHING become 0, in one step of FADING.

    words: numbers, what to add to the step, the remainder that is due, arrays, addresses of so many arrays
    """
    w = carray(pointer(words), 4, np.int64)
    if (step + w[1]) % FADING == w[2]:
        arrays = carray(pointer(words + 32), w[3], np.int64)
        for k in range(w[3]):
            array, n = arrays[k], w[0]
            for i in range(n):
                x = get_float(array, i, 0, 1)
                put_float(array, i, FLOAT(0) if abs(x) <= NOTHING else x, 0, 1)
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


@intrinsic
def copy(typingctx, size, source, target):
    """Copy bytes from one address to another, by the system's function: a loop takes the last of them one by one."""

    def generate(context, builder, signature, args):
        byte = ir.IntType(8).as_pointer()
        start, end = (builder.inttoptr(address, byte) for address in args[1:])
        cgutils.raw_memcpy(builder, end, start, args[0], 1)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), generate


@njit(**OPTIONS)
def due(words, step):
    """Where the row of this step lies behind the first one; -1 when nothing is recorded in it.

    words: rows, bytes from row to row, first step, first step no longer, steps from row to row, what to add to a step
    so that row 0 has a 0
    """
    w = carray(pointer(words), 6, np.int64)
    if step < w[2] or step >= w[3]:
        return -1
    row = step + w[5]
    if w[4] != 1:
        if row % w[4] != 0:
            return -1
        row //= w[4]
    return (row if row < w[0] else row % w[0]) * w[1]  # a division takes longer than a look


@cfunc(KERNEL, **OPTIONS)
def record(words, step):
    """Copy a buffer into its row. words: bytes, source, target, and those of `due`"""
    place = due(words + 24, step)
    if place >= 0:
        w = carray(pointer(words), 3, np.int64)
        copy(w[0], w[1], w[2] + place)
    return 0


@cfunc(KERNEL, **OPTIONS)
def before_record(words, step):
    """Call a kernel in steps whose row is recorded. words: kernel, its words, what it adds to the step, `due`"""
    w = carray(pointer(words), 3, np.int64)
    return call(w[0], w[1], step + w[2]) if due(words + 24, step) >= 0 else 0


@cfunc(KERNEL, **OPTIONS)
def record_part(words, step):
    """Copy some numbers of a buffer into their row. words: numbers, source, indices, target, and those of `due`"""
    place = due(words + 32, step)
    if place < 0:
        return 0
    w = carray(pointer(words), 4, np.int64)
    source = carray(pointer(w[1]), 2**40, FLOAT)
    indices = carray(pointer(w[2]), w[0], np.int64)
    target = carray(pointer(w[3] + place), w[0], FLOAT)
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
