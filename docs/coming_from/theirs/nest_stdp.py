import nest

nest.verbosity = nest.VerbosityLevel.ERROR
nest.resolution = 0.1

# A generator's spikes reach its parrot after a delay of 1 ms; the last ones only have the weights computed.
train = dict(a=[9.0, 59.0, 199.0], b=[9.0, 199.0], c=[29.0, 199.0])
pre = nest.Create("parrot_neuron", 3)
for parrot, times in zip(pre, train.values(), strict=True):
    nest.Connect(nest.Create("spike_generator", params=dict(spike_times=times)), parrot)
post = nest.Create("parrot_neuron", params=dict(tau_minus=20.0))
nest.Connect(nest.Create("spike_generator", params=dict(spike_times=[14.0, 39.0])), post)
rule = {"synapse_model": "stdp_synapse", "tau_plus": 20.0, "mu_plus": 0.0, "mu_minus": 0.0, "Wmax": 1.0}
rule |= {"lambda": 0.01, "alpha": 1.2, "weight": 0.5, "delay": 1.0, "receptor_type": 1}
nest.Connect(pre, post, "all_to_all", rule)
learns = nest.GetConnections(pre, post)
nest.Simulate(300.0)

print([round(w, 4) for w in learns.weight])
