import nest

nest.verbosity = nest.VerbosityLevel.ERROR
nest.resolution = 0.1
nest.rng_seed = 1

lif = dict(tau_m=10.0, C_m=10000.0, E_L=-70.0, V_m=-70.0, V_reset=-70.0, V_th=-55.0, t_ref=0.0)
cells = nest.Create("iaf_psc_delta", 100, params=lif)
inputs = nest.Create("parrot_neuron", 200)
nest.Connect(nest.Create("poisson_generator", params=dict(rate=20.0)), inputs)
nest.Connect(inputs, cells, dict(rule="pairwise_bernoulli", p=0.3), dict(weight=1.0, delay=0.1))
of_inputs, of_cells = nest.Create("spike_recorder", 2)
nest.Connect(inputs, of_inputs)
nest.Connect(cells, of_cells)
nest.Simulate(2000.0)

print(f"inputs {of_inputs.n_events / 200 / 2:.1f} Hz, cells {of_cells.n_events / 100 / 2:.1f} Hz")
