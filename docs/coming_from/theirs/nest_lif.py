import nest

nest.verbosity = nest.VerbosityLevel.ERROR
nest.resolution = 0.1

cell = nest.Create(
    "iaf_psc_exp", params=dict(tau_m=10.0, C_m=1000.0, E_L=-70.0, V_m=-70.0, V_reset=-70.0, V_th=-55.0, t_ref=2.0)
)  # R = tau/C = 10 MOhm; C in pF
step = nest.Create(
    "step_current_generator", params=dict(amplitude_times=[50.0, 150.0], amplitude_values=[2000.0, 0.0])
)  # pA
spikes = nest.Create("spike_recorder")
nest.Connect(step, cell)
nest.Connect(cell, spikes)
nest.Simulate(202.0)

times = spikes.events["times"]
print(len(times), "spikes, the first at", [round(float(t), 1) for t in times[:3]], "ms")
