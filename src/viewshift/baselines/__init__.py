"""Baselines: each predicts an account-day from the account's earlier days and what accounts share."""

from viewshift.baselines._base import Baseline
from viewshift.baselines.day_factor import DayFactor
from viewshift.baselines.factors import DayFactors
from viewshift.baselines.gamma_poisson import GammaPoisson
from viewshift.baselines.hurdle import Hurdle
from viewshift.baselines.predictive import Predictive
from viewshift.baselines.usual_level import UsualLevel

__all__ = ["Baseline", "DayFactor", "DayFactors", "GammaPoisson", "Hurdle", "Predictive", "UsualLevel"]
