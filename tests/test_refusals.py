"""What is no panel, path, frame or label is refused in one sentence, not by what happens to break first."""

import re

import numpy as np
import pandas as pd
import pytest

import viewshift as vs

ONE = {"accounts": ["a"], "start": "2024-01-01"}
VIEWERS = vs.simulate.viewers(3, 60, seed=1)
RULE = vs.AlarmRule(vs.detectors.ZScore())


def table(day):
    return pd.DataFrame({"account": ["a", "a"], "day": ["2025-07-30", day], "episodes": [1, 2]})


REFUSED = {
    "no frame": (lambda: vs.Panel.from_frame(3), TypeError, "`frame` must be a table of pandas, polars or Arrow"),
    "no column": (lambda: vs.Panel.from_frame(pd.DataFrame()), ValueError, "a column 'day'; it has none."),
    "no day": (lambda: vs.Panel.from_frame(table("31.7.2025")), ValueError, "such as 2025-07-31, got '31.7.2025'."),
    "time zones": (
        lambda: vs.Panel.from_frame(table("2025-07-31T00:00:00+02:00")), ValueError, "got several time zones."
    ),
    "no measures": (lambda: vs.Panel((), **ONE), TypeError, "`measures` must map names to arrays, got tuple."),
    "ragged": (lambda: vs.Panel({"episodes": [[1, 2], [3]]}, **ONE), ValueError, "(n_accounts, n_days), got ragged"),
    "widening": (lambda: vs.Panel({"episodes": [[1.0]]}, widening="a", **ONE), ValueError, "factors of at least 1"),
    "exposure": (lambda: vs.Panel({"episodes": [[1.0]]}, exposure="a", **ONE), ValueError, "finite factors above 0"),
    "names as text": (
        lambda: vs.Panel({"episodes": [[1.0]]}, accounts="a", start="2024-01-01"), TypeError, "must be a list of names"
    ),
    "one name": (lambda: VIEWERS.select("v0000000"), TypeError, "`accounts` must be a list of names"),
    "row": (lambda: VIEWERS.take([99]), ValueError, "`rows` must be rows of the panel's 3 accounts: index 99"),
    "no path of a rule": (lambda: vs.load_rule(None), TypeError, "`path` must be a path, got None."),
    "no rule there": (lambda: vs.load_rule("nowhere.vs"), FileNotFoundError, "nothing there; check its name"),
    "no monitor there": (lambda: vs.load_monitor("."), FileNotFoundError, "found a folder there; name a file in it."),
    "no path of an export": (lambda: vs.read(None), TypeError, "`path` must be a path, got None."),
    "winsor": (lambda: vs.baselines.UsualLevel(winsor="a").fit(VIEWERS), TypeError, "`winsor` must be a number"),
    "group": (
        lambda: RULE.fit(VIEWERS, groups=["x", None, "y"]), ValueError, "got none for account 'v0000001'."
    ),
    "no audit": (lambda: vs.plots.audit(None), TypeError, "`audit` must come from `AlarmRule.audit`"),
    "account drawn": (lambda: vs.plots.account(VIEWERS, account="zz"), ValueError, "must be one of the panel's 3"),
    "alarms drawn": (
        lambda: vs.plots.account(VIEWERS, account="v0000000", alarms="x"), TypeError, "`alarms` must be a frame from"
    ),
    "no panel drawn": (lambda: vs.plots.account(None), TypeError, "`panel` must be a Panel, got NoneType"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_is_refused_in_one_sentence(case):
    call, kind, sentence = REFUSED[case]
    with pytest.raises(kind, match=re.escape(sentence)) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_a_rule_is_not_saved_over_a_folder(tmp_path):
    with pytest.raises(IsADirectoryError, match="must be the name of a file, found a folder there"):
        vs.default_rule().save(tmp_path)
    assert list(tmp_path.parent.glob(".*partial*")) == []


def test_only_public_names_are_listed():
    assert dir(vs) == sorted(vs.__all__)
    assert np.all([hasattr(vs, name) for name in dir(vs)])
