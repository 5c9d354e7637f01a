"""Killed at any moment, and begun again until it is done, a large table gives the bytes that it gives in one go.

A server that has compiled the kernels forks a child for every kill, and looks at what the child leaves.
"""

import json
import os
import subprocess
import sys

import pytest

KILLS = 80
SERVER = """
import json, os, random, shutil, signal, sys, time
from pathlib import Path
import pyarrow.dataset
import viewshift as vs
from large_tables import days, shuffled, write

folder, kills = Path(sys.argv[1]), int(sys.argv[2])
rule = vs.AlarmRule(vs.detectors.ZScore(), per_account_year=6.0, n_folds=2).fit(vs.simulate.viewers(40, 200, seed=9))
sources = write(folder / "sorted.parquet", days()), write(folder / "unsorted.parquet", shuffled(days()))


def judge(source, out):
    return vs.scale.alarms(rule, source, out, surprise=True, fdr=0.2, workers=1, at_once=700)


def contents(out):
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}


judge(sources[0], folder / "compiled")
once, seconds = [], []
for source in sources:
    start = time.perf_counter()
    once.append((source, contents(judge(source, folder / f"{source.stem}-once"))))
    seconds.append(time.perf_counter() - start)
rng, out, hidden = random.Random(7), folder / "out", folder / ".out.partial"
told = {"kills": 0, "rounds": 0, "same": 0, "halves": 0, "torn": 0}
while told["kills"] < kills or (told["halves"] <= 10 or told["torn"] <= 1) and told["kills"] < 10 * kills:
    way = told["rounds"] % 2
    source, expected = once[way]
    told["rounds"] += 1
    while True:
        child = os.fork()
        if child == 0:
            judge(source, out)
            os._exit(0)
        time.sleep(rng.uniform(0, 0.6 * seconds[way]))
        os.kill(child, signal.SIGKILL)
        if os.WIFEXITED(os.waitpid(child, 0)[1]):
            seconds[way] *= 0.8
            break
        told["kills"] += 1
        seconds[way] *= 1.05  # a machine that is busy with other things never comes to an end otherwise
        parts = list(hidden.glob("alarms/[!.]*"))
        told["halves"] += 0 < len(parts) < sum(name.startswith("alarms/") for name in expected)
        told["torn"] += bool(list(hidden.rglob("*.partial.*")))
        for path in parts:
            assert path.read_bytes() == expected[f"alarms/{path.name}"]
        if out.exists():
            assert contents(out) == expected
            break
    told["same"] += contents(out) == expected and not hidden.exists()
    shutil.rmtree(out)
print(json.dumps(told))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="forks")
def test_killed_at_any_moment_it_loses_and_repeats_nothing(tmp_path):
    command = [sys.executable, "-W", "ignore", "-c", SERVER, str(tmp_path), str(KILLS)]
    layer = {"NUMBA_THREADING_LAYER": "workqueue", "PYTHONPATH": os.pathsep.join(sys.path)}  # which may be forked
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **layer})
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["kills"] >= KILLS
    assert told["same"] == told["rounds"] > 10
    assert told["halves"] > 10, "few kills came between two parts"
    assert told["torn"] > 1, "few kills came while a file was written"
