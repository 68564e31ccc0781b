"""Networks in files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from cnsproject.circumstances import versions
from cnsproject.errors import CheckpointError
from cnsproject.network.checkpoints.kinds import class_named
from cnsproject.network.checkpoints.reading import Reader
from cnsproject.network.checkpoints.writing import Description, Writer
from cnsproject.network.sparse import Connection
from cnsproject.storage import load_sealed, save_sealed

if TYPE_CHECKING:
    from cnsproject.network.network import Network

Loaded = TypeVar("Loaded", bound="Network")
KIND = "cnsproject network"
# Raise it when an attribute of a saved class is added, renamed, removed or means something else, and let `load` bring
# the objects of older files up to it. A test holds the names of the attributes to it.
VERSION = 1


def save(network: Network, path: Path) -> Path:
    """Write a network. Raises CheckpointError, and writes nothing, where a part of it cannot be described."""
    for monitor in network.monitors.values():
        monitor.flush()  # what is in a store is not in the file, and has to stay there
    description = check(network)
    # For readers, and for `cns show`; loading needs the objects only.
    about = {"cnsproject": versions()["cnsproject"], "provenance": network.provenance()}
    record = {**about, "objects": description.objects}
    return save_sealed(path, KIND, VERSION, record, description.arrays)


def check(network: Network) -> Description:
    """The network as plain data. Raises CheckpointError where it cannot be told so."""
    for connection in network.connections.values():
        if isinstance(connection, Connection):
            len(connection)  # what is drawn is drawn now: a file has no rules to go by
    writer = Writer(in_memory=False)
    writer.write(network, "Network")
    return writer.description


def load(path: Path, kind: type[Loaded]) -> Loaded:
    """The network of a file. Raises CheckpointError where there is none, or another than was written."""
    record, arrays = load_sealed(path, KIND, VERSION)
    objects = record.get("objects")
    if not isinstance(objects, list):
        raise _no_network(path, "no objects")
    description = Description(objects, arrays)
    found: list[Any] = Reader(str(path), description, lambda name: class_named(name, str(path)), {}).objects()
    if not found or not isinstance(found[0], kind):
        raise _no_network(path, type(found[0]).__name__ if found else "nothing")
    network: Loaded = found[0]
    try:
        network._tell_monitors()
    except (AttributeError, TypeError, ValueError) as error:
        raise _no_network(path, f"monitors that are none ({error})") from None
    return network


def _no_network(path: Path, got: str) -> CheckpointError:
    return CheckpointError(str(path), got=got, expected="a network", fix="give a file that net.save(path) wrote")
