"""The HTML report: experiments in, one file that opens offline."""

from cnsproject.experiments.measures import Measures, measure
from cnsproject.report.sentences import effects
from cnsproject.report.write import Section, section_named, simulate, write_report

__all__ = ["Measures", "Section", "effects", "measure", "section_named", "simulate", "write_report"]
