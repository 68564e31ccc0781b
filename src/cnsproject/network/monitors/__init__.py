"""What is recorded of a network: every step or some, whole or reduced; and what can be made of it afterwards."""

from cnsproject.network.monitors.monitor import Monitor

__all__ = ["Monitor"]
