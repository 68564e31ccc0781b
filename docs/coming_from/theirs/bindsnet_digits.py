import torch
from bindsnet.learning import PostPre
from bindsnet.network import Network
from bindsnet.network.monitors import Monitor
from bindsnet.network.nodes import Input, LIFNodes
from bindsnet.network.topology import Connection

ONE, SEVEN = torch.zeros(8, 8), torch.zeros(8, 8)
ONE[1:7, 4] = 1
SEVEN[1, 1:7] = 1
SEVEN[range(2, 7), range(6, 1, -1)] = 1
start = 0.2 + 0.15 * (1.1 * torch.arange(64 * 4)).sin().reshape(64, 4)

network = Network(dt=1.0)
pixels = Input(64, traces=True, tc_trace=20.0)
cells = LIFNodes(4, rest=-65, reset=-65, thresh=-60, refrac=5, tc_decay=20, traces=True, tc_trace=20.0)
network.add_layer(pixels, "pixels")
network.add_layer(cells, "cells")
learns = Connection(pixels, cells, w=start, update_rule=PostPre, nu=(0.002, 0.01), wmin=0.0, wmax=0.6)
network.add_connection(learns, "pixels", "cells")
network.add_connection(Connection(cells, cells, w=-12.0 * (1 - torch.eye(4))), "cells", "cells")
monitor = Monitor(cells, ["s"], time=100)
network.add_monitor(monitor, "cells")

every_third = (torch.arange(100) % 3 == 0).float()  # each pixel of the digit spikes in every third step
every_third[99] = 0  # a spike of the last step would never be felt
for shown in range(4):
    for name, digit in (("one", ONE), ("seven", SEVEN)):
        network.run({"pixels": every_third.view(100, 1, 1) * digit.flatten()}, time=100)
        if shown in (0, 3):
            print(f"{name:5s} shown {shown + 1} times: spikes {monitor.get('s').sum((0, 1)).int().tolist()}")
        network.reset_state_variables()
print("weights of the pixels that both share:", [round(float(w), 3) for w in learns.w[12]])
