"""The balanced random network with as many synapses as the first argument says, in NEST: `iaf_psc_delta`."""

import resource
import sys
import time

import balanced
import nest
from nest_kernel import kernel
from protocol import answer

neurons, each = balanced.size(int(float(sys.argv.pop(1))))
options = kernel()
model = dict(C_m=1.0, tau_m=balanced.TAU, t_ref=balanced.REFRACTORY, E_L=0.0, V_reset=balanced.RESET)
model |= dict(V_th=balanced.THRESHOLD, I_e=balanced.DRIVE / balanced.TAU)
start = time.perf_counter()
cells = nest.Create("iaf_psc_delta", neurons, params=model)
cells.V_m = nest.random.uniform(0.0, balanced.THRESHOLD)
excitatory, mean = neurons * 4 // 5, balanced.weight(each)
for sources, count, weight in (
    (cells[:excitatory], each * 4 // 5, mean), (cells[excitatory:], each // 5, -balanced.INHIBITION * mean)
):  # fmt: skip
    drawn = nest.random.normal(weight, balanced.WEIGHT_SD * abs(weight))
    synapse = {"synapse_model": "static_synapse", "weight": drawn, "delay": balanced.DELAY}
    nest.Connect(sources, cells, {"rule": "fixed_indegree", "indegree": count}, synapse)
recorder = nest.Create("spike_recorder")
nest.Connect(cells, recorder)
nest.Simulate(0.1)  # NEST sorts its synapses before the first step
built = time.perf_counter() - start
nest.Simulate(1000 * balanced.SETTLED)
before, start = recorder.n_events, time.perf_counter()
nest.Simulate(1000 * options.time)
seconds = time.perf_counter() - start
answer(
    seconds=seconds, rate=(recorder.n_events - before) / neurons / options.time, precision="float64",
    versions={"nest": nest.__version__}, synapses=neurons * each,
    **{"built in": built, "peak GB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6},
)  # fmt: skip
