"""How synapses are divided between threads. Printed behind `accessors.py`."""


@njit(**OPTIONS)
def cut(pointers, apart, tile, targets, first):
    """For every row of ascending targets, the place of the first that is not below `first`.

    Rows begin and end at pointers[tile], pointers[tile + 1], the next ones `apart` places further on.
    """
    places = np.empty((pointers.size - 1) // apart, np.int64)
    for row in range(places.size):
        low, high = pointers[apart * row + tile], pointers[apart * row + tile + 1]
        while low < high:
            middle = (low + high) // 2
            if targets[middle] < first:
                low = middle + 1
            else:
                high = middle
        places[row] = low
    return places
