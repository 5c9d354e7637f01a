"""A rule over Dask frames: the alarms of the whole panel, however rows lie in partitions."""

import threading
import time
import warnings
from functools import cache

import dask
import dask.dataframe as dd
import numba
import numpy as np
import pandas as pd
import pytest
from distributed import Client, LocalCluster

import viewshift as vs
from large_tables import code_of, days, in_order, plays, shuffled
from viewshift.scale import Days, Plays, partition
from viewshift.scale import dask as on_dask


@cache
def rule():
    return vs.AlarmRule(vs.detectors.ZScore(), per_account_year=6.0, n_folds=2).fit(
        vs.simulate.viewers(40, 200, seed=9)
    )


@cache
def whole():
    return vs.Panel.from_frame(days())


def scattered():
    """Rows in any order: every account in many partitions, most rows in one, and two partitions empty."""
    rows = shuffled(days())
    return in_partitions([rows[:40], rows[:0], rows[40:3_000], rows[3_000:], rows[:0]])


def in_partitions(parts):
    return dd.from_delayed([dask.delayed(part) for part in parts], meta=parts[0].iloc[:0], verify_meta=False)


def assert_same(found, expected):
    assert len(expected) > 5
    pd.testing.assert_frame_equal(in_order(found), in_order(expected))


@pytest.mark.parametrize("scheduler", ["synchronous", "threads"])
def test_scattered_accounts_raise_the_alarms_of_the_panel(scheduler):
    """In sixty partitions, so that some have only accounts that ended before the others."""
    judge = vs.default_rule(6.0)
    found = on_dask.alarms(scattered(), judge, npartitions=60)
    assert found.npartitions == 60
    assert_same(found.compute(scheduler=scheduler), judge.alarms(whole()))


@pytest.mark.filterwarnings("ignore")  # what asyncio and sockets leave behind when processes end is Dask's own affair
def test_processes_of_a_cluster_give_the_same(tmp_path):
    with (
        dask.config.set({"distributed.comm.timeouts.connect": "300s", "distributed.comm.timeouts.tcp": "300s"}),
        LocalCluster(
            n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None, local_directory=tmp_path
        ) as cluster,
        Client(cluster),
    ):
        found = on_dask.alarms(scattered(), rule())
        assert_same(found.compute(), rule().alarms(whole()))


def test_nothing_is_computed_before_it_is_asked_for():
    def refuse(_):
        raise AssertionError("computed")

    meta = days().iloc[:0]
    frame = dd.from_map(refuse, range(3), meta=meta)
    found = on_dask.alarms(frame, rule())
    pd.testing.assert_series_equal(found.dtypes, rule().alarms(whole()).dtypes)
    with pytest.raises(AssertionError, match="computed"):
        found.compute(scheduler="synchronous")


def test_surprise_of_every_day_with_an_opinion():
    want = whole().to_frame({"surprise": rule().surprise(whole())})[["account", "day", "surprise"]].dropna()
    layout = Days(since=whole().days[0], until=whole().days[-1])
    found = on_dask.surprise(scattered(), rule(), layout).compute(scheduler="synchronous")
    found = in_order(found, ("account", "day"))[["account", "day", "surprise"]]
    pd.testing.assert_frame_equal(found, want.reset_index(drop=True))


def test_plays_and_the_days_of_all_of_them():
    with warnings.catch_warnings(action="ignore"):
        panel = vs.read_table(plays(), tz="Asia/Tokyo").daily(until="2025-05-10")
    frame = dd.from_pandas(plays(), npartitions=3, sort=False)
    found = on_dask.alarms(frame, rule(), Plays(tz="Asia/Tokyo", until="2025-05-10"))
    assert_same(found.compute(scheduler="synchronous"), rule().alarms(panel))


def test_factors_ride_along():
    shape = (2, whole().n_days)
    factor = np.random.default_rng(3).choice([1.0, 2.5], shape, p=[0.9, 0.1])
    country = np.where(whole().accounts.astype(object) < "v0000020", "NO", "SE")
    factors = vs.baselines.DayFactors(
        whole().accounts, whole().start, np.array(["NO", "SE"]), (country == "SE").astype(np.int64),
        factor, np.ones(shape), factor > 2, np.where(factor > 2, 1.2, 1.0),
    )  # fmt: skip
    frame = days().assign(country=np.where(days()["account"] < "v0000020", "NO", "SE"))
    found = on_dask.alarms(
        dd.from_pandas(shuffled(frame), npartitions=4, sort=False), rule(), factors=factors, strata="country"
    )
    expected = rule().alarms(factors.apply(whole()))
    assert not in_order(expected).equals(in_order(rule().alarms(whole())))
    assert_same(found.compute(scheduler="synchronous"), expected)


def test_what_does_not_fit_is_refused_at_once():
    frame = dd.from_pandas(days(), npartitions=2)
    with pytest.raises(ValueError, match="the table must have a column 'who'; it has 'account'"):
        on_dask.alarms(frame, rule(), Days(account="who"))
    with pytest.raises(TypeError, match="`frame` must be a Dask frame, got DataFrame of pandas"):
        on_dask.alarms(days(), rule())
    with pytest.raises(TypeError, match=r"`layout` must be `vs.scale.Days` or `vs.scale.Plays`, got str"):
        on_dask.alarms(frame, rule(), "days")
    with pytest.raises(ValueError, match="`rule` needs the measure 'episodes'"):
        on_dask.alarms(frame.drop(columns="episodes"), rule())


@pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning")  # Dask's own
def test_the_code_of_the_page_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = {}
    exec(code_of("dask"), found)
    assert len(found["alarms"]) > 5


def test_kernels_run_on_one_thread_and_one_at_a_time():
    """The threads of a worker would otherwise meet in a threading layer that does not let them."""
    most, inside, seen = numba.get_num_threads(), [], []

    def work():
        with partition.one_thread():
            inside.append(1)
            time.sleep(0.002)
            seen.append((len(inside), numba.get_num_threads()))
            inside.pop()

    threads = [threading.Thread(target=work) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [(1, 1)] * 20
    assert numba.get_num_threads() == most
