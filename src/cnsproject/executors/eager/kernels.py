"""The hand-written part of the torch executor: the surrogate gradient, the finiteness check, the sum over spikes."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from cnsproject.dynamics.step import FADED
from cnsproject.plan import Competition


class _FastSigmoid(torch.autograd.Function):
    """Forward: the spikes as numbers. Backward: 1 / (1 + |margin|/width)^2 / width, with respect to the margin."""

    @staticmethod
    def forward(ctx: Any, margin: Tensor, spikes: Tensor, width: float) -> Tensor:
        ctx.save_for_backward(margin)
        ctx.width = width
        return spikes.to(margin.dtype)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        (margin,) = ctx.saved_tensors
        return gradients[0] / (1 + margin.abs() / ctx.width) ** 2 / ctx.width, None, None


def fast_sigmoid(margin: Tensor, spikes: Tensor, width: float = 1.0) -> Tensor:
    """The spikes as 0 or 1 whose gradient is that of a fast sigmoid of `width` (in the unit of the threshold).

    Zenke & Ganguli 2018, SuperSpike, Neural Computation 30, eq. 3.3.
    """
    result: Tensor = _FastSigmoid.apply(margin, spikes, width)  # type: ignore[no-untyped-call]
    return result


def exprel(x: Tensor) -> Tensor:
    """(exp(x) - 1)/x, which is 1 at 0."""
    at_zero = x == 0
    # Not x itself under the line: where its gradient is asked for, what is not taken must be finite too.
    return torch.where(at_zero, 1.0 + 0.5 * x, torch.expm1(x) / torch.where(at_zero, 1.0, x))


def fade(x: Tensor) -> Tensor:
    """Numbers of a size up to FADED become 0."""
    return torch.nn.functional.hardshrink(x, FADED[str(x.dtype).removeprefix("torch.")])


def norm_of_vector(x: Tensor) -> Tensor:
    """NaN or infinite exactly when a finite-looking sum of squares is impossible; the cheapest such test in torch."""
    return torch.dot(x, x)


def norm(x: Tensor) -> Tensor:
    """The same for any shape."""
    result: Tensor = torch.linalg.vector_norm(x)
    return result


def first_not_finite(x: Tensor) -> tuple[int, ...] | None:
    """Index of the first NaN or infinite element; None when all are finite (a square may overflow, x may not)."""
    bad = (~torch.isfinite(x)).nonzero()
    return tuple(int(i) for i in bad[0]) if len(bad) else None


def count_spikes(spikes: Tensor, sign: Tensor | None, dims: int, dtype: torch.dtype) -> Tensor:
    """Spikes over the last `dims` dimensions, negative sources counted negative: exact in any order of summation."""
    over = tuple(range(-dims, 0))
    counted = spikes.to(dtype) if sign is None else spikes * sign
    return counted.sum(dim=over)


def add_rows(spikes: Tensor, weight: Tensor, sign: Tensor | None) -> Tensor:
    """Sum of the rows of `weight` (sources, targets) whose source spiked, in ascending order of the source.

    spikes (batch, sources) -> (batch, targets). index_add_ adds one row after the other, so the sum rounds like a
    loop over the spikes; a matrix product would not.
    """
    batch, source = spikes.nonzero(as_tuple=True)
    rows = weight[source] if sign is None else weight[source] * sign[source, None]
    total = weight.new_zeros(len(spikes), weight.shape[1])
    return total.index_add_(0, batch, rows)


def ranges(firsts: Tensor, counts: Tensor) -> Tensor:
    """first, first + 1, ... as many as its count, one range after the other."""
    start = torch.repeat_interleave(firsts - torch.cumsum(counts, 0) + counts, counts)
    return start + torch.arange(len(start), device=start.device)


def choose(
    chosen: Tensor, counts: Tensor | None, fired: Tensor, segments: tuple[Tensor, Tensor], targets: Tensor
) -> tuple[Tensor, Tensor | None]:
    """Which source every target hears after the spikes `fired` of one step (sources,); and `counts` with these.

    chosen  the source so far, -1 for none: with counts the one with the most spikes, else the first that fired; the
            lowest of several
    """
    sources, n = fired.nonzero().reshape(-1), len(fired)
    first, last = (part[sources] for part in segments)
    at = targets[ranges(first, last - first)].long()
    who = torch.repeat_interleave(sources, last - first)
    if counts is None:
        earliest = torch.full_like(chosen, n).scatter_reduce_(0, at, who, "amin")
        return torch.where((chosen < 0) & (earliest < n), earliest, chosen), None
    counts = counts + fired
    rank = counts * n + torch.arange(n - 1, -1, -1, device=fired.device)
    lead = torch.where(chosen < 0, -1, rank[chosen]).scatter_reduce_(0, at, rank[who], "amax")
    return torch.where(lead < 0, -1, n - 1 - lead % n), counts


def add_synapses(
    total: Tensor,
    spikes: Tensor,
    segments: tuple[Tensor, Tensor],
    targets: Tensor,
    weight: Tensor,
    sign: Tensor | None,
    numbers: Tensor | None = None,
) -> None:
    """Add the synapses of the sources that spiked to `total`, in ascending order of the source, one after the other.

    total (batch, targets) is changed; spikes (batch, sources), or numbers that the weights are multiplied with;
    segments: first and last synapse of every source; weight is one number or one per synapse, or with `numbers`
    those that the synapses share, and which of them each has.
    """
    firsts, lasts = segments
    for row, fired in zip(total, spikes, strict=True):
        sources = fired.nonzero().reshape(-1)
        first, count = firsts[sources], lasts[sources] - firsts[sources]
        synapse = ranges(first, count)
        if numbers is not None:
            values = weight.reshape(-1)[numbers[synapse]]
        else:
            values = weight.expand(len(synapse)) if weight.ndim == 0 else weight[synapse]
        factor = fired[sources].to(weight.dtype) if fired.is_floating_point() else None
        if sign is not None:
            factor = sign[sources] if factor is None else factor * sign[sources]
        values = values.to(row.dtype)
        if factor is not None:
            values = values * torch.repeat_interleave(factor.to(row.dtype), count)
        row.index_add_(0, targets[synapse].long(), values.contiguous())


def winners(competition: Competition, reached: Tensor, membrane: Tensor, hold_left: Tensor | None) -> Tensor:
    """Those that spike, of the neurons that `reached` their threshold: bool, of the shape of the population or batch.

    hold_left  steps for which a neuron stays a winner; None where there is no hold
    """

    def by_group(x: Tensor) -> Tensor:
        rows = x.reshape(-1, competition.maps, competition.places)
        return rows.transpose(1, 2) if competition.across else rows

    new = by_group(reached)
    room: int | Tensor = competition.most
    if hold_left is not None:
        held = by_group(hold_left) > 0
        room, new = (competition.most - held.sum(-1, keepdim=True)).clamp(min=0), new & ~held
    # The highest first, and of equal ones the one with the lowest index.
    order = torch.where(new, by_group(membrane), -torch.inf).sort(dim=-1, descending=True, stable=True).indices
    place = torch.empty_like(order).scatter_(
        -1, order, torch.arange(order.shape[-1], device=order.device).expand_as(order)
    )
    beaten = new & (place >= room)
    beaten = (beaten.transpose(1, 2) if competition.across else beaten).reshape(reached.shape)
    return reached & ~beaten
