"""Random wiring as compiled loops. This text is printed into the cache folder and compiled from there.

Every random number is a function of (key, row, index): a row does not depend on the rows before it, so the same key
gives the same wiring however the work is divided. Memory is at most twice what the result takes: a rule counts first
and fills then, drawing the same numbers twice, or fills a buffer block by block.
"""

import math

import numpy as np
from numba import njit

CACHE = "__file__" in globals()
OPTIONS = {"cache": CACHE, "error_model": "numpy", "nogil": True}


@njit(**OPTIONS)
def philox(c0, c1, c2, c3, k0, k1):
    """Philox4x32-10: four words for a counter and a key of 32-bit words."""
    low = np.uint64(0xFFFFFFFF)
    shift = np.uint64(32)
    for _ in range(10):
        p0 = c0 * np.uint64(0xD2511F53)
        p1 = c2 * np.uint64(0xCD9E8D57)
        c0, c1, c2, c3 = (p1 >> shift) ^ c1 ^ k0, p1 & low, (p0 >> shift) ^ c3 ^ k1, p0 & low
        k0 = (k0 + np.uint64(0x9E3779B9)) & low
        k1 = (k1 + np.uint64(0xBB67AE85)) & low
    return c0, c1, c2, c3


@njit(**OPTIONS)
def words(key0, key1, row, index, stream=0):
    """Four words for (row, index); another stream gives other words."""
    counter = np.uint64(index), np.uint64(row), np.uint64(stream), np.uint64(0x57495245)
    return philox(*counter, np.uint64(key0), np.uint64(key1))


@njit(**OPTIONS)
def unit(word):
    """A 32-bit word as a number in (0, 1)."""
    return (np.float64(word) + 0.5) * 2.0**-32


@njit(**OPTIONS)
def below(word, n):
    """A 32-bit word as a whole number below n, by multiplication; its bias is below n / 2^32."""
    return np.int64((word * np.uint64(n)) >> np.uint64(32))


@njit(**OPTIONS)
def row_of_bernoulli(key0, key1, row, columns, log_q, skip, out):
    """Columns of a row, each with probability 1 - exp(log_q), by geometric gaps: how many; in out as it has room."""
    count, column, index = 0, np.int64(-1), 0
    while True:
        for word in words(key0, key1, row, index):
            column += 1 + np.int64(min(math.log(unit(word)) / log_q, 2.0**62))
            if column >= columns or column < 0:
                return count
            if column != skip:
                if count < out.size:
                    out[count] = column
                count += 1
        index += 1


@njit(**OPTIONS)
def count_bernoulli(key0, key1, first, columns, log_q, autapses, counts, out):
    """How many columns the rows first, first + 1, ... have, and which, one row after the other, as out has room."""
    place = 0
    for n in range(counts.size):
        skip = np.int64(-1) if autapses else np.int64(first + n)
        counts[n] = row_of_bernoulli(key0, key1, first + n, columns, log_q, skip, out[min(place, out.size) :])
        place += counts[n]


@njit(**OPTIONS)
def rows_of_bernoulli(key0, key1, first, columns, log_q, autapses, pointers, out):
    """The columns of so many rows: those of row first + n at pointers[n] - pointers[0]."""
    for n in range(pointers.size - 1):
        skip = np.int64(-1) if autapses else np.int64(first + n)
        found = out[pointers[n] - pointers[0] : pointers[n + 1] - pointers[0]]
        if found.size:
            row_of_bernoulli(key0, key1, first + n, columns, log_q, skip, found)


@njit(**OPTIONS)
def draw_row(key0, key1, row, columns, k, skip, multapses, seen, out):
    """k columns of a row, uniformly drawn; without multapses all different, as `seen` remembers."""
    count, index = 0, 0
    while count < k:
        for word in words(key0, key1, row, index):
            column = below(word, columns)
            if column == skip:
                continue
            if not multapses:
                if seen[column] == row:
                    continue
                seen[column] = row
            out[count] = column
            count += 1
            if count == k:
                break
        index += 1


@njit(**OPTIONS)
def fixed_number(key0, key1, rows, columns, k, autapses, multapses, out):
    """k columns in every row: out (rows, k)."""
    seen = np.full(columns, -1, np.int64)
    for row in range(rows):
        draw_row(key0, key1, row, columns, k, np.int64(-1) if autapses else np.int64(row), multapses, seen, out[row])


