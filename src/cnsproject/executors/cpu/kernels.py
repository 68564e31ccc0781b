"""The hand-written part of the native executor. This text is printed into the cache folder, once per precision.

Every operation of a plan is a native function `kernel(words, step) -> int64` with the same signature: `words` is the
address of its arguments (sizes and addresses of arrays, 64 bits each). `run` is the time loop: it knows nothing but
addresses, so it is compiled once for all networks. A kernel that returns something else than 0 stops the run.
"""

import numpy as np
from llvmlite import ir
from numba import carray, cfunc, njit, types
from numba.extending import intrinsic

FLOAT = np.float32
CACHE = "__file__" in globals()  # code that lies in no file cannot be cached
KERNEL = types.int64(types.int64, types.int64)
OPTIONS = {"cache": CACHE, "error_model": "numpy"}


@intrinsic
def pointer(typingctx, address):
    """An address as a pointer."""

    def generate(context, builder, signature, args):
        return builder.inttoptr(args[0], ir.IntType(8).as_pointer())

    return types.voidptr(types.int64), generate


@intrinsic
def call(typingctx, address, words, step):
    """Call the kernel at an address."""

    def generate(context, builder, signature, args):
        kernel = ir.FunctionType(ir.IntType(64), [ir.IntType(64), ir.IntType(64)])
        return builder.call(builder.inttoptr(args[0], kernel.as_pointer()), [args[1], args[2]])

    return types.int64(types.int64, types.int64, types.int64), generate


@njit(types.int64(types.int64, types.int64, types.int64[::1], types.int64[::1]), nogil=True, **OPTIONS)
def run(first, last, kernels, words):
    """Steps first ... last-1; returns the step in which a kernel stopped, or last."""
    for step in range(first, last):
        for k in range(kernels.size):
            if call(kernels[k], words[k], step) != 0:
                return step
    return last


@cfunc(KERNEL, **OPTIONS)
def gather(words, step):
    """words: n, target, external, its stride per step, its stride per neuron, number of currents, currents..."""
    w = carray(pointer(words), 6, np.int64)
    n = w[0]
    target = carray(pointer(w[1]), n, FLOAT)
    if w[4] == 0:
        value = carray(pointer(w[2] + step * w[3]), 1, FLOAT)[0]
        for i in range(n):
            target[i] = value
    else:
        external = carray(pointer(w[2] + step * w[3]), n, FLOAT)
        for i in range(n):
            target[i] = external[i]
    currents = carray(pointer(words + 48), w[5], np.int64)
    for c in range(w[5]):
        current = carray(pointer(currents[c]), n, FLOAT)
        for i in range(n):
            target[i] += current[i]
    return 0


@cfunc(KERNEL, **OPTIONS)
def present(words, step):
    """Given spikes of this step. words: n, s, external, its stride per step, its stride per neuron"""
    w = carray(pointer(words), 5, np.int64)
    spikes = carray(pointer(w[1]), w[0], np.uint8)
    external = carray(pointer(w[2] + step * w[3]), w[0] if w[4] else 1, np.uint8)
    for i in range(w[0]):
        spikes[i] = external[i * w[4]]
    return 0


