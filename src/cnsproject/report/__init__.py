"""The HTML report and the page of the course: experiments in, one file that opens offline."""

from cnsproject.experiments.measures import Measures, measure
from cnsproject.report.course import Phase, phase_named, simulate_course, write_course
from cnsproject.report.sentences import effects
from cnsproject.report.write import Section, section_named, simulate, write_report

__all__ = [
    "Measures",
    "Phase",
    "Section",
    "effects",
    "measure",
    "phase_named",
    "section_named",
    "simulate",
    "simulate_course",
    "write_course",
    "write_report",
]
