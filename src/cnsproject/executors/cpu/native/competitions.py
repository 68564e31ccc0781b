"""Who spikes of those that reached their threshold. Printed behind `accessors.py` and `lists.py`."""


@njit(inline="always")
def weaker(membrane, a, b):
    """Whether neuron a loses against neuron b: the lower membrane, of equal ones the higher index."""
    return membrane[a] < membrane[b] or (membrane[a] == membrane[b] and a > b)


@njit(**OPTIONS)
def rise(best, first, place, membrane):
    """Put a neuron that was added to a heap where it belongs: the weakest is on top, at `first`."""
    neuron = best[first + place]
    while place > 0:
        above = (place - 1) // 2
        if not weaker(membrane, neuron, best[first + above]):
            break
        best[first + place] = best[first + above]
        place = above
    best[first + place] = neuron


@njit(**OPTIONS)
def sink(best, first, size, membrane):
    """Put a neuron that took the place on top of a heap where it belongs."""
    neuron, place = best[first], 0
    while 2 * place + 1 < size:
        below = 2 * place + 1
        if below + 1 < size and weaker(membrane, best[first + below + 1], best[first + below]):
            below += 1
        if not weaker(membrane, best[first + below], neuron):
            break
        best[first + place] = best[first + below]
        place = below
    best[first + place] = neuron


@njit(**OPTIONS)
def winners_of(hold_left, group, members, places, across):
    """How many neurons of a group are winners already."""
    found = 0
    for k in range(members):
        found += hold_left[k * places + group if across else group * places + k] > 0
    return found


@cfunc(KERNEL, **OPTIONS)
def compete(words, step):
    """Leave at most so many spikes in every group, those of the highest membranes; winners that are held spike anyway.

    words: neurons, reached, flags, membrane, hold_left (0: none), most, maps, places, whether groups lie across maps,
    heaps, their room, and for every group the size of its heap, the spikes it has room for and the call in which these
    were set; calls
    """
    w = carray(pointer(words), 15, np.int64)
    n, reached, flags, held, most, maps, places, across = w[0], w[1], w[2], w[4] != 0, w[5], w[6], w[7], w[8] != 0
    membrane, hold_left = carray(pointer(w[3]), n, FLOAT), carray(pointer(w[4]), n, FLOAT)
    groups = places if across else maps
    best, width = carray(pointer(w[9]), groups * w[10], np.int32), w[10]
    size, room = carray(pointer(w[11]), groups, np.int64), carray(pointer(w[12]), groups, np.int64)
    set_in = carray(pointer(w[13]), groups, np.int64)
    calls = carray(pointer(w[14]), 1, np.int64)
    calls[0] += 1
    for i in range(n):
        put_flag(flags, i, get_flag(reached, i, 0, 2), 1, 2)
    for line in range((n + 63) // 64):  # they are padded with zeros
        bits = bits_of(reached + 64 * line)
        while bits != 0:
            i = 64 * line + lowest(bits)
            bits &= bits - np.uint64(1)
            if held and hold_left[i] > 0:
                continue
            group = i % places if across else i // places
            first = group * width
            if set_in[group] != calls[0]:
                set_in[group], size[group], room[group] = calls[0], 0, most
                if held:
                    room[group] -= winners_of(hold_left, group, n // groups, places, across)
            loser = i
            if size[group] < min(room[group], width):
                best[first + size[group]] = i
                size[group] += 1
                rise(best, first, size[group] - 1, membrane)
                continue
            if size[group] > 0 and weaker(membrane, best[first], i):
                loser = best[first]
                best[first] = i
                sink(best, first, size[group], membrane)
            put_flag(flags, loser, np.uint8(0), 1, 2)
    return 0
