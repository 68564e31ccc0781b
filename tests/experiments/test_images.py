"""The experiments on images: what is shown, fired, read and drawn."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from matplotlib import pyplot as plt

from cnsproject.errors import CnsError, ParameterError, ShapeError, TimeGridError, UnknownNameError
from cnsproject.experiments import IMAGES
from cnsproject.experiments.convolving import PHASE9, MapsOutcome
from cnsproject.experiments.encoding import PHASE5, EncodingOutcome
from cnsproject.experiments.filtering import PHASE8, FilterOutcome
from cnsproject.experiments.pictures import PICTURES, picture

SMALL = {"size": "12", "time": "24", "dt": "1"}


@pytest.fixture(scope="module")
def encoded() -> EncodingOutcome:
    return PHASE5.changed(SMALL).run(rng=1)


@pytest.fixture(scope="module")
def filtered() -> FilterOutcome:
    return PHASE8.changed({**SMALL, "size": "20", "kernel": "9"}).run(rng=1)


@pytest.fixture(scope="module")
def convolved() -> MapsOutcome:
    return PHASE9.changed({**SMALL, "size": "20", "kernel": "5", "padding": "1", "stride": "2", "pool": "3"}).run(rng=1)


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("size", [8, 31, 64])
def test_pictures(name: str, size: int) -> None:
    """Grey levels of every size, and about the same mean in all."""
    grey = picture(name, size)
    assert grey.shape == (size, size)
    assert grey.dtype == np.uint8
    assert np.ptp(grey.astype(int)) > 100
    assert grey.mean() == pytest.approx(picture(name, 128).mean(), abs=8)


def test_a_disc_is_round_and_a_grating_runs_upwards_to_the_right() -> None:
    disc, grating = picture("disc", 40), picture("grating", 40).astype(int)
    assert np.array_equal(disc, np.rot90(disc))
    assert disc[20, 20] == 225
    assert disc[0, 0] == 30
    assert (disc > 127).mean() == pytest.approx(np.pi * 0.36 / 4, abs=0.01)
    assert np.array_equal(grating[1:, 1:], grating[:-1, :-1])


@pytest.mark.parametrize("name", IMAGES)
def test_the_same_on_both_executors_and_from_a_seed(name: str) -> None:
    experiment = IMAGES[name].changed(SMALL)
    one, same, other = (experiment.run(rng=seed, executor=e) for seed, e in ((3, "cpu"), (3, "eager"), (4, "cpu")))
    assert one.table() == same.table()
    assert one.table() != other.table()
    for key, value in one.arrays().items():
        assert np.array_equal(value, same.arrays()[key]), key


@pytest.mark.parametrize("name", IMAGES)
def test_progress_counts_every_step(name: str) -> None:
    told: list[int] = []
    experiment = IMAGES[name].changed(SMALL)
    experiment.run(progress=told.append)
    assert sum(told) == experiment.steps == 24


def test_neurons_fire_what_the_encoders_say(encoded: EncodingOutcome) -> None:
    encoders = encoded.experiment.encoders(1)
    for name, image in encoded.images.items():
        for code, encoder in encoders.items():
            spikes = encoded.spikes[name][code]
            assert spikes.equal(encoder(image)), (name, code)
            assert np.array_equal(encoded.decoded[name][code], encoder.decode(spikes).numpy())


def test_what_is_said_of_the_codes(encoded: EncodingOutcome) -> None:
    table = {str(row[0]): row[1:] for row in encoded.table().rows}
    assert len(table) == 15
    for name in encoded.images:
        error = table[f"{name}, phase"][2]
        assert error == pytest.approx(0, abs=1e-9)
        assert table[f"{name}, rank order"][0] == 1
        assert float(table[f"{name}, Poisson"][2] or 0) > 20
        assert float(table[f"{name}, first spike"][2] or 0) < 255 / 23 / 2
    assert [text.split(":")[0] for text in encoded.sentences()] == list(encoded.images)
    assert all("phase is off by 0 grey levels" in text for text in encoded.sentences())
    arrays = encoded.arrays()
    assert arrays["disc_first_spike"].shape == (24, 12, 12)
    assert arrays["portrait_position"].shape == (24, 12, 12, 8)
    assert arrays["grating_rank_order_decoded"].shape == (12, 12)


def test_on_answers_become_spikes(filtered: FilterOutcome) -> None:
    assert list(filtered.kernels) == ["DoG 1, 1.6", "DoG 2, 3.2", "Gabor 0°", "Gabor 45°", "Gabor 90°"]
    for place, (name, (on, off)) in enumerate(filtered.answers.items()):
        assert not (on * off).any()
        spikes = filtered.spikes[name]["first spike"]
        assert np.array_equal(spikes.any(0).numpy(), on > 0)
        top = max(on.max(), off.max())  # which fires in step 0 of 24: round(23*(1 - f)) = 0
        assert np.array_equal(spikes[0].numpy(), on > top * (1 - 0.5 / 23))
        assert np.array_equal(filtered.arrays()[f"on{place}"], on)
        assert not filtered.spikes[name]["Poisson"].any(0).numpy()[on == 0].any()
    rows = {row[0]: row[1:] for row in filtered.table().rows}
    assert rows["Gabor 0°"][0] == pytest.approx(filtered.answers["Gabor 0°"][0].max())


def test_a_gabor_filter_sees_the_grating_that_runs_its_way() -> None:
    """The grating runs at 45 degrees."""
    outcome = PHASE8.changed({**SMALL, "size": "48", "picture": "grating", "wavelength": "8"}).run(rng=1)
    strength = {name: both.sum(0)[12:36, 12:36].mean() for name, both in outcome.answers.items()}
    assert strength["Gabor 45°"] > 5 * max(strength["Gabor 0°"], strength["Gabor 90°"])
    assert any("Gabor 45° answers most to the grating" in text for text in outcome.sentences())


def test_maps_answer_as_conv2d_does_and_are_pooled(convolved: MapsOutcome) -> None:
    arrays = convolved.arrays()
    assert arrays["convolution"].shape == (24, 4, 9, 9)
    assert arrays["pooling"].shape == (24, 4, 3, 3)
    assert arrays["input"].shape == arrays["moved_input"].shape == (24, 20, 20)
    head, rows = convolved.table().head, convolved.table().rows
    assert [row[0] for row in rows] == ["DoG", "Gabor 0°", "Gabor 45°", "Gabor 90°"]
    assert all(len(row) == len(head) for row in rows)
    assert rows[0][1] is not None and float(rows[0][1]) > 0.5
    assert rows[0][2] == arrays["convolution"][:, 0].sum()
    assert "become" in convolved.sentences()[0]
    # Every spike that is heard is one: a window is silent where nobody in it fires, and only there.
    windows = arrays["convolution"].any(0).reshape(4, 3, 3, 3, 3).any((2, 4))
    assert (arrays["pooling"].any(0) <= windows).all()
    assert (arrays["pooling"][:, 0].any(0) == windows[0]).mean() > 0.8


@pytest.mark.parametrize(
    "changes", [{"mode": "average"}, {"mode": "first spike", "code": "first spike"}, {"shift": "0", "picture": "disc"}]
)
def test_other_ways_to_pool(changes: dict[str, str]) -> None:
    outcome = PHASE9.changed({**SMALL, "size": "20", "kernel": "5", **changes}).run(rng=1)
    assert outcome.sentences()
    assert len(outcome.table().rows) == 4


def test_a_picture_without_answers_is_drawn_too() -> None:
    """Kernels wider than the picture's differences leave nothing to normalise by."""
    outcome = PHASE8.changed({**SMALL, "size": "8", "picture": "disc"}).run(rng=1)
    outcome.figure()
    plt.close("all")


