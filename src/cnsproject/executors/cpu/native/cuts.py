"""How synapses are divided between threads. Printed behind `accessors.py`."""


@njit(**OPTIONS)
def cut(pointers, targets, first):
    """For every row of ascending targets, the place of the first that is not below `first`."""
    places = np.empty(pointers.size - 1, np.int64)
    for row in range(places.size):
        low, high = pointers[row], pointers[row + 1]
        while low < high:
            middle = (low + high) // 2
            if targets[middle] < first:
                low = middle + 1
            else:
                high = middle
        places[row] = low
    return places
