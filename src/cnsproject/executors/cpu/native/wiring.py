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
def words(key0, key1, row, index, stream=0):
    """Philox4x32-10: four words for a counter (row, index); another stream gives other words."""
    c0, c1, c2, c3 = np.uint64(index), np.uint64(row), np.uint64(stream), np.uint64(0x57495245)
    k0, k1 = np.uint64(key0), np.uint64(key1)
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
def unit(word):
    """A 32-bit word as a number in (0, 1)."""
    return (np.float64(word) + 0.5) * 2.0**-32


@njit(**OPTIONS)
def below(word, n):
    """A 32-bit word as a whole number below n, by multiplication; its bias is below n / 2^32."""
    return np.int64((word * np.uint64(n)) >> np.uint64(32))


@njit(**OPTIONS)
def row_of_bernoulli(key0, key1, row, columns, log_q, skip, out):
    """Columns of a row, each with probability 1 - exp(log_q), by geometric gaps; returns how many."""
    count, column, index = 0, np.int64(-1), 0
    while True:
        for word in words(key0, key1, row, index):
            column += 1 + np.int64(min(math.log(unit(word)) / log_q, 2.0**62))
            if column >= columns or column < 0:
                return count
            if column != skip:
                if out.size:
                    out[count] = column
                count += 1
        index += 1


@njit(**OPTIONS)
def bernoulli(key0, key1, rows, columns, log_q, autapses, pointers, out):
    """All rows; with an empty `out` only the pointers are set."""
    nothing = out[:0]
    for row in range(rows):
        skip = np.int64(-1) if autapses else np.int64(row)
        if out.size:
            row_of_bernoulli(key0, key1, row, columns, log_q, skip, out[pointers[row] : pointers[row + 1]])
        else:
            pointers[row + 1] = pointers[row] + row_of_bernoulli(key0, key1, row, columns, log_q, skip, nothing)


@njit(**OPTIONS)
def draw_row(key0, key1, row, columns, k, skip, multapses, seen, out):
    """k columns of a row, uniformly drawn; without multapses all different, as `seen` remembers."""
    count, index = 0, 0
    while count < k:
        for word in words(key0, key1, row, index):
            column = below(word, columns)
            if column == skip or (not multapses and seen[column] == row):
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
def fixed_total(key0, key1, total, rows, columns, autapses, offsets, sources):
    """`total` pairs drawn uniformly with repetition, as rows of `sources` per target.

    With an empty `sources` only the `offsets` of these rows are set.
    """
    fill = offsets[:-1].copy()
    drawn, index = 0, 0
    while drawn < total:
        a, b, c, d = words(key0, key1, 0, index)
        index += 1
        for source, target in ((below(a, rows), below(b, columns)), (below(c, rows), below(d, columns))):
            if drawn < total and (autapses or source != target):
                drawn += 1
                if sources.size:
                    sources[fill[target]] = source
                    fill[target] += 1
                else:
                    offsets[target + 1] += 1
    if not sources.size:
        for target in range(columns):
            offsets[target + 1] += offsets[target]


@njit(**OPTIONS)
def choose(key0, key1, rows, columns, log_q, autapses, pointers, out):
    """`out.size` of the pairs that `bernoulli` has counted in `pointers`, which then count the chosen ones.

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
