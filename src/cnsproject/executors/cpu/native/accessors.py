"""What every kernel starts with. This text is printed at the head of each module in the cache folder.

Every operation of a plan is a native function `kernel(words, step) -> int64` with the same signature: `words` is the
address of its arguments (sizes and addresses of arrays, 64 bits each), the result is 0, or BAD when a state is not
finite.
"""

import math

import numpy as np
from llvmlite import binding, ir
from numba import carray, cfunc, njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from cnsproject.dynamics.step import FADED, FADING

FLOAT = np.float32
CACHE = "__file__" in globals()  # code that lies in no file cannot be cached
KERNEL = types.int64(types.int64, types.int64)
OPTIONS = {"cache": CACHE, "error_model": "numpy"}
BAD = 1


@intrinsic
def pointer(typingctx, address):
    """An address as a pointer."""

    def generate(context, builder, signature, args):
        return builder.inttoptr(args[0], ir.IntType(8).as_pointer())

    return types.voidptr(types.int64), generate


def accessors(number, llvm, size):
    """`get(address, index, array, arrays)` and `put(address, index, value, array, arrays)` for one type of number.

    Numba cannot say that two arrays do not overlap, and without that the loops are not vectorised: so loads and
    stores carry it, as the scope of array number `array` out of `arrays`. It is said of loads and stores with the same
    `arrays` only: a loop numbers its arrays for itself, and others stand beside it in the same function.
    """

    def mark(builder, instruction, array, arrays):
        instruction.align = size
        add = builder.module.add_metadata
        scopes = [add([f"array {k} of {arrays}", add([f"{arrays} arrays"])]) for k in range(arrays)]
        instruction.set_metadata("alias.scope", add([scopes[array]]))
        if arrays > 1:
            instruction.set_metadata("noalias", add([scope for k, scope in enumerate(scopes) if k != array]))
        return instruction

    @intrinsic(prefer_literal=True)
    def get(typingctx, address, index, array, arrays):
        place = array.literal_value, arrays.literal_value

        def generate(context, builder, signature, args):
            where = builder.gep(builder.inttoptr(args[0], llvm.as_pointer()), [args[1]])
            return mark(builder, builder.load(where), *place)

        return number(types.int64, types.int64, array, arrays), generate

    @intrinsic(prefer_literal=True)
    def put(typingctx, address, index, value, array, arrays):
        place = array.literal_value, arrays.literal_value

        def generate(context, builder, signature, args):
            where = builder.gep(builder.inttoptr(args[0], llvm.as_pointer()), [args[1]])
            mark(builder, builder.store(args[2], where), *place)
            return context.get_dummy_value()

        return types.void(types.int64, types.int64, number, array, arrays), generate

    return get, put


@intrinsic
def widest(typingctx):
    """Let the function that calls this use vectors of 512 bits, where the processor has them at no loss of clock.

    By itself LLVM stays with 256 bits on all processors that share its scheduling model with the first ones of 2017.
    """

    def generate(context, builder, signature, args):
        if binding.get_host_cpu_features().get("avx512vbmi2"):
            # llvmlite knows no attributes that consist of a name and a value; the set holds what is printed.
            set.add(builder.function.attributes, '"prefer-vector-width"="512"')
        return context.get_dummy_value()

    return types.void(), generate


@intrinsic
def word(typingctx, words, place):
    """The word at a place."""

    def generate(context, builder, signature, args):
        return builder.load(builder.gep(builder.inttoptr(args[0], ir.IntType(64).as_pointer()), [args[1]]))

    return types.int64(types.int64, types.int64), generate


BYTES = np.dtype(FLOAT).itemsize
_NUMBER = {4: (types.float32, ir.FloatType()), 8: (types.float64, ir.DoubleType())}[BYTES]
_BITS = {4: types.int32, 8: types.int64}[BYTES]
INFINITE = int(np.array(np.inf, FLOAT).view(f"i{BYTES}"))


@intrinsic
def number(typingctx, address):
    """The number at an address."""

    def generate(context, builder, signature, args):
        return builder.load(builder.inttoptr(args[0], _NUMBER[1].as_pointer()))

    return _NUMBER[0](types.int64), generate