@pytest.mark.parametrize("name", IMAGES)
def test_figures_and_settings(
    name: str, encoded: EncodingOutcome, filtered: FilterOutcome, convolved: MapsOutcome
) -> None:
    outcome: Any = {"phase5": encoded, "phase8": filtered, "phase9": convolved}[name]
    figure = outcome.figure()
    figure.canvas.draw()
    assert len(figure.axes) == {"phase5": 36, "phase8": 30, "phase9": 22}[name]
    plt.close(figure)
    settings = json.loads(json.dumps(outcome.experiment.settings()))
    assert settings["time"] == 24
    assert "question" not in settings


@pytest.mark.parametrize("name", IMAGES)
def test_an_outcome_says_how_to_get_it_again(name: str) -> None:
    outcome = IMAGES[name].changed(SMALL).run()
    told = json.loads(json.dumps(outcome.provenance))
    assert (told["experiment"], told["executor"], told["dt"]) == (name, "cpu", 1.0)
    again = IMAGES[name].restored(told["parameters"]).run(rng=told["seed"])
    assert again.arrays().keys() == outcome.arrays().keys()
    for key, value in again.arrays().items():
        assert np.array_equal(value, outcome.arrays()[key]), key
    for wrong in ({}, {**told["parameters"], "more": 1}, {**told["parameters"], "size": "large"}, [1]):
        with pytest.raises(ParameterError, match=f"experiment {name}"):
            IMAGES[name].restored(wrong)


MISTAKES: list[tuple[str, dict[str, str], type[CnsError], str]] = [
    ("phase5", {"siz": "3"}, UnknownNameError, "did you mean 'size'"),
    ("phase5", {"law": "quadratic"}, ParameterError, "linear or exponential"),
    ("phase5", {"name": "x"}, UnknownNameError, "name"),
    ("phase5", {"size": "7"}, ParameterError, "size"),
    ("phase5", {"size": "257"}, ParameterError, "at most 256"),
    ("phase5", {"time": "99"}, ParameterError, "whole number of cycles"),
    ("phase5", {"dt": "0.3"}, TimeGridError, "time"),
    ("phase5", {"rate": "3000"}, ParameterError, "rate"),
    ("phase8", {"picture": "moon"}, UnknownNameError, "disc, grating, portrait"),
    ("phase8", {"kernel": "4"}, ParameterError, "odd"),
    ("phase8", {"ratio": "1"}, ParameterError, "sigma1 < sigma2"),
    ("phase9", {"mode": "mean"}, ParameterError, "first spike or rate or average"),
    ("phase9", {"kernel": "31", "size": "20"}, ShapeError, "at most 20"),
    ("phase9", {"stride": "0"}, ParameterError, "stride"),
]


@pytest.mark.parametrize(("name", "settings", "error", "says"), MISTAKES)
def test_mistakes(name: str, settings: dict[str, str], error: type[CnsError], says: str) -> None:
    with pytest.raises(error, match=says):
        IMAGES[name].changed(settings).run(rng=1)
