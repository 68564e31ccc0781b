"""The hand-written kernels: the time loop, spikes, deliveries, recordings. Printed behind `accessors.py`.

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
def fetch(typingctx, address):
    """Ask for the cache line at an address that will be read soon."""

    def generate(context, builder, signature, args):
        byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        function = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        prefetch = cgutils.get_or_insert_function(builder.module, function, "llvm.prefetch.p0i8")
        constants = [ir.Constant(number, value) for value in (0, 3, 1)]  # a read, into the nearest cache, of data
        builder.call(prefetch, [builder.inttoptr(args[0], byte), *constants])
        return context.get_dummy_value()

    return types.void(types.int64), generate


BUNCH, PLANES = 16, 8  # rows that are added at once, and binary digits of what they are added to


@intrinsic
def add_rows(typingctx, rows, place, planes, stride):
    """Add 512 bits, at `place` in each of 16 rows, to as many numbers whose binary digits lie in `planes`.

    Full adders, digit by digit: the sum of three bits stays, their carry goes to the next digit.
    """

    def generate(context, builder, signature, args):
        word, bits = ir.IntType(64), ir.VectorType(ir.IntType(64), 8)
        first = builder.inttoptr(args[0], word.as_pointer())

        def constant(n):
            return ir.Constant(word, n)

        def pointer_to(address):
            return builder.inttoptr(builder.add(address, args[1]), bits.as_pointer())

        def load(address):
            loaded = builder.load(pointer_to(address))
            loaded.align = 8
            return loaded

        due = [load(builder.load(builder.gep(first, [constant(k)]))) for k in range(BUNCH)]
        for digit in range(PLANES):
            where = builder.add(args[2], builder.mul(args[3], constant(digit)))
            due, carries = [*due, load(where)], []
            while len(due) > 1:
                a, b, *due = due
                half, both = builder.xor(a, b), builder.and_(a, b)
                if due:
                    c = due.pop(0)
                    both = builder.or_(both, builder.and_(half, c))
                    half = builder.xor(half, c)
                due.append(half)
                carries.append(both)
            builder.store(due[0], pointer_to(where)).align = 8
            due = carries
        return context.get_dummy_value()

    return types.void(*[types.int64] * 4), generate


@intrinsic
def digits_to_numbers(typingctx, planes, stride, numbers):
    """64 numbers of 8 bits from their binary digits, which are zero then."""

    def generate(context, builder, signature, args):
        word, flags = ir.IntType(64), ir.VectorType(ir.IntType(1), 64)
        row = ir.VectorType(ir.IntType(8), 64)
        total = ir.Constant(row, None)
        for digit in range(PLANES):
            address = builder.add(args[0], builder.mul(args[1], ir.Constant(word, digit)))
            where = builder.inttoptr(address, word.as_pointer())
            bits = builder.bitcast(builder.load(where), flags)
            builder.store(ir.Constant(word, 0), where)
            total = builder.select(bits, builder.add(total, ir.Constant(row, [(1 << digit) % 256] * 64)), total)
        builder.store(total, builder.inttoptr(args[2], row.as_pointer())).align = 8
        return context.get_dummy_value()

    return types.void(*[types.int64] * 3), generate


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


@njit(inline="always")
def spikes_of(lists, part, at, mask):
    """The spikes of a step that one thread has listed: the list, where they start, where they end."""
    where = carray(pointer(lists + 16 * part), 2, np.int64)
    starts = carray(pointer(where[1]), mask + 1, np.int64)
    return carray(pointer(where[0]), 2**40, np.int32), starts[at & mask], starts[(at + 1) & mask]


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


@njit(inline="always")
def deliver(words, step, targets):
    """Synapses of the sources that fired, earliest spikes first, then in ascending order of the source.

    words: lists, parts, mask, lags, number of lags, weight, its stride (0: one for all), sign (0: all positive),
    sources, first and last synapse of every (source, lag), (targets), where to add
    """
    w = carray(pointer(words), 13, np.int64)
    lists, parts, mask, groups, single, signed = w[0], w[1], w[2], w[4], w[6] == 0, w[7] != 0
    lags, weight = carray(pointer(w[3]), groups, np.int64), carray(pointer(w[5]), 2**40, FLOAT)
    sign = carray(pointer(w[7]), 2**40, FLOAT)
    firsts, lasts = carray(pointer(w[9]), 2**40, np.int64), carray(pointer(w[10]), 2**40, np.int64)
    base, total = w[11], carray(pointer(w[12]), 2**40, FLOAT)
    in_a_line = 64 // targets.itemsize
    for group in range(groups):
        for part in range(parts):
            fired, start, end = spikes_of(lists, part, step - lags[group], mask)
            for k in range(start, end):
                source = fired[k]
                segment = source * groups + group
                factor = sign[source] if signed else FLOAT(1)
                first, last = firsts[segment], lasts[segment]
                # The targets of the next spike are asked for while these are worked on: they lie anywhere.
                ahead = base + targets.itemsize * firsts[fired[min(k + 1, end - 1)] * groups + group]
                value = factor * weight[0] if single else factor
                while first < last:
                    fetch(ahead)
                    ahead += 64
                    until = min(first + in_a_line, last)
                    if single:
                        for synapse in range(first, until):
                            total[targets[synapse]] += value
                    else:
                        for synapse in range(first, until):
                            total[targets[synapse]] += factor * weight[synapse]
                    first = until


@cfunc(KERNEL, **OPTIONS)
def arrive_synapses_16(words, step):
    """`deliver` with targets of 16 bits."""
    deliver(words, step, carray(pointer(carray(pointer(words), 13, np.int64)[11]), 2**40, np.uint16))
    return 0


@cfunc(KERNEL, **OPTIONS)
def arrive_synapses_32(words, step):
    """`deliver` with targets of 32 bits."""
    deliver(words, step, carray(pointer(carray(pointer(words), 13, np.int64)[11]), 2**40, np.int32))
    return 0


@njit(inline="always")
def pour(planes, stride, numbers, neurons, value, arrived, first):
    """What the planes say, times a value, into `arrived`: added to what is there unless it is the first."""
    for word in range((neurons + 63) // 64):
        digits_to_numbers(planes + 8 * word, stride, numbers)
        here = arrived + 64 * BYTES * word
        for i in range(min(64, neurons - 64 * word)):
            number = FLOAT(get_flag(numbers, i, 1, 2))
            put_float(here, i, value * (number if first else get_float(here, i, 0, 2) + number), 0, 2)


@cfunc(KERNEL, **OPTIONS)
def arrive_bits(words, step):
    """weight * (number of spikes) per neuron, where the targets of every source are a row of bits.

    words: lists, parts, mask, lags, number of lags, weight, sign, row of every (source, lag) or -1, rows, bytes of a
    row, bytes before this thread's part of it, bytes of that part (whole lines), planes of binary digits (zero), room
    for 64 numbers and 16 addresses, number of a row without targets, neurons, arrived
    """
    widest()
    w = carray(pointer(words), 17, np.int64)
    # What a loop needs is read from the words before it: the compiler cannot know that no store changes them.
    lists, parts, mask, groups, places = w[0], w[1], w[2], w[4], carray(pointer(w[7]), 2**40, np.int64)
    lags = carray(pointer(w[3]), groups, np.int64)
    value = carray(pointer(w[5]), 1, FLOAT)[0] * FLOAT(w[6])
    rows, width, size, planes, numbers = w[8] + w[10], w[9], w[11], w[12], w[13]
    empty, neurons, arrived = w[8] + w[9] * w[14], w[15], w[16]
    bunch = carray(pointer(numbers + 64), BUNCH, np.int64)
    counted, waiting, first = 0, 0, True
    for group in range(groups):
        for part in range(parts):
            fired, start, end = spikes_of(lists, part, step - lags[group], mask)
            for k in range(start, end):
                number = places[fired[k] * groups + group]
                if number < 0:
                    continue
                bunch[waiting] = rows + width * number
                waiting += 1
                if waiting == BUNCH:
                    for line in range(0, size, 64):
                        add_rows(numbers + 64, line, planes, size)
                    waiting, counted = 0, counted + BUNCH
                    if counted + BUNCH >= 2**PLANES:
                        pour(planes, size, numbers, neurons, FLOAT(1), arrived, first)
                        counted, first = 0, False
    if waiting:
        for k in range(waiting, BUNCH):
            bunch[k] = empty
        for line in range(0, size, 64):
            add_rows(numbers + 64, line, planes, size)
    pour(planes, size, numbers, neurons, value, arrived, first)
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
