"""Films: frames that come one by one, written to a `.gif` by pillow or to an `.mp4` by ffmpeg, none of them kept."""

from __future__ import annotations

import io
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from cnsproject.checks import extra
from cnsproject.errors import RecordingError
from cnsproject.storage.files import whole

Pixels = npt.NDArray[np.uint8]

ENDINGS = (".gif", ".mp4")


def write_film(path: Path, frames: Iterable[Pixels], table: Pixels, fps: float) -> Path:
    """Frames (height, width), numbers in a table of colours (256, 3), as a film that is there whole or not at all.

    Raises MissingExtraError for an mp4 without ffmpeg, RecordingError where ffmpeg fails.
    """
    with whole(path) as temporary:
        (_write_gif if path.suffix == ".gif" else _write_mp4)(temporary, iter(frames), table, fps)
    return path


def _write_gif(path: Path, frames: Iterator[Pixels], table: Pixels, fps: float) -> None:
    """One table of colours for all frames, so that each is written as it comes."""
    with path.open("xb") as file:
        for k, pixels in enumerate(frames):
            # A GIF counts hundredths of a second; where they do not fit, frames differ by one.
            hundredths = round(100.0 * (k + 1) / fps) - round(100.0 * k / fps)
            head, frame = _as_gif(pixels, table, 10 * hundredths)
            file.write(frame if k else head + frame)
        file.write(b";")


def _as_gif(pixels: Pixels, table: Pixels, duration: int) -> tuple[bytes, bytes]:
    """What a film in GIF begins with, and a frame of it.

    pillow keeps all frames of a film until it is written; so it is asked for films of one frame each.
    """
    from PIL import Image

    image, written = Image.fromarray(pixels, "P"), io.BytesIO()
    image.putpalette(table.tobytes())
    image.save(written, "GIF", duration=duration, loop=0, optimize=False)
    whole_film = written.getvalue()
    table_ends = 13 + 3 * 2 ** ((whole_film[10] & 7) + 1)
    begins = whole_film.index(b"NETSCAPE2.0", table_ends) + 16  # the extension that says that it is repeated
    return whole_film[:begins], whole_film[begins:-1]


def _write_mp4(path: Path, frames: Iterator[Pixels], table: Pixels, fps: float) -> None:
    """H.264 in the colours that every player knows."""
    first = next(frames)
    height, width = first.shape
    command = [
        ffmpeg(), "-y", "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}",
        "-r", f"{fps:g}", "-i", "-", "-an", "-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2:color=white", "-c:v", "libx264",
        "-preset", "veryfast", "-crf", "18", "-pix_fmt", "yuv420p", "-movflags", "+faststart", str(path),
    ]  # fmt: skip
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said)
        try:
            assert process.stdin is not None
            _send(process.stdin, first, frames, table)
        except BrokenPipeError:
            pass  # it has stopped, and says why
        except BaseException:
            process.kill()
            raise
        finally:
            process.wait()
        if process.returncode:
            said.seek(0)
            lines = said.read().decode(errors="replace").strip().splitlines()
            raise RecordingError(
                str(path), got=f"ffmpeg: {lines[-1] if lines else process.returncode}", expected="a film",
                fix="look whether there is room on the disk, and whether this ffmpeg knows libx264; or write a .gif",
            )  # fmt: skip


def _send(pipe: IO[bytes], first: Pixels, frames: Iterator[Pixels], table: Pixels) -> None:
    with pipe:
        pipe.write(table[first].data)
        for pixels in frames:
            pipe.write(table[pixels].data)


def ffmpeg() -> str:
    """The program: that of the system, or of the extra [film]. Raises MissingExtraError without both."""
    found = shutil.which("ffmpeg")
    if found is None:
        package: Any = extra("imageio_ffmpeg", "film")
        found = str(package.get_ffmpeg_exe())
    return found
