"""Films: as many frames as there should be, and in them what was recorded."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image

import cnsproject as cns
from cnsproject.errors import (
    ArgumentError,
    CnsError,
    MissingExtraError,
    ParameterError,
    RecordingError,
    UnknownNameError,
)
from cnsproject.plotting import color_table
from cnsproject.storage import films

BLUE = (0x00, 0x72, 0xB2)


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> cns.Network:
    """An image of spikes and what a few neurons make of it, recorded in memory and in a store."""
    net = cns.Network(dt=1.0, seed=1)
    retina = net.add_layer(cns.PoissonPopulation((6, 8), rate=np.linspace(0, 100, 48).reshape(6, 8)), "retina")
    cells = net.add_layer(cns.LIFPopulation(4), "cells")
    net.add_connection(cns.Connection(retina, cells, connectivity=cns.AllToAll(), weight=2.0))
    net.add_monitor(cns.Monitor(retina, ["s"]), "retina")
    net.add_monitor(cns.Monitor(cells, ["s", "u"], store=tmp_path_factory.mktemp("film") / "run.zarr"), "cells")
    net.add_monitor(cns.Monitor(cells, [cns.PopulationRate(10.0), cns.Mean("u")]), "counted")
    net.run(300.0, executor="eager")
    return net


def frames_of(path: Path) -> tuple[list[Image.Image], list[int]]:
    """The frames of a gif, and for how long each is seen (ms)."""
    frames, durations = [], []
    with Image.open(path) as film:
        assert film.info["loop"] == 0
        for k in range(film.n_frames):
            film.seek(k)
            frames.append(film.convert("RGB"))
            durations.append(film.info["duration"])
    return frames, durations


def test_a_gif_has_its_frames(net: cns.Network, tmp_path: Path) -> None:
    path = cns.animate(net, tmp_path / "film.gif", fps=30, speed=300, window=100, maps=True)
    frames, durations = frames_of(path)
    assert len(frames) == 30 and sum(durations) == 1000 and set(durations) == {30, 40}
    times = net.monitors["retina"].spikes()[0].numpy()
    # The raster of the retina begins below 30 pixels, 84 from the left; its last column is the last millisecond.
    last = (np.asarray(frames[-1])[30:170, 84:] == BLUE).all(axis=2)
    columns = np.flatnonzero(last.any(axis=0))
    expected = np.unique((times[times >= 200.0] - 200.0) / 100.0 * 700).astype(int)
    assert 0.9 < len(columns) / len(expected) <= 1.0 and set(columns) <= set(expected)


def test_an_mp4_can_be_decoded(net: cns.Network, tmp_path: Path) -> None:
    path = cns.animate(net, str(tmp_path / "film.mp4"), speed=300, size=(501, 403), start=50, stop=290)
    program = imageio_ffmpeg.get_ffmpeg_exe()
    done = subprocess.run(
        [program, "-i", path, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"], capture_output=True, check=True
    )
    about = done.stderr.decode()
    assert "h264" in about and "502x404" in about and "25 fps" in about
    frames = np.frombuffer(done.stdout, np.uint8).reshape(-1, 404, 502, 3)
    assert len(frames) == 20  # 240 ms, 12 ms a frame
    gif, _ = frames_of(cns.animate(net, tmp_path / "same.gif", speed=300, size=(501, 403), start=50, stop=290))
    for k in (0, 10, 19):
        there, drawn = frames[k][:403, :501].astype(int), np.asarray(gif[k]).astype(int)
        assert np.abs(there.sum(axis=2) - drawn.sum(axis=2)).mean() < 30  # of 765; colours are stored more coarsely


def test_a_file_gives_the_film_of_the_monitor(net: cns.Network, tmp_path: Path) -> None:
    monitor = net.monitors["cells"]
    stored = cns.open(monitor._store.path)
    saved = cns.open(monitor.save(tmp_path / "cells.npz"))
    films = [
        cns.animate(one, tmp_path / f"{k}.gif", speed=1000, states=["v"]).read_bytes()
        for k, one in enumerate((monitor, stored, saved))
    ]
    assert films[0] == films[1] == films[2]


def test_rates_that_were_counted(net: cns.Network, tmp_path: Path) -> None:
    frames, _ = frames_of(cns.animate(net.monitors["counted"], tmp_path / "rate.gif", speed=1000))
    assert (np.asarray(frames[-1]) == BLUE).all(axis=2).sum() > 300


def test_memory_does_not_grow_with_the_film(tmp_path: Path) -> None:
    def peak(count: int) -> int:
        frames = (generator.integers(0, 256, (200, 300), np.uint8) for _ in range(count))
        tracemalloc.start()
        try:
            films.write_film(tmp_path / "film.gif", frames, color_table(), 25.0)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    generator = np.random.default_rng(1)
    peak(2)
    assert peak(40) < peak(5) + 2 * 60_000


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"path": "film.avi"}, ArgumentError, "ends in .gif or .mp4"),
        ({"start": 200.0, "stop": 100.0}, ParameterError, "200 to 100 ms"),
        ({"speed": 0}, ParameterError, "speed"),
        ({"states": ["w"]}, UnknownNameError, "'w'"),
        ({"states": "u"}, ArgumentError, "a list"),
        ({"neurons": 5}, ParameterError, "0 to 3"),
        ({"recorded": 3}, ArgumentError, "a Monitor, a recording or a Network"),
        ({"length": 3}, ArgumentError, "unknown argument"),
    ],
)
def test_mistakes(
    net: cns.Network, tmp_path: Path, options: dict[str, object], error: type[CnsError], message: str
) -> None:
    given = {"recorded": net, "path": tmp_path / "film.gif", **options}
    with pytest.raises(error, match=message):
        cns.animate(**given)  # type: ignore[arg-type]
    assert not (tmp_path / "film.gif").exists()


def test_nothing_recorded(tmp_path: Path) -> None:
    cells = cns.LIFPopulation(2, dt=1.0)
    with pytest.raises(ArgumentError, match="record them in a run"):
        cns.animate(cns.Monitor(cells, ["s"]), tmp_path / "film.gif")


def test_without_ffmpeg(net: cns.Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(films.shutil, "which", lambda name: None)
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'cnsproject\[film\]'"):
        cns.animate(net, tmp_path / "film.mp4")
    assert list(tmp_path.iterdir()) == []


def test_a_film_is_there_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> object:
        yield np.zeros((20, 30), np.uint8)
        raise ValueError("no more")

    for ending in films.ENDINGS:
        path = tmp_path / f"film{ending}"
        path.write_bytes(b"before")
        with pytest.raises(ValueError, match="no more"):
            films.write_film(path, broken(), color_table(), 25.0)
        assert path.read_bytes() == b"before"
    monkeypatch.setattr(films, "ffmpeg", lambda: "false")
    with pytest.raises(RecordingError, match="ffmpeg"):
        films.write_film(tmp_path / "film.mp4", iter([np.zeros((2000, 3000), np.uint8)] * 2), color_table(), 25.0)
    assert len(list(tmp_path.iterdir())) == 2
