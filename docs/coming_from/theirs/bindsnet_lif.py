import torch
from bindsnet.network import Network
from bindsnet.network.monitors import Monitor
from bindsnet.network.nodes import Input, LIFNodes
from bindsnet.network.topology import Connection

# An input of 1 per step, times a weight: the mV that the membrane gets in a step.
network = Network(dt=1.0)
drive, cell = Input(1), LIFNodes(1, rest=-65, reset=-65, thresh=-52, refrac=5, tc_decay=100)
network.add_layer(drive, "drive")
network.add_layer(cell, "cell")
network.add_connection(Connection(drive, cell, w=torch.full((1, 1), 0.3)), "drive", "cell")
monitor = Monitor(cell, ["s"], time=300)
network.add_monitor(monitor, "cell")
on = torch.zeros(300, 1, 1)
on[50:250] = 1
network.run({"drive": on}, time=300)

print("spikes in steps", monitor.get("s").flatten().nonzero().flatten().tolist())
