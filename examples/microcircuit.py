"""The cortical microcircuit of Potjans & Diesmann (2014) at a scale of your choice: python examples/microcircuit.py 0.1

At scale 1, the published network, it takes 2 GB and, on two cores, some minutes.
"""

import sys

import cnsproject as cns
from cnsproject.experiments import constant_drive, microcircuit, microcircuit_populations

SETTLE, TIME = 500.0, 1000.0  # ms


def main(scale: float) -> None:
    """Build, run, and print what the populations do."""
    net = microcircuit(scale, seed=1)
    synapses = net.connections["synapses"]
    assert isinstance(synapses, cns.Connection)
    print(f"{net.layers['cells'].n} neurons, {net.memory().total / 1e9:.2g} GB; building the synapses ...")
    print(f"{len(synapses)} synapses; running ...")
    net.run(SETTLE + TIME, {"cells": constant_drive(scale)}, threads=2, progress=True)

    times, neurons = (values.numpy() for values in net.monitors["spikes"].spikes())
    for name, places in microcircuit_populations(scale).items():
        own = (neurons >= places.start) & (neurons < places.stop) & (times >= SETTLE)
        print(f"{name:5} {len(places):6} neurons  {1e3 * own.sum() / len(places) / TIME:6.2f} Hz")

    # What follows is as with any network: the cells of a population are a part of the layer.
    inhibitory = net.layers["cells"][list(microcircuit_populations(scale)["L5I"])]
    net.add_monitor(cns.Monitor(inhibitory, ["u"], every=1.0), "potentials")
    net.run(100, {"cells": constant_drive(scale)}, threads=2)
    print(f"mean potential in layer 5 of those that inhibit: {net.monitors['potentials'].get('u').mean():.1f} mV")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 0.05)
