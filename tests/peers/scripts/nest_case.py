"""A case from standard input in NEST; its spikes, as pairs of step and neuron, to standard output.

A spike of step k lies at the end of the step, so NEST stamps it (k+1)*dt.
"""

import json
import sys

import nest
import numpy as np

PA = 1000.0  # per nA
case = json.load(sys.stdin)
nest.verbosity = nest.VerbosityLevel.ERROR
nest.ResetKernel()
nest.resolution = case["dt"]
parameters = dict(
    C_m=1000.0 * case["tau"],  # pF: R is 1 MOhm
    tau_m=case["tau"],
    E_L=case["u_rest"],
    V_reset=case["u_reset"],
    V_th=case["threshold"],
    t_ref=case["refractory"],
)
if case["model"] == "iaf_psc_exp" and case["synapses"]:
    parameters["tau_syn_ex"] = parameters["tau_syn_in"] = case["synapses"][0]["tau"]
cells = nest.Create(case["model"], len(case["I"]), params=parameters)
cells.V_m = case["u"]
cells.I_e = [PA * current for current in case["I"]]
ids = np.array(cells.tolist())
for s in case["synapses"]:
    weights = np.array(s["w"]) * (PA if s["kind"] == "current" else 1.0)
    nest.Connect(
        ids[s["i"]], ids[s["j"]], "one_to_one", {"weight": weights, "delay": np.full(len(weights), s["delay"])}
    )
recorder = nest.Create("spike_recorder", params={"time_in_steps": True})
nest.Connect(cells, recorder)
nest.Simulate(case["time"])
steps, senders = recorder.events["times"], recorder.events["senders"]
json.dump([[int(k) - 1, int(i) - int(ids[0])] for k, i in zip(steps, senders, strict=True)], sys.stdout)
