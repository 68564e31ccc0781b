"""CUBA in NEST: 4000 `iaf_psc_exp`, p = 0.02, delay one step, exact integration."""

import nest
from nest_kernel import kernel, simulate

options = kernel()
tau, C = 20.0, 250.0
model = dict(tau_m=tau, tau_syn_ex=5.0, tau_syn_in=10.0, V_th=-50.0, V_reset=-60.0, E_L=-49.0, t_ref=5.0, C_m=C)
cells = nest.Create("iaf_psc_exp", 4000, params=model)
cells.V_m = nest.random.uniform(-60.0, -50.0)
rule = {"rule": "pairwise_bernoulli", "p": 0.02}
per_mv = C / tau  # pA that move the membrane by 1 mV
nest.Connect(cells[:3200], cells, rule, {"weight": 1.62 * per_mv, "delay": 0.1})
nest.Connect(cells[3200:], cells, rule, {"weight": -9.0 * per_mv, "delay": 0.1})
simulate(options, cells)
