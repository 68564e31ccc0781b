"""Brunel's network in NEST: 12 500 `iaf_psc_delta`, in-degrees 1000 and 250, delay 1.5 ms, Poisson drive of 20 kHz."""

import nest
from nest_kernel import kernel, simulate

options = kernel()
model = dict(C_m=1.0, tau_m=20.0, t_ref=2.0, E_L=0.0, V_reset=10.0, V_m=0.0, V_th=20.0)
cells = nest.Create("iaf_psc_delta", 12_500, params=model)
drive = nest.Create("poisson_generator", params={"rate": 1000 * 20.0})
nest.CopyModel("static_synapse", "excitatory", {"weight": 0.1, "delay": 1.5})
nest.CopyModel("static_synapse", "inhibitory", {"weight": -0.5, "delay": 1.5})
nest.Connect(drive, cells, syn_spec="excitatory")
nest.Connect(cells[:10_000], cells, {"rule": "fixed_indegree", "indegree": 1000}, "excitatory")
nest.Connect(cells[10_000:], cells, {"rule": "fixed_indegree", "indegree": 250}, "inhibitory")
simulate(options, cells)
