"""What was learned of handwritten digits: measured, told and drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cnsproject import analysis, plotting
from cnsproject.experiments.base import Cell, Outcome, Table
from cnsproject.experiments.handwritten import CLASSES, F64, SIDE, Ints

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PUBLISHED = (
    "Diehl & Cook 2015 (Front. Comput. Neurosci. 9:99) report 95 % on MNIST, other digits of 28 x 28 pixels, with "
    "6400 neurons that compete in the same way."
)


@dataclass(frozen=True, eq=False)
class Learned:
    """What one seed gave.

    weights     (neurons, 64) mV
    owners      digit of each neuron, -1 for none
    fired       spikes of each neuron at the training set, when it has learned
    digits      of the pictures that were held out
    told        what the neurons said of these, -1 where all were silent
    accuracies  share of these that were right, before the first epoch and after each
    """

    weights: npt.NDArray[np.float32]
    owners: Ints
    fired: Ints
    digits: Ints
    told: Ints
    accuracies: F64

    @property
    def accuracy(self) -> float:
        """Share of the pictures held out that were right in the end."""
        return float(self.accuracies[-1])


@dataclass(frozen=True, eq=False)
class DigitsOutcome(Outcome):
    """What every seed gave."""

    learned: tuple[Learned, ...]

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """By the place of the seed: weights0, owners0, fired0, digits0, told0, accuracies0, weights1, ..."""
        return {f"{name}{k}": array for k, one in enumerate(self.learned) for name, array in vars(one).items()}

    def confusion(self) -> Ints:
        """Pictures held out by their digit (rows) and what was said of them (columns), of all seeds."""
        each = [analysis.confusion(one.digits, one.told, CLASSES) for one in self.learned]
        return np.asarray(np.sum(each, axis=0))

    def figure(self) -> Figure:
        """Learned weights of the first seed by the digit of each neuron, confusions, and accuracies over epochs."""
        first = self.learned[0]
        return plotting.learned_classes(
            first.weights.reshape(-1, SIDE, SIDE)[np.argsort(-first.fired, kind="stable")],
            first.owners[np.argsort(-first.fired, kind="stable")],
            self.confusion(),
            [one.accuracies for one in self.learned],
        )

    def table(self) -> Table:
        """For each seed, and on average: accuracy before and after learning, neurons with a digit."""
        rows = [
            (one.accuracies[0], one.accuracy, float(len(one.told)), float((one.owners >= 0).sum()))
            for one in self.learned
        ]
        named = [(f"seed {k + 1}", *row) for k, row in enumerate(rows)]
        table: list[tuple[Cell, ...]] = [*named, ("mean", *np.mean(rows, axis=0).tolist())]
        return Table(("", "right before learning", "right after", "of pictures", "neurons with a digit"), tuple(table))

    def sentences(self) -> list[str]:
        """The accuracy over the seeds, the commonest mistake, and what others report."""
        each = np.array([one.accuracy for one in self.learned])
        before = np.mean([one.accuracies[0] for one in self.learned])
        spread = f" ± {100 * each.std(ddof=1):.1f} (standard deviation over {len(each)} seeds)" if len(each) > 1 else ""
        right = f"{100 * each.mean():.1f} %{spread} of the digits held out are recognised, {100 * before:.1f} % before"
        wrong = self.confusion()
        np.fill_diagonal(wrong, 0)
        row, column = np.unravel_index(wrong.argmax(), wrong.shape)
        share = 100 * wrong[row, column] / max(1, sum((one.digits == row).sum() for one in self.learned))
        mistake = f"The commonest mistake: {share:.1f} % of the {row}s are taken for {column}s."
        return [f"{right} learning; guessing gives 10 %.", *([mistake] if wrong.any() else []), PUBLISHED]
