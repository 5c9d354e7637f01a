"""Out-of-fold scores: every account scored by a detector that was fitted on others."""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone

from viewshift._typing import Floats
from viewshift.detectors import Detector
from viewshift.panel import Panel


def group_labels(panel: Panel, groups: Any) -> Any:
    """Return one label per account, shape ``(n_accounts,)``: each its own where `groups` is None.

    Parameters
    ----------
    panel
        The accounts.
    groups
        One label per account, or None.

    Raises
    ------
    ValueError
        If there is not one label per account.
    """
    labels = np.arange(panel.n_accounts) if groups is None else np.asarray(groups)
    if labels.shape != (panel.n_accounts,):
        raise ValueError(f"`groups` must label each of the {panel.n_accounts} accounts, got shape {labels.shape}.")
    missing = pd.isna(labels)
    if missing.any():
        raise ValueError(
            f"`groups` must label every account, got none for account {str(panel.accounts[missing][0])!r}."
        )
    return labels


def out_of_fold_scores(detector: Detector, panel: Panel, labels: Any, n_folds: int, seed: int) -> Floats:
    """Score each account by a clone of the detector fitted on the other folds, shape ``(n_accounts, n_days)``.

    Parameters
    ----------
    detector
        Cloned for each fold, never changed.
    panel
        Ordinary histories.
    labels
        One label per account; accounts of one label share a fold.
    n_folds
        Number of folds.
    seed
        Seed of the folds.

    Raises
    ------
    ValueError
        If there are fewer labels than folds.
    """
    from sklearn.model_selection import GroupKFold  # noqa: PLC0415 - slow to import, and only fits need it

    n_groups = len(np.unique(labels))
    if n_groups < n_folds:
        raise ValueError(f"`fit` needs at least {n_folds} groups of accounts (`n_folds`), got {n_groups}.")
    scores = np.full((panel.n_accounts, panel.n_days), np.nan)
    folds = GroupKFold(n_folds, shuffle=True, random_state=seed)
    for inside, outside in folds.split(labels, groups=labels):
        scores[outside] = clone(detector).fit(panel.take(inside)).score(panel.take(outside))
    return scores
