"""Detectors: each scores account-days against the account's own past."""

from viewshift.detectors._base import Claims, Detector, StreamingDetector
from viewshift.detectors.z_score import ZScore

__all__ = ["Claims", "Detector", "StreamingDetector", "ZScore"]
