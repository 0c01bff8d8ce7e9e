"""A killed process loses nothing that was finished."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from data.schema import RunState
from data.store import CUT_OFF, Store
from experiments.snapshot import Phase
from tests.experiments.workshop import WAIT

ROOT = Path(__file__).parents[2]
CHILD = """
import sys, time
from data.divergences import DivergenceStore
from data.store import Store
from experiments.jobs import JobManager
from models.echo import HashEmbedder
from models.manager import ModelManager
from tests.experiments.workshop import ask, load
path = sys.argv[1]
jobs = JobManager(
    Store(path), ModelManager(load), HashEmbedder, divergences=DivergenceStore(path)
)
run_id = jobs.submit(ask("echo:slow", "echo:slow", n=400), owner="ann")
drawn = 0
while True:
    shown = jobs.snapshot(run_id, owner="ann")
    if sum(shown.drawn.values()) > drawn:
        drawn = sum(shown.drawn.values())
        print(run_id, drawn, shown.placed, flush=True)
    time.sleep(0.005)
"""


def killed_in_the_middle(database):
    """Run until something has a place, then kill -9; the last line the process had printed."""
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(database)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    until = time.monotonic() + WAIT
    placed = 0
    while placed == 0 and time.monotonic() < until:
        run_id, drawn, placed = child.stdout.readline().split()
        placed = int(placed)
    os.kill(child.pid, signal.SIGKILL)
    rest = child.communicate()[0].split()
    assert child.returncode == -signal.SIGKILL
    return run_id, int(rest[-2]) if rest else int(drawn)


def test_a_killed_run_is_found_again_and_completed(workshop, tmp_path):
    run_id, shown_before = killed_in_the_middle(tmp_path / "chorale.db")
    shop = workshop()
    assert shop.store.run(run_id).state is RunState.RUNNING
    assert shop.store.recover() == 1
    assert shop.store.run(run_id).note == CUT_OFF
    drawn = sum(map(len, shop.store.drawn(run_id).values()))
    assert shown_before <= drawn < 800  # whatever a screen had shown is there
    opened = shop.finished(run_id)  # opening it gives a place to what had none
    assert (opened.phase, opened.placed) == (Phase.STOPPED, drawn)
    shop.jobs.resume(run_id, owner="ann")
    whole = shop.finished(shop.ask("echo", "echo", n=400))
    resumed = shop.finished(run_id)
    assert resumed.phase is Phase.DONE
    by_place = [
        {(k, s.index): s for k, s in zip(d.keys, d.samples, strict=True)}
        for d in (resumed.data, whole.data)
    ]
    assert by_place[0] == by_place[1]


def test_a_healthy_store_needs_no_recovery(tmp_path):
    store = Store(tmp_path / "chorale.db")
    assert store.recover() == 0
    store.close()
