"""What is done with a population or a network: functions that take one, results that can be shown and plotted."""

from __future__ import annotations

from cnsproject.studies.time_step import DtCheck, LayerCheck, check_dt

__all__ = ["DtCheck", "LayerCheck", "check_dt"]
