"""What the dial promises, at full size: 5,000 viewers to fit on, 5,000 others to be judged, two years each.

Error rate: each interval is a 95 % bootstrap over accounts. A rule whose true rate is the dial fails only if its
interval misses the dial *and* leaves the band of 15 % around it; with about 10,000 account-years an interval at 0.25
is some 4 % wide to either side, so a false failure needs an estimate off by over five standard errors (1 in 10^6).
"""

import pytest

import viewshift as vs
from viewshift.budget import observed_rate

D = vs.detectors
ACCOUNTS, DAYS = 5_000, 730
DETECTORS = {
    "Random": D.Random(seed=7),
    "ZScore": D.ZScore(),
    "RobustZ": D.RobustZ(),
    "Cusum": D.Cusum(),
    "Cusum-nb": D.Cusum(increments="nb"),
    "IsolationForest": D.IsolationForest(),
    "Cusum-one-show": D.Cusum(measure="top_show_episodes", shift=5.0, cap=8.0, window=180, guard=14),
    "Cusum-nb-down": D.Cusum(increments="nb", direction="down"),
    "Pelt": D.Pelt(cost="nb", penalty=1.0),
}
PANELS = {}


def panel(population, seed):
    """Simulate once; accounts are renamed by seed, since `Random` draws its scores by name."""
    if (population, seed) not in PANELS:
        viewers = vs.simulate.viewers(ACCOUNTS, DAYS, seed=seed, population=population)
        names = [f"{name}-{seed}" for name in viewers.accounts]
        PANELS[population, seed] = vs.Panel(viewers.measures, accounts=names, start=viewers.start)
    return PANELS[population, seed]


@pytest.mark.guarantee
@pytest.mark.parametrize("population", ["sessions", "markov"])
@pytest.mark.parametrize("name", DETECTORS)
def test_the_dial_is_kept_on_new_accounts_of_the_population(name, population):
    rule = vs.AlarmRule(DETECTORS[name]).fit(panel(population, 101))
    surprise = rule.surprise(panel(population, 102))
    for dial in (1.0, 0.25):
        rate, low, high = observed_rate(surprise, rule.at(dial).threshold_, rule.quiet)
        within = 0.85 * dial <= low and high <= 1.15 * dial
        assert within or low <= dial <= high, f"{rate:.3f} ({low:.3f}-{high:.3f}) at {dial}"


@pytest.mark.guarantee
def test_tied_scores_raise_no_alarm_at_all():
    """Constant cannot keep a dial: all its scores tie, so the largest rate that does not exceed any dial is none."""
    rule = vs.AlarmRule(D.Constant()).fit(panel("sessions", 101))
    assert len(rule.at(1.0).alarms(panel("sessions", 102))) == 0
