import torch
from bindsnet.encoding import poisson
from bindsnet.network import Network
from bindsnet.network.monitors import Monitor
from bindsnet.network.nodes import Input, LIFNodes
from bindsnet.network.topology import Connection

torch.manual_seed(1)
network = Network(dt=1.0)
inputs, cells = Input(100), LIFNodes(50, rest=-65, reset=-65, thresh=-52, refrac=5, tc_decay=100)
network.add_layer(inputs, "inputs")
network.add_layer(cells, "cells")
network.add_connection(Connection(inputs, cells, w=torch.full((100, 50), 0.2)), "inputs", "cells")
of_inputs, of_cells = Monitor(inputs, ["s"], time=4000), Monitor(cells, ["s"], time=4000)
network.add_monitor(of_inputs, "inputs")
network.add_monitor(of_cells, "cells")
network.run({"inputs": poisson(torch.full((1, 100), 20.0), time=4000).view(4000, 1, 100)}, time=4000)

print(f"inputs {of_inputs.get('s').sum() / 100 / 4:.1f} Hz, cells {of_cells.get('s').sum() / 50 / 4:.1f} Hz")
