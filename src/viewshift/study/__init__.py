"""Studies: detectors x scenarios x seeds, compared at equal alarm rates."""

from viewshift.study.power import power_curves
from viewshift.study.report import report
from viewshift.study.run import run
from viewshift.study.write import default_detectors, write

__all__ = ["default_detectors", "power_curves", "report", "run", "write"]
