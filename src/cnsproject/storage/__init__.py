"""Files: arrays and records in, the same out, safe against a kill."""

from cnsproject.storage.abouts import ABOUT, EXPERIMENT, NETWORK, RECORDING, About, read_about
from cnsproject.storage.files import load_arrays, refuse_existing, save_arrays, save_json, write_whole
from cnsproject.storage.sealed import load_sealed, save_sealed

__all__ = [
    "ABOUT",
    "EXPERIMENT",
    "NETWORK",
    "RECORDING",
    "About",
    "load_arrays",
    "load_sealed",
    "read_about",
    "refuse_existing",
    "save_arrays",
    "save_json",
    "save_sealed",
    "write_whole",
]
