"""Killed at any moment while it saves, a monitor leaves the old state or the new one, never anything else.

A server that has imported the library forks a child for every kill, and looks at the file that the child leaves. It
goes on until enough kills came while a file was written, which is a small part of a save.
"""

import json
import subprocess
import sys

import pytest

KILLS = 200
SERVER = """
import json, os, random, signal, sys, time
from pathlib import Path
import numpy as np
import viewshift as vs

folder, kills = Path(sys.argv[1]), int(sys.argv[2])
panel = vs.simulate.viewers(150, 260, seed=5)
rule = vs.AlarmRule(vs.detectors.ZScore(), per_account_year=2.0, n_folds=2).fit(panel)
states = [rule.monitor(panel.between(until=panel.days[day])) for day in (199, 259)]
path, rng, found, partials = folder / "monitor.vs", random.Random(7), [], []
start = time.perf_counter()
states[0].save(path)
once = time.perf_counter() - start
while len(found) < kills or sum(partials) <= 10 and len(found) < 10 * kills:
    before = path.stat()
    child = os.fork()
    if child == 0:
        while True:
            for state in reversed(states):
                state.save(path)
    time.sleep(rng.uniform(0, 2.5 * once))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    partials.append(len(list(folder.glob(".*partial*"))))
    after = path.stat()
    saved = (after.st_ino, after.st_mtime_ns) != (before.st_ino, before.st_mtime_ns)
    once *= 0.9 if saved else 1.2  # a machine that is busy with other things saves more slowly
    left = vs.load_monitor(path)
    same = [left.last_day == state.last_day and left.surprise.equals(state.surprise) for state in states]
    found.append(same.index(True))
states[1].save(path)
print(json.dumps({"found": found, "partials": partials}))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="forks")
def test_killed_while_saving_it_leaves_one_of_two_states(tmp_path):
    command = [sys.executable, "-W", "ignore", "-c", SERVER, str(tmp_path), str(KILLS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert len(told["found"]) >= KILLS
    assert set(told["found"]) == {0, 1}
    assert sum(told["partials"]) > 10, "few kills came while a file was written"
    assert [path.name for path in tmp_path.iterdir()] == ["monitor.vs"]
