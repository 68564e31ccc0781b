"""`cns.open`: recordings that were written to files, as the objects that a monitor is when it is read."""

from __future__ import annotations

from pathlib import Path

from cnsproject.checks import named_arguments
from cnsproject.errors import ArgumentError, RecordingError
from cnsproject.network.monitors.contents import Contents
from cnsproject.network.monitors.files import ENDING, contents_of
from cnsproject.network.monitors.recording import Recording
from cnsproject.storage.stream import ROOT


class StoredRecording(Recording):
    """A recording that lies in a file, read when it is asked for. `cns.open` makes it.

    state_variables  what `get` knows: names, and labels of what was computed
    provenance       where it comes from
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._found = contents_of(path)
        self.state_variables = self._found.names
        self.provenance = self._found.about()

    def _contents(self) -> Contents:
        return self._found

    def __len__(self) -> int:
        """Rows of what `get` gives: of states where there are any, else of the raster of spikes."""
        contents = self._found
        return len(contents.rows) if any(contents.kind(n) == "rows" for n in contents.names) else len(contents.spikes)

    def __repr__(self) -> str:
        return f"Recording({self.label}, {list(self.state_variables)}, {len(self)} rows, {str(self.path)!r})"


@named_arguments
def open(path: str | Path) -> StoredRecording:
    """The recording of a file: `.npz` of `Monitor.save`, or the folder of `Monitor(store=)`; `get`, `spikes`, ... work.

    A folder that is still written to, or whose process was killed, gives what was written up to the last block.
    Raises RecordingError for what is missing, was cut off or altered, or is no recording.
    """
    if not isinstance(path, str | Path):
        raise ArgumentError("cns.open(path)", got=repr(path), expected="a path", fix="write cns.open('run.zarr')")
    place = Path(path)
    if place.is_dir() and not (place / ROOT).exists():
        inside = sorted(part.name for part in place.iterdir() if part.suffix == ENDING or (part / ROOT).exists())
        raise RecordingError(
            str(path), got="a folder that is no recording", expected="one that a monitor with store= wrote",
            fix=f"open one of those in it: {', '.join(inside)}" if inside else "check the path",
        )  # fmt: skip
    return StoredRecording(place)
