"""The microcircuit at a scale, the first argument, in NEST: `iaf_psc_exp`, in-degrees of the whole, constant drive."""

import math
import resource
import runpy
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import nest
import numpy as np
from nest_kernel import kernel
from protocol import answer

# The published numbers, the same for both.
OURS = Path(__file__).parents[2] / "src" / "cnsproject" / "experiments"
tables = SimpleNamespace(**runpy.run_path(str(OURS / "microcircuit_tables.py")))

SCALE, SETTLED = float(sys.argv.pop(1)), 500.0
MOST = 2**27  # synapses of one model that a thread of NEST can number

options = kernel()
sizes, totals, weights = tables.sizes(SCALE), tables.synapses(SCALE), tables.mean_weights()
rates = 1e-3 * tables.EXTERNAL_RATE
model = dict(C_m=250.0, tau_m=10.0, tau_syn_ex=tables.TAU_SYNAPSE, tau_syn_in=tables.TAU_SYNAPSE, t_ref=2.0)
model |= dict(E_L=-65.0, V_reset=-65.0, V_th=-50.0)
start = time.perf_counter()
populations = []
made = [0] * (1 + int(totals.sum()) // (options.threads * MOST))  # synapses of so many copies of one model
for k in range(len(made)):
    nest.CopyModel("static_synapse", f"copy_{k}")
for k, size in enumerate(sizes.tolist()):
    current = 1000.0 * rates * tables.EXTERNAL[k] * tables.WEIGHT * tables.TAU_SYNAPSE  # pA
    cells = nest.Create("iaf_psc_exp", size, params=model | dict(I_e=current))
    cells.V_m = nest.random.normal(tables.START[0][k], tables.START[1][k])
    populations.append(cells)
for i, target in enumerate(populations):
    for j, source in enumerate(populations):
        if totals[i][j] == 0:
            continue
        inhibitory = tables.INHIBITORY[j]
        size, sign = 1000.0 * float(weights[j][i]), -1.0 if inhibitory else 1.0  # pA
        bounds = dict(max=0.0, min=-math.inf) if inhibitory else dict(min=0.0, max=math.inf)
        mean = tables.DELAYS[inhibitory]
        fewest = made.index(min(made))
        made[fewest] += int(totals[i][j])
        synapse = {
            "synapse_model": f"copy_{fewest}",
            "weight": nest.math.redraw(nest.random.normal(sign * size, tables.WEIGHT_SD * size), **bounds),
            "delay": nest.math.redraw(nest.random.normal(mean, tables.DELAY_SD * mean), min=0.05, max=math.inf),
        }
        nest.Connect(source, target, {"rule": "fixed_total_number", "N": int(totals[i][j])}, synapse)
recorder = nest.Create("spike_recorder")
for cells in populations:
    nest.Connect(cells, recorder)
built = time.perf_counter() - start
nest.Simulate(SETTLED)
before, start = recorder.n_events, time.perf_counter()
nest.Simulate(1000 * options.time)
seconds = time.perf_counter() - start
rate = (recorder.n_events - before) / sum(sizes.tolist()) / options.time
events = recorder.events
# NEST stamps a spike with the end of its step.
times, neurons = events["times"] - nest.resolution, events["senders"] - populations[0].global_id[0]
if options.spikes:
    np.savez(options.spikes, times=times, neurons=neurons)
bounds, counted = np.cumsum([0, *sizes]), np.sort(neurons[times > SETTLED - 0.5 * nest.resolution])
spikes = np.diff(np.searchsorted(counted, bounds))
answer(
    seconds=seconds, rate=rate, precision="float64", versions={"nest": nest.__version__},
    synapses=int(totals.sum()),
    **{
        "built in": built, "peak GB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
        "rates of populations": dict(zip(tables.NAMES, (spikes / sizes / options.time).tolist(), strict=True)),
    },
)  # fmt: skip
