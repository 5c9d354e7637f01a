"""A rule over Spark frames: the alarms of the whole panel, however rows lie in partitions and whoever is killed.

The engine is a real one: two threads of this machine, and a cluster of two workers on loopback of which one is killed.
"""

import json
import os
import shutil
import subprocess
import sys
import warnings
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import viewshift as vs
from large_tables import arrow, code_of, days, in_order, plays, shuffled
from viewshift.scale import Days, Plays

on_spark = pytest.importorskip("viewshift.scale.spark")

JAVA = shutil.which("java") or os.environ.get("JAVA_HOME")
pytestmark = [
    pytest.mark.skipif(not (JAVA or os.environ.get("CI")), reason="Spark needs Java 17 or newer, and there is none"),
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # the gateway's sockets
]

QUIET = {"spark.ui.enabled": "false", "spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}


@cache
def rule():
    return vs.AlarmRule(vs.detectors.ZScore(), per_account_year=6.0, n_folds=2).fit(
        vs.simulate.viewers(40, 200, seed=9)
    )


@cache
def whole():
    return vs.Panel.from_frame(days())


@pytest.fixture(scope="module")
def spark():
    from pyspark.sql import SparkSession

    tests = Path(__file__).resolve().parent
    settings = {
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_DRIVER_PYTHON": sys.executable,
        "SPARK_LOCAL_IP": "127.0.0.1",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings.items():
            patch.setenv(name, value)
        patch.setenv("PYTHONPATH", os.pathsep.join([str(tests), *sys.path]))
        builder = SparkSession.builder.master("local[2]").config("spark.sql.execution.arrow.maxRecordsPerBatch", 200)
        for name, value in (QUIET | {"spark.sql.shuffle.partitions": "3", "spark.driver.memory": "1g"}).items():
            builder = builder.config(name, value)
        session = builder.getOrCreate()
        session.sparkContext.setLogLevel("ERROR")
        yield session
        session.stop()


def dated(frame):
    return arrow(frame.assign(day=frame["day"].dt.date))


def assert_same(found, expected):
    """Spark has dates where pandas has timestamps at midnight."""
    assert len(expected) > 5
    frame = in_order(found.toArrow().to_pandas(date_as_object=False))
    pd.testing.assert_frame_equal(frame, in_order(expected))


def test_scattered_accounts_raise_the_alarms_of_the_panel(spark):
    """Every account is in both partitions of the input, and a third is empty."""
    frame = spark.createDataFrame(dated(shuffled(days()))).union(spark.createDataFrame(dated(days())).where("false"))
    assert_same(on_spark.alarms(frame, rule()), rule().alarms(whole()))


@pytest.fixture
def partitions(spark):
    """Set how many partitions a shuffle leaves, empty ones among them."""
    spark.conf.set("spark.sql.adaptive.enabled", "false")
    yield lambda n: spark.conf.set("spark.sql.shuffle.partitions", str(n))
    spark.conf.set("spark.sql.shuffle.partitions", "3")
    spark.conf.set("spark.sql.adaptive.enabled", "true")


def test_many_partitions_with_few_accounts_or_none_give_the_same(spark, partitions):
    """Of forty partitions most get nothing, and some only accounts that ended before the others."""
    partitions(40)
    judge, some = vs.default_rule(6.0), days()[days()["account"] < "v0000012"]
    frame = spark.createDataFrame(dated(shuffled(some)))
    assert_same(on_spark.alarms(frame, judge), judge.alarms(vs.Panel.from_frame(some)))


def test_a_partition_with_all_rows_gives_the_same(spark, partitions):
    """They come in twenty batches."""
    partitions(1)
    layout = Days(since=whole().days[0], until=whole().days[-1])
    assert_same(on_spark.alarms(spark.createDataFrame(dated(shuffled(days()))), rule(), layout), rule().alarms(whole()))


def test_nothing_is_computed_before_it_is_asked_for(spark):
    spark.sparkContext.setJobGroup("lazy", "lazy")
    frame = spark.createDataFrame(dated(days()))
    found = on_spark.alarms(frame, rule())
    assert found.columns == rule().alarms(whole()).columns.tolist()
    assert list(spark.sparkContext.statusTracker().getJobIdsForGroup("lazy")) == []
    found.count()
    assert list(spark.sparkContext.statusTracker().getJobIdsForGroup("lazy")) != []


def test_surprise_with_factors_of_strata(spark):
    shape = (2, whole().n_days)
    factor = np.random.default_rng(3).choice([1.0, 2.5], shape, p=[0.9, 0.1])
    second = whole().accounts >= "v0000020"
    factors = vs.baselines.DayFactors(
        whole().accounts, whole().start, np.array(["NO", "SE"]), second.astype(np.int64),
        factor, np.ones(shape), factor > 2, np.where(factor > 2, 1.2, 1.0),
    )  # fmt: skip
    panel = factors.apply(whole())
    want = panel.to_frame({"surprise": rule().surprise(panel)})[["account", "day", "surprise"]].dropna()
    frame = shuffled(days().assign(country=np.where(days()["account"] < "v0000020", "NO", "SE")))
    found = on_spark.surprise(spark.createDataFrame(dated(frame)), rule(), factors=factors, strata="country")
    found = in_order(found.toArrow().to_pandas(date_as_object=False), ("account", "day"))
    pd.testing.assert_frame_equal(found[["account", "day", "surprise"]], want.reset_index(drop=True))


def test_plays_and_the_days_of_all_of_them(spark):
    with warnings.catch_warnings(action="ignore"):
        panel = vs.read_table(plays(), tz="Asia/Tokyo").daily(until="2025-05-10")
    found = on_spark.alarms(spark.createDataFrame(arrow(plays())), rule(), Plays(tz="Asia/Tokyo", until="2025-05-10"))
    assert_same(found, rule().alarms(panel))


def test_what_does_not_fit_is_refused_at_once(spark):
    frame = spark.createDataFrame(dated(days()[:50]))
    with pytest.raises(ValueError, match="the table must have a column 'who'; it has 'account'"):
        on_spark.alarms(frame, rule(), Days(account="who"))
    with pytest.raises(TypeError, match="`frame` must be a Spark frame, got DataFrame of pandas"):
        on_spark.alarms(days(), rule())
    with pytest.raises(ValueError, match="`rule` needs the measure 'episodes'"):
        on_spark.alarms(frame.drop("episodes"), rule())
    with pytest.raises(ValueError, match="'day' must hold local days, got instants"):
        on_spark.alarms(frame.selectExpr("account", "timestamp(day) as day", "episodes"), rule())


def test_the_code_of_the_page_runs(spark, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = {}
    code = code_of("spark").replace('"alarms"', repr(str(tmp_path / "alarms")))  # Java does not change folders with us
    exec(code, found)
    assert found["alarms"].count() > 5


@pytest.mark.parametrize("at_once", [1, 90, 250, 10**6])
@pytest.mark.parametrize("batch", [1, 7, 100, 10**6])
def test_accounts_that_batches_split_are_put_together(at_once, batch, monkeypatch):
    """The rows of two accounts with one, of others with a hundred; no account is in two of the tables."""
    monkeypatch.setattr(on_spark, "AT_ONCE", at_once)
    table = pa.table({"account": sorted(["a", "c", *["b"] * 100, *["d"] * 100]), "row": range(202)})
    parts = list(on_spark._whole_accounts(iter(table.to_batches(batch)), "account"))
    assert pa.concat_tables(parts).equals(table)
    accounts = [name for part in parts for name in part["account"].unique().to_pylist()]
    assert accounts == ["a", "b", "c", "d"]
    assert (len(parts) > 2) == (at_once < 200 and batch < 200)


CLUSTER = """
import json, os, signal, socket, subprocess, sys, threading, time
from pathlib import Path
import pyspark
from pyspark.sql import SparkSession
import viewshift as vs
from large_tables import arrow, code_of, days, in_order, shuffled
from refusing import InCompany
from viewshift.scale import spark as on_spark

signal.signal(signal.SIGTERM, lambda *_: sys.exit("it took too long"))  # the processes started here are then ended
folder = Path(sys.argv[1])
home = Path(pyspark.__file__).parent
with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    port = probe.getsockname()[1]
master = f"spark://127.0.0.1:{port}"
run = [str(home / "bin" / "spark-class")]
env = os.environ | {"SPARK_HOME": str(home), "SPARK_DAEMON_MEMORY": "256m"}
logs = open(folder / "logs", "w")
started = []


def start(what, *args):
    command = [*run, f"org.apache.spark.deploy.{what}", "--host", "127.0.0.1", "--webui-port", "0", *args]
    started.append(subprocess.Popen(command, env=env, stdout=logs, stderr=logs, start_new_session=True))
    return started[-1]


detector = InCompany(helper=vs.detectors.ZScore(), folder=str(folder / "marks"))
rule = vs.AlarmRule(detector, per_account_year=6.0, n_folds=2).fit(vs.simulate.viewers(40, 200, seed=9))
expected = rule.alarms(vs.Panel.from_frame(days()))
(folder / "marks").mkdir()
try:
    start("master.Master", "--port", str(port))
    workers = [
        start("worker.Worker", "--cores", "1", "--memory", "700m", "--work-dir", str(folder / f"work{k}"), master)
        for k in range(2)
    ]
    settings = {
        "spark.ui.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.executor.memory": "512m",
        "spark.sql.shuffle.partitions": "8",
        "spark.sql.adaptive.enabled": "false",
        "spark.cores.max": "2",
        "spark.scheduler.minRegisteredResourcesRatio": "1.0",
        "spark.scheduler.maxRegisteredResourcesWaitingTime": "300s",
    }
    builder = SparkSession.builder.master(master)
    for name, value in settings.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    seen = {}

    def kill_one_of_two():
        while True:
            pids = [mark.name.split("-")[0] for mark in (folder / "marks").iterdir()]
            if len(set(pids)) > 1 and len(pids) > 3:  # both are at their second task
                break
            time.sleep(0.02)
        seen["before"] = len(pids)
        os.killpg(workers[0].pid, signal.SIGKILL)
        (folder / "go").touch()

    killer = threading.Thread(target=kill_one_of_two, daemon=True)
    killer.start()
    frame = shuffled(days()).assign(day=lambda rows: rows["day"].dt.date)
    frame = spark.createDataFrame(arrow(frame)).repartition(6)
    found = on_spark.alarms(frame, rule).toArrow().to_pandas(date_as_object=False)
    killer.join(1)
    same = in_order(found).equals(in_order(expected))
    told = {"same": bool(same), "marks": len(list((folder / "marks").iterdir())), "dead": workers[0].poll(), **seen}
    print(json.dumps(told))
    spark.stop()
finally:
    for process in started:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
"""


def test_a_cluster_that_loses_one_of_two_workers_midway_gives_the_same(tmp_path):
    tests = str(Path(__file__).resolve().parent)
    env = {
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYTHONPATH": os.pathsep.join([tests, *sys.path]),
        "NUMBA_NUM_THREADS": "1",
    }
    command = [sys.executable, "-W", "ignore", "-c", CLUSTER, str(tmp_path)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, env=os.environ | env, **pipes) as run:
        try:
            out, err = run.communicate(timeout=900)
        except subprocess.TimeoutExpired:
            run.terminate()
            out, err = run.communicate()
    assert run.returncode == 0, err[-3_000:]
    told = json.loads(out.splitlines()[-1])
    assert told["same"]
    assert told["dead"] == -9
    assert told["before"] < 8 < told["marks"], "the worker did not die between the first task and the last"
