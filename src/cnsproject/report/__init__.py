"""The HTML report: experiments in, one file that opens offline."""

from cnsproject.report.measures import Measures, measure
from cnsproject.report.sentences import effects
from cnsproject.report.write import Section, figure_of, simulate, write_report

__all__ = ["Measures", "Section", "effects", "figure_of", "measure", "simulate", "write_report"]