@njit(**OPTIONS)
def transpose(offsets, sources, pointers, targets):
    """Rows of `sources` per target, from `offsets`, as rows of `targets` per source, ascending: counting sort."""
    for source in sources:
        pointers[source + 1] += 1
    for source in range(pointers.size - 1):
        pointers[source + 1] += pointers[source]
    fill = pointers[:-1].copy()
    for target in range(offsets.size - 1):
        for source in sources[offsets[target] : offsets[target + 1]]:
            targets[fill[source]] = target
            fill[source] += 1


@njit(**OPTIONS)
def count_rows(key0, key1, total, counts):
    """How many of `total` synapses each row has, when every one is in any row with the same probability."""
    for index in range((total + 3) // 4):
        drawn = words(key0, key1, 0, index, 3)
        for n in range(min(4, total - 4 * index)):
            counts[below(drawn[n], counts.size)] += 1


@njit(**OPTIONS)
def drawn_rows(key0, key1, first, columns, autapses, pointers, out):
    """Ascending columns of the rows first, first + 1, ..., each drawn uniformly, with repetition.

    Those of row first + n are at pointers[n] - pointers[0].
    """
    longest = 0
    for n in range(pointers.size - 1):
        longest = max(longest, pointers[n + 1] - pointers[n])
    spare, counts = np.empty(longest, np.int32), np.empty(256, np.int64)
    seen = np.empty(0, np.int64)
    for n in range(pointers.size - 1):
        row = out[pointers[n] - pointers[0] : pointers[n + 1] - pointers[0]]
        skip = np.int64(-1) if autapses else np.int64(first + n)
        draw_row(key0, key1, first + n, columns, row.size, skip, True, seen, row)
        ascend(row, spare, counts, columns - 1)


@njit(**OPTIONS)
def ascend(values, spare, counts, highest):
    """Sort whole numbers from 0 to `highest`: few by insertion, many by their bytes, the lowest first."""
    if values.size <= 48:
        for n in range(1, values.size):
            value, place = values[n], n
            while place > 0 and values[place - 1] > value:
                values[place] = values[place - 1]
                place -= 1
            values[place] = value
        return
    here, there, shift = values, spare[: values.size], 0
    while highest >> shift:
        for digit in range(256):
            counts[digit] = 0
        for value in here:
            counts[(value >> shift) & 255] += 1
        place = 0
        for digit in range(256):
            place, counts[digit] = place + counts[digit], place
        for value in here:
            digit = (value >> shift) & 255
            there[counts[digit]] = value
            counts[digit] += 1
        here, there, shift = there, here, shift + 8
    if (shift >> 3) & 1:
        for n in range(values.size):
            values[n] = here[n]


@njit(**OPTIONS)
def put_rows(pointers, columns, offset, places, out):
    """Put rows of columns, with `offset` added, at their places in `out`, and move these behind them."""
    for row in range(places.size):
        for n in range(pointers[row] - pointers[0], pointers[row + 1] - pointers[0]):
            out[places[row]] = columns[n] + offset
            places[row] += 1


@njit(**OPTIONS)
def count_onto(pointers, tiles, targets, counts):
    """How many synapses every target has; targets are counted from the beginning of their tile."""
    for row in range(pointers.size - 1):
        first = tiles[row % (tiles.size - 1)]
        for n in range(pointers[row], pointers[row + 1]):
            counts[first + targets[n]] += 1


@njit(**OPTIONS)
def by_kind(pointers, kinds, counts, order):
    """In every row by kind, and as they were within a kind: order[n] is which one comes to place n.

    pointers  of the rows; their first may be any
    kinds     a whole number of every synapse
    counts    how many of each kind every row has, zeros before: (rows, kinds)
    """
    places = np.empty(counts.shape[1], np.int64)
    for row in range(pointers.size - 1):
        first, last = pointers[row] - pointers[0], pointers[row + 1] - pointers[0]
        for n in range(first, last):
            counts[row, kinds[n]] += 1
        place = first
        for kind in range(places.size):
            places[kind] = place
            place += counts[row, kind]
        for n in range(first, last):
            order[places[kinds[n]]] = n
            places[kinds[n]] += 1


@njit(**OPTIONS)
def choose(key0, key1, rows, columns, log_q, autapses, pointers, out):
    """`out.size` of the pairs that `count_bernoulli` has counted, in `pointers`, which then count the chosen ones.

    Of `left` pairs still to come, `need` are wanted: the next one is kept with probability need / left (Knuth, The Art
    of Computer Programming, vol. 2, sec. 3.4.2, algorithm S).
    """
    buffer = np.empty(columns, np.int32)
    left, need = pointers[rows], out.size
    for row in range(rows):
        skip = np.int64(-1) if autapses else np.int64(row)
        count = row_of_bernoulli(key0, key1, row, columns, log_q, skip, buffer)
        drawn = words(key0, key1, row, 0, 1)
        for n in range(count):
            if n & 3 == 0:
                drawn = words(key0, key1, row, n >> 2, 1)
            if below(drawn[n & 3], left) < need:
                out[out.size - need] = buffer[n]
                need -= 1
            left -= 1
        pointers[row + 1] = out.size - need


@njit(**OPTIONS)
def squared_distances(place, others, period, out):
    """Squared length of the shortest way from `place` to others (dimensions, columns); an open space has no period."""
    out[:] = 0.0
    for k in range(place.size):
        x, length = place[k], period[k]
        for column in range(out.size):
            gap = abs(x - others[k, column])
            gap = min(gap, length - gap)
            out[column] += gap * gap


@njit(**OPTIONS)
def row_by_distance(key0, key1, row, squared, gaussian, scale, p_max, skip, out):
    """Columns of a row, each with probability p_max * exp(-d^2 / (2 scale^2)) or p_max * exp(-d / scale)."""
    # Beyond it the probability is below the smallest random number, which saves drawing one.
    reach = scale * (math.sqrt(46.0) if gaussian else 23.0)
    count, index = 0, -1
    drawn = words(key0, key1, row, 0)
    for column in range(squared.size):
        if squared[column] > reach * reach or column == skip:
            continue
        if index != column >> 2:
            index = column >> 2
            drawn = words(key0, key1, row, index)
        decay = 0.5 * squared[column] / (scale * scale) if gaussian else math.sqrt(squared[column]) / scale
        if unit(drawn[column & 3]) < p_max * math.exp(-decay):
            out[count] = column
            count += 1
    return count


@njit(**OPTIONS)
def by_distance(key0, key1, first, own, others, period, gaussian, scale, p_max, autapses, pointers, out):
    """Rows first, first + 1, ... at the places `own`; how many columns, all told, were written into `out`."""
    squared = np.empty(others.shape[1])
    count = 0
    for n in range(len(own)):
        row = first + n
        skip = np.int64(-1) if autapses else np.int64(row)
        squared_distances(own[n], others, period, squared)
        count += row_by_distance(key0, key1, row, squared, gaussian, scale, p_max, skip, out[count:])
        pointers[row + 1] = pointers[first] + count
    return count


@njit(**OPTIONS)
def by_probability(key0, key1, first, p, autapses, pointers, out):
    """As `by_distance`, with the probability of every pair given: p (rows, columns)."""
    count = 0
    for n in range(len(p)):
        row = first + n
        drawn = words(key0, key1, row, 0)
        for column in range(p.shape[1]):
            if column & 3 == 0:
                drawn = words(key0, key1, row, column >> 2)
            if unit(drawn[column & 3]) < p[n, column] and (autapses or column != row):
                out[count] = column
                count += 1
        pointers[row + 1] = pointers[first] + count
    return count


@njit(**OPTIONS)
def place(targets, low, high, first):
    """Among ascending targets low ... high-1, the place of the first that is not below `first`."""
    while low < high:
        middle = (low + high) // 2
        if targets[middle] < first:
            low = middle + 1
        else:
            high = middle
    return low


@njit(**OPTIONS)
def cut(pointers, targets, first):
    """For every row of ascending targets, the place of the first that is not below `first`."""
    places = np.empty(pointers.size - 1, np.int64)
    for row in range(places.size):
        places[row] = place(targets, pointers[row], pointers[row + 1], first)
    return places


@njit(**OPTIONS)
def split(pointers, tiles, targets, bounds):
    """Pointers of rows as those of rows in parts of tiles: where the targets begin that are not below their bound.

    Rows of all tiles follow each other; targets are counted from the first neuron of their tile.
    """
    parts, row = bounds.size - 1, 0
    places = np.empty((pointers.size - 1) // (tiles.size - 1) * parts + 1, np.int64)
    places[-1] = pointers[-1]
    for begin in range(0, places.size - 1, parts):
        tile = 0
        for part in range(parts):
            if part > 0 and bounds[part] == tiles[tile + 1]:
                tile, row = tile + 1, row + 1
            places[begin + part] = place(targets, pointers[row], pointers[row + 1], bounds[part] - tiles[tile])
        row += 1
    return places
