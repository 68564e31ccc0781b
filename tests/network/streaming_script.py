"""What the tests of stores run in another process: a network that records into a store until it is stopped."""

import sys
from pathlib import Path

import cnsproject as cns
from cnsproject.network.monitors import streaming

INPUTS = {"exc": cns.ConstantCurrent(14.0) + cns.WhiteNoise(0.0, 4.0)}
STATES = ["s", "u", cns.Mean("u"), cns.SpikeCount(), cns.PopulationRate(5.0)]


def network(store: Path | None, every: float | None = None) -> tuple[cns.Network, cns.Monitor]:
    net = cns.Network(dt=0.1, seed=5)
    exc = net.add_layer(cns.LIFPopulation(40, u=cns.Uniform(-70, -55), refractory=2.0), "exc")
    net.add_connection(
        cns.Connection(exc, exc, connectivity=cns.FixedProbability(0.2), weight=0.2, delay=cns.Uniform(0.1, 2.0))
    )
    return net, net.add_monitor(cns.Monitor(exc, STATES, every=every, store=store), "m")


if __name__ == "__main__":
    folder, time = Path(sys.argv[1]), float(sys.argv[2])
    streaming.SECONDS = float(sys.argv[3])
    net, _ = network(folder / "run.zarr")
    net.run(1.0, INPUTS)  # so that all is compiled
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    saving = {"checkpoint_every": 50.0, "checkpoint": folder / "run.cns"} if "checkpoint" in sys.argv else {}
    net.run(time, INPUTS, **saving)
