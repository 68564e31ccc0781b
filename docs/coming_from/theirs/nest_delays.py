import nest

nest.verbosity = nest.VerbosityLevel.ERROR
nest.resolution = 0.1

lif = dict(
    tau_m=20.0, C_m=20000.0, E_L=-70.0, V_m=-70.0, V_reset=-65.0, V_th=-50.0, t_ref=2.0, tau_syn_ex=5.0, tau_syn_in=5.0
)  # R = 1 MOhm, so 1000 pA lead to 1 mV
exc, inh = nest.Create("iaf_psc_exp", 8, params=lif), nest.Create("iaf_psc_exp", 2, params=lif)
exc.I_e = [1000.0 * (22 + i) for i in range(8)]
nest.Connect(exc, inh, "all_to_all", dict(weight=16_000.0, delay=1.5))
nest.Connect(inh, exc, "all_to_all", dict(weight=-4000.0, delay=0.8))
of_exc, of_inh = nest.Create("spike_recorder", 2)
nest.Connect(exc, of_exc)
nest.Connect(inh, of_inh)
nest.Simulate(301.0)

counts = [
    [int((recorder.events["senders"] == i).sum()) for i in cells.tolist()]
    for recorder, cells in ((of_exc, exc), (of_inh, inh))
]
print("exc:", counts[0], "spikes; inh:", counts[1])
print("inh first at", [round(float(t), 1) for t in of_inh.events["times"][::2][:3]], "ms")
