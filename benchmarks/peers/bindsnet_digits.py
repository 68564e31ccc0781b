"""Training with digits in BindsNET: its `DiehlAndCook2015v2`, one picture after the other as in its examples."""

import sys
import time
import warnings
from importlib.metadata import version

# Its torchvision is older than torch, and says that it cannot read image files; nothing of it is used here.
warnings.filterwarnings("ignore")

import torch  # noqa: E402
from bindsnet.models import DiehlAndCook2015v2  # noqa: E402
from digit_spikes import INHIBITION, NORM, STEPS, samples, spikes  # noqa: E402
from protocol import answer, arguments  # noqa: E402

neurons = int(sys.argv.pop(1))
options = arguments()
torch.set_num_threads(options.threads)
torch.manual_seed(options.seed)
count = samples(options.time)
shown = torch.from_numpy(spikes(count, options.seed)).float().reshape(count, STEPS, 1, 1, 8, 8)
network = DiehlAndCook2015v2(n_inpt=64, n_neurons=neurons, inpt_shape=(1, 8, 8), inh=INHIBITION, norm=NORM)
fired = 0
seconds = 0.0
for picture in shown:
    theta = network.layers["Y"].theta.sum().item()
    start = time.perf_counter()
    network.run({"X": picture}, time=STEPS)
    network.reset_state_variables()
    seconds += time.perf_counter() - start
    fired += network.layers["Y"].theta.sum().item() - theta
answer(
    seconds=seconds / count,
    rate=fired / network.layers["Y"].theta_plus.item() / neurons / (count * STEPS / 1000),
    precision="float32",
    versions={"bindsnet": version("bindsnet"), "torch": torch.__version__},
)
