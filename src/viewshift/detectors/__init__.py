"""Detectors: each scores account-days against the account's own past."""

from viewshift.detectors._base import Claims, Detector, StreamingDetector
from viewshift.detectors.bank import Bank
from viewshift.detectors.bocpd import Bocpd
from viewshift.detectors.capa import Capa
from viewshift.detectors.constant import Constant
from viewshift.detectors.cusum import Cusum
from viewshift.detectors.ears import Ears
from viewshift.detectors.ewma import Ewma
from viewshift.detectors.farrington import Farrington
from viewshift.detectors.focus import Focus
from viewshift.detectors.generalized_esd import GeneralizedEsd
from viewshift.detectors.glr import Glr
from viewshift.detectors.isolation_forest import IsolationForest
from viewshift.detectors.pelt import Pelt
from viewshift.detectors.predictive_tail import PredictiveTail
from viewshift.detectors.quiet_scan import QuietScan
from viewshift.detectors.random import Random
from viewshift.detectors.robust_z import RobustZ
from viewshift.detectors.seasonal_hybrid_esd import SeasonalHybridEsd
from viewshift.detectors.shiryaev_roberts import ShiryaevRoberts
from viewshift.detectors.surge_scan import SurgeScan
from viewshift.detectors.window_sums import WindowSums
from viewshift.detectors.z_score import ZScore

__all__ = [
    "Bank",
    "Bocpd",
    "Capa",
    "Claims",
    "Constant",
    "Cusum",
    "Detector",
    "Ears",
    "Ewma",
    "Farrington",
    "Focus",
    "GeneralizedEsd",
    "Glr",
    "IsolationForest",
    "Pelt",
    "PredictiveTail",
    "QuietScan",
    "Random",
    "RobustZ",
    "SeasonalHybridEsd",
    "ShiryaevRoberts",
    "StreamingDetector",
    "SurgeScan",
    "WindowSums",
    "ZScore",
]
