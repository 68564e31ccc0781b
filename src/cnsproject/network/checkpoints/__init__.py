"""Networks as plain data: in memory, to go back to, and in files, to go on from."""

from cnsproject.network.checkpoints.files import check, load, save
from cnsproject.network.checkpoints.state import State, restore, take

__all__ = ["State", "check", "load", "restore", "save", "take"]