@intrinsic
def magnitude(typingctx, x):
    """The bits of |x| as an integer: INFINITE or above where x is not finite."""

    def generate(context, builder, signature, args):
        bits = ir.IntType(8 * BYTES)
        return builder.and_(builder.bitcast(args[0], bits), ir.Constant(bits, 2 ** (8 * BYTES - 1) - 1))

    return _BITS(_NUMBER[0]), generate


# To the nearest whole number by an addition: the sum has no room for a fraction, and ends in the bits of the number.
_MANTISSA, _BIAS = {4: (23, 127), 8: (52, 1023)}[BYTES]
_ROUND = FLOAT(1.5 * 2.0**_MANTISSA)
_LOG2_E = FLOAT(1 / math.log(2))
_LN2_HIGH, _LN2_LOW = {4: (0.693359375, -2.12194440054690581e-4), 8: (6.93147180369123816e-1, 1.90821492927058771e-10)}[
    BYTES
]
_TAYLOR = [FLOAT(1 / math.factorial(k)) for k in range({4: 7, 8: 13}[BYTES], -1, -1)]
_RELATIVE = [FLOAT(1 / math.factorial(k + 1)) for k in range({4: 10, 8: 18}[BYTES], -1, -1)]
_LARGEST, _SMALLEST = FLOAT(math.log(np.finfo(FLOAT).max)), FLOAT(math.log(np.finfo(FLOAT).tiny))


@intrinsic
def times_power_of_two(typingctx, x, rounded):
    """x * 2^n, where `rounded` is n + _ROUND: in two steps, since 2^n may be no number where x * 2^n is one."""

    def generate(context, builder, signature, args):
        bits, (_, llvm) = ir.IntType(8 * BYTES), _NUMBER

        def constant(value):
            return ir.Constant(bits, int(value))

        n = builder.sub(builder.bitcast(args[1], bits), constant(_ROUND.view(f"i{BYTES}")))
        half = builder.ashr(n, constant(1))
        result = args[0]
        for part in (half, builder.sub(n, half)):
            power = builder.shl(builder.add(part, constant(_BIAS)), constant(_MANTISSA))
            result = builder.fmul(result, builder.bitcast(power, llvm))
        return result

    return _NUMBER[0](_NUMBER[0], _NUMBER[0]), generate


def series(coefficients):
    """A function that computes a power series, its coefficients given from the highest down."""

    @intrinsic
    def horner(typingctx, x):
        def generate(context, builder, signature, args):
            total, *others = (ir.Constant(_NUMBER[1], float(c)) for c in coefficients)
            for coefficient in others:
                total = builder.fadd(builder.fmul(total, args[0]), coefficient)
            return total

        return _NUMBER[0](_NUMBER[0]), generate

    return horner


exp_series, exprel_series = series(_TAYLOR), series(_RELATIVE)


@njit(inline="always")
def exponential(x):
    """exp(x) of plain operations, so that loops with it are vectorised; 0 below the smallest normal number.

    x = n*ln(2) + r, exp(x) = 2^n * (the Taylor series of exp(r)): within 2 units of the last place.
    """
    rounded = x * _LOG2_E + _ROUND
    n = rounded - _ROUND
    r = (x - n * FLOAT(_LN2_HIGH)) - n * FLOAT(_LN2_LOW)
    result = times_power_of_two(exp_series(r), rounded)
    result = FLOAT(np.inf) if x > _LARGEST else result
    return FLOAT(0) if x < _SMALLEST else result


@njit(inline="always")
def relative_exponential(x):
    """(exp(x) - 1)/x: where exp(x) is near 1, so that digits would cancel, by its Taylor series."""
    far = (exponential(x) - FLOAT(1)) / x
    return exprel_series(x) if abs(x) < FLOAT(1) else far


get_float, put_float = accessors(*_NUMBER, BYTES)
get_flag, put_flag = accessors(types.uint8, ir.IntType(8), 1)
get_word, put_word = accessors(types.uint64, ir.IntType(64), 8)
