"""Files: arrays and records in, the same out, safe against a kill."""

from cnsproject.storage.abouts import ABOUT, EXPERIMENT, NETWORK, RECORDING, About, read_about
from cnsproject.storage.files import UNREADABLE, load_arrays, refuse_existing, save_arrays, save_json, write_whole
from cnsproject.storage.sealed import load_sealed, save_sealed, seal
from cnsproject.storage.stream import Labelled, Stream, read_rows, read_whole, record_of, writing

__all__ = [
    "ABOUT",
    "EXPERIMENT",
    "NETWORK",
    "RECORDING",
    "UNREADABLE",
    "About",
    "Labelled",
    "Stream",
    "load_arrays",
    "load_sealed",
    "read_about",
    "read_rows",
    "read_whole",
    "record_of",
    "refuse_existing",
    "save_arrays",
    "save_json",
    "save_sealed",
    "seal",
    "write_whole",
    "writing",
]
