"""Random wiring as compiled loops. This text is printed into the cache folder and compiled from there.

Every random number is a function of (key, row, index): a row does not depend on the rows before it, so the same key
gives the same wiring however the work is divided. Memory is what the result takes: a rule counts first and fills then,
drawing the same numbers twice.
"""

import math

import numpy as np
from numba import njit

CACHE = "__file__" in globals()
OPTIONS = {"cache": CACHE, "error_model": "numpy", "nogil": True}


@njit(**OPTIONS)
def words(key0, key1, row, index):
    """Philox4x32-10: four words for a counter (row, index)."""
    c0, c1, c2, c3 = np.uint64(index), np.uint64(row), np.uint64(0), np.uint64(0x57495245)
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
def transpose(sources, columns, pointers, targets):
    """Rows of `sources` per target as rows of targets per source, ascending: counting sort."""
    rows, k = sources.shape
    for row in range(rows):
        for j in range(k):
            pointers[sources[row, j] + 1] += 1
    for source in range(columns):
        pointers[source + 1] += pointers[source]
    fill = pointers[:-1].copy()
    for row in range(rows):
        for j in range(k):
            source = sources[row, j]
            targets[fill[source]] = row
            fill[source] += 1


@njit(**OPTIONS)
def fixed_total(key0, key1, total, rows, columns, autapses, pointers, out):
    """`total` pairs drawn uniformly with repetition; with an empty `out` only the pointers are set."""
    fill = pointers[:-1].copy()
    drawn, index = 0, 0
    while drawn < total:
        a, b, c, d = words(key0, key1, 0, index)
        index += 1
        for source, target in ((below(a, rows), below(b, columns)), (below(c, rows), below(d, columns))):
            if drawn < total and (autapses or source != target):
                drawn += 1
                if out.size:
                    out[fill[source]] = target
                    fill[source] += 1
                else:
                    pointers[source + 1] += 1
    if not out.size:
        for row in range(rows):
            pointers[row + 1] += pointers[row]
    else:
        for row in range(rows):
            out[pointers[row] : pointers[row + 1]].sort()
