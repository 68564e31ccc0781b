import torch
from bindsnet.network import Network
from bindsnet.network.monitors import Monitor
from bindsnet.network.nodes import Input, LIFNodes
from bindsnet.network.topology import Connection

same = dict(rest=-65, reset=-65, thresh=-52, refrac=5, tc_decay=100)
network = Network(dt=1.0)
layers = {"drive": Input(4), "exc": LIFNodes(4, **same), "inh": LIFNodes(2, **same)}
for name, layer in layers.items():
    network.add_layer(layer, name)
for pre, post, w in (
    ("drive", "exc", torch.diag(torch.tensor([0.3, 0.4, 0.5, 0.6]))),
    ("exc", "inh", torch.full((4, 2), 6.0)),
    ("inh", "exc", torch.full((2, 4), -2.0)),
):
    network.add_connection(Connection(layers[pre], layers[post], w=w), pre, post)
monitors = {name: Monitor(layers[name], ["s"], time=300) for name in ("exc", "inh")}
for name, monitor in monitors.items():
    network.add_monitor(monitor, name)
network.run({"drive": torch.ones(300, 1, 4)}, time=300)

for name, monitor in monitors.items():
    print(name, "spikes", monitor.get("s").sum((0, 1)).int().tolist())
