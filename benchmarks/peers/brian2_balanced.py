"""The balanced random network with as many synapses as the first argument says, in Brian2."""

import resource
import sys

import balanced
import brian2
from brian2 import Network, NeuronGroup, SpikeMonitor, Synapses, ms, second
from brian2_device import standalone
from protocol import answer

neurons, each = balanced.size(int(float(sys.argv.pop(1))))
options = standalone(runs=2)
cells = NeuronGroup(
    neurons,
    f"dv/dt = ({balanced.DRIVE}*mV - v) / ({balanced.TAU}*ms) : volt (unless refractory)",
    threshold=f"v > {balanced.THRESHOLD}*mV",
    reset=f"v = {balanced.RESET}*mV",
    refractory=balanced.REFRACTORY * ms,
    method="exact",
    name="cells",
)
cells.v = f"{balanced.THRESHOLD}*mV*rand()"
synapses, excitatory, mean = [], neurons * 4 // 5, balanced.weight(each)
for name, sources, count, weight in (
    ("excitatory", cells[:excitatory], each * 4 // 5, mean),
    ("inhibitory", cells[excitatory:], each // 5, -balanced.INHIBITION * mean),
):
    made = Synapses(sources, cells, "w : volt", on_pre="v += w", delay=balanced.DELAY * ms, name=name)
    made.connect(i=f"k for k in sample(N_pre, size={count})")
    made.w = f"{weight}*mV*(1 + {balanced.WEIGHT_SD}*randn())"
    synapses.append(made)
spikes = SpikeMonitor(cells, name="spikes")
network = Network(cells, spikes, *synapses)  # what lies in a list is not found by itself
network.run(balanced.SETTLED * second)
network.run(options.time * second)
brian2.device.build(directory=options.folder)
peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1e6
# What Brian2 tells is the time of its last run.
answer(
    seconds=brian2.device._last_run_time, precision="float64",
    rate=float((spikes.t >= balanced.SETTLED * second).sum()) / neurons / options.time,
    versions={"brian2": brian2.__version__}, synapses=sum(len(made) for made in synapses), **{"peak GB": peak},
)  # fmt: skip
