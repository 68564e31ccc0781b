import nest

nest.verbosity = nest.VerbosityLevel.ERROR
nest.resolution = 0.1
nest.rng_seed = 1

lif = dict(
    tau_m=20.0, C_m=20000.0, E_L=-49.0, V_reset=-60.0, V_th=-50.0, t_ref=5.0, tau_syn_ex=5.0, tau_syn_in=10.0
)  # R = 1 MOhm, so 1000 pA lead to 1 mV
cells = nest.Create("iaf_psc_exp", 4000, params=lif)
cells.V_m = nest.random.uniform(-60.0, -50.0)
rule = dict(rule="pairwise_bernoulli", p=0.02)
nest.Connect(cells[:3200], cells, rule, dict(weight=1620.0, delay=0.1))
nest.Connect(cells[3200:], cells, rule, dict(weight=-9000.0, delay=0.1))
spikes = nest.Create("spike_recorder")
nest.Connect(cells, spikes)
nest.Simulate(1000.0)

print(f"{spikes.n_events / 4000:.1f} Hz")
