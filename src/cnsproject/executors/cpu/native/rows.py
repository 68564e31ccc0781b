"""Spikes as rows of bits, one bit per target, and how they are added. Printed behind `accessors.py` and `lists.py`."""

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
