import torch
from bindsnet.learning import PostPre
from bindsnet.network import Network
from bindsnet.network.nodes import Input, LIFNodes
from bindsnet.network.topology import Connection

network = Network(dt=1.0)
pre, post = Input(3, traces=True, tc_trace=20.0), LIFNodes(1, traces=True, tc_trace=20.0, refrac=0)
teacher = Input(1)  # its spikes make post fire a step later
for name, layer in (("pre", pre), ("teacher", teacher), ("post", post)):
    network.add_layer(layer, name)
learns = Connection(pre, post, w=torch.full((3, 1), 0.5), update_rule=PostPre, nu=(0.012, 0.01), wmin=0.0, wmax=1.0)
network.add_connection(learns, "pre", "post")
network.add_connection(Connection(teacher, post, w=torch.full((1, 1), 100.0)), "teacher", "post")
of_pre, of_teacher = torch.zeros(100, 1, 3), torch.zeros(100, 1, 1)
of_pre[[10, 10, 30, 60], 0, [0, 1, 2, 0]] = 1
of_teacher[[14, 39], 0, 0] = 1
network.run({"pre": of_pre, "teacher": of_teacher}, time=100)

print([round(float(w), 4) for w in learns.w.flatten()])
