"""Peers: the methods of other libraries as detectors, so that a study can set them beside viewshift's own.

They need the packages of ``pip install 'viewshift[peers]'``, each its own only, when it is fitted.
"""

from viewshift.study.peers._base import Peer
from viewshift.study.peers._pandas import PandasRollingZ
from viewshift.study.peers._pyod import PyodEcod, PyodIForest, PyodMad
from viewshift.study.peers._river import RiverGaussianScorer, RiverPageHinkley
from viewshift.study.peers._ruptures import RupturesKernelCpd
from viewshift.study.peers._skchange import SkchangeCapa, SkchangeMovingWindow, SkchangePelt
from viewshift.study.peers._statsmodels import StatsmodelsStl
from viewshift.study.peers._stumpy import StumpyDiscords
from viewshift.study.peers.defaults import at_defaults
from viewshift.study.peers.probes import probe

__all__ = [
    "PandasRollingZ",
    "Peer",
    "PyodEcod",
    "PyodIForest",
    "PyodMad",
    "RiverGaussianScorer",
    "RiverPageHinkley",
    "RupturesKernelCpd",
    "SkchangeCapa",
    "SkchangeMovingWindow",
    "SkchangePelt",
    "StatsmodelsStl",
    "StumpyDiscords",
    "all_peers",
    "at_defaults",
    "probe",
]


def all_peers() -> dict[str, Peer]:
    """Return every peer at the setting it does best with, by the name of its row."""
    return {
        "pandas rolling z": PandasRollingZ(),
        "PyOD IForest": PyodIForest(),
        "PyOD ECOD": PyodEcod(),
        "PyOD MAD": PyodMad(),
        "river GaussianScorer": RiverGaussianScorer(),
        "river PageHinkley": RiverPageHinkley(),
        "ruptures KernelCPD": RupturesKernelCpd(),
        "skchange PELT": SkchangePelt(),
        "skchange CAPA": SkchangeCapa(),
        "skchange MovingWindow": SkchangeMovingWindow(),
        "statsmodels STL": StatsmodelsStl(),
        "STUMPY discords": StumpyDiscords(),
    }