@cfunc(KERNEL, **OPTIONS)
def collect(words, step):
    """Indices of the neurons that fired, ascending, into the slot of this step. words: n, s, fired, counts, slots"""
    w = carray(pointer(words), 5, np.int64)
    n, slot = w[0], step % w[4]
    spikes = carray(pointer(w[1]), n, np.uint8)
    fired = carray(pointer(w[2] + 4 * n * slot), n, np.int32)
    # Eight flags at a time: most words are zero. The array is padded to whole words.
    eight = carray(pointer(w[1]), (n + 7) // 8, np.uint64)
    count = 0
    for word in range(eight.size):
        if eight[word] != 0:
            for i in range(8 * word, min(8 * word + 8, n)):
                if spikes[i]:
                    fired[count] = i
                    count += 1
    carray(pointer(w[3]), w[4], np.int64)[slot] = count
    return 0


@cfunc(KERNEL, **OPTIONS)
def arrive_shared(words, step):
    """One weight for all pairs: weight * (number of spikes, inhibitory ones negative).

    words: n, fired, counts, slots, lag, weight, sign (0: all positive), arrived
    """
    w = carray(pointer(words), 8, np.int64)
    slot = (step - w[4] + w[3]) % w[3]
    count = carray(pointer(w[2]), w[3], np.int64)[slot]
    total = FLOAT(count)
    if w[6] != 0:
        fired = carray(pointer(w[1] + 4 * w[0] * slot), w[0], np.int32)
        sign = carray(pointer(w[6]), w[0], FLOAT)
        total = FLOAT(0)
        for k in range(count):
            total += sign[fired[k]]
    carray(pointer(w[7]), 1, FLOAT)[0] = carray(pointer(w[5]), 1, FLOAT)[0] * total
    return 0


@cfunc(KERNEL, **OPTIONS)
def arrive_matrix(words, step):
    """A weight per pair: rows of the sources that fired, added in ascending order of the source.

    words: n, fired, counts, slots, lag, weight, sign (0: all positive), arrived, number of targets
    """
    w = carray(pointer(words), 9, np.int64)
    slot = (step - w[4] + w[3]) % w[3]
    fired = carray(pointer(w[1] + 4 * w[0] * slot), w[0], np.int32)
    sign = carray(pointer(w[6]), w[0] if w[6] else 0, FLOAT)
    targets = w[8]
    arrived = carray(pointer(w[7]), targets, FLOAT)
    for j in range(targets):
        arrived[j] = FLOAT(0)
    for k in range(carray(pointer(w[2]), w[3], np.int64)[slot]):
        source = fired[k]
        row = carray(pointer(w[5]), (w[0], targets), FLOAT)[source]
        factor = sign[source] if w[6] else FLOAT(1)
        for j in range(targets):
            arrived[j] += factor * row[j]
    return 0


@cfunc(KERNEL, **OPTIONS)
def arrive_synapses(words, step):
    """Synapses of the sources that fired, added in ascending order of the source, each in the order it is kept.

    words: n, fired, counts, slots, lag, weight, sign (0: all positive), arrived, number of targets, pointers, targets,
    stride of the weight (0: one for all)
    """
    w = carray(pointer(words), 12, np.int64)
    slot = (step - w[4] + w[3]) % w[3]
    fired = carray(pointer(w[1] + 4 * w[0] * slot), w[0], np.int32)
    sign = carray(pointer(w[6]), w[0] if w[6] else 0, FLOAT)
    arrived = carray(pointer(w[7]), w[8], FLOAT)
    pointers = carray(pointer(w[9]), w[0] + 1, np.int64)
    targets = carray(pointer(w[10]), pointers[w[0]], np.int32)
    for j in range(w[8]):
        arrived[j] = FLOAT(0)
    for k in range(carray(pointer(w[2]), w[3], np.int64)[slot]):
        source = fired[k]
        factor = sign[source] if w[6] else FLOAT(1)
        if w[11] == 0:
            value = factor * carray(pointer(w[5]), 1, FLOAT)[0]
            for s in range(pointers[source], pointers[source + 1]):
                arrived[targets[s]] += value
        else:
            weight = carray(pointer(w[5]), pointers[w[0]], FLOAT)
            for s in range(pointers[source], pointers[source + 1]):
                arrived[targets[s]] += factor * weight[s]
    return 0


@cfunc(KERNEL, **OPTIONS)
def record(words, step):
    """Copy a buffer into its row. words: bytes, source, target, rows"""
    w = carray(pointer(words), 4, np.int64)
    source = carray(pointer(w[1]), w[0], np.uint8)
    target = carray(pointer(w[2] + w[0] * (step % w[3])), w[0], np.uint8)
    for i in range(w[0]):
        target[i] = source[i]
    return 0
