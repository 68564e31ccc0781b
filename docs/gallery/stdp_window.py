"""
STDP window
===========

What a pair of spikes does to a weight, over the time between them, measured on the way that spikes take in any
network.
"""

import cnsproject as cns

ax = cns.stdp_window(cns.STDP(A_plus=0.01, A_minus=0.012)).plot()
cns.stdp_window(cns.FlatSTDP(A_plus=0.005, A_minus=0.005)).plot(ax)
cns.plotting.legend(ax)

# %%
# A rule of your own is text, and measured alike.

own = cns.Rule(
    pre="dx/dt = -x/tau : 1",
    on_pre="x = 1",
    on_post="w = clip(w + where(x > 0.3, A, -A)*w*(1 - w), 0, 1)",
    parameters={"tau": "10 ms", "A": 0.1},
)
print(cns.stdp_window(own, [-5.0, 5.0, 20.0], dt=1.0).changes.round(3).tolist())
