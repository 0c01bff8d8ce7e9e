"""Visitors share a machine, but neither runs nor patience."""

from __future__ import annotations

import pytest

from data.errors import QueueError, StoreError
from data.schema import RunState
from experiments.limits import Limits
from experiments.snapshot import Phase


def test_visitors_do_not_see_or_touch_each_others_runs(workshop):
    shop = workshop()
    run_id = shop.ask("echo:slow", n=400, owner="ann")
    calls = (shop.jobs.snapshot, shop.jobs.stop, shop.jobs.delete)
    for call in calls:
        with pytest.raises(StoreError, match="no such run"):
            call(run_id, owner="bob")
    assert shop.jobs.active("bob") == ()
    assert shop.jobs.active("ann") == (run_id,)
    shop.jobs.stop(run_id, owner="ann")
    shop.finished(run_id)
    for call in (shop.jobs.snapshot, shop.jobs.resume, shop.jobs.delete):
        with pytest.raises(StoreError, match="no such run"):
            call(run_id, owner="bob")
    assert shop.jobs.snapshot(run_id, owner="ann").run.id == run_id


def test_what_is_everyones_is_seen_but_not_touched(workshop):
    shop = workshop()
    run_id = shop.ask("echo:fail", owner="")
    shop.finished(run_id)
    assert shop.jobs.snapshot(run_id, owner="bob").placed == 3
    with pytest.raises(StoreError, match="not yours"):
        shop.jobs.resume(run_id, owner="bob")
    with pytest.raises(StoreError):
        shop.jobs.delete(run_id, owner="bob")


def test_two_visitors_on_one_model_both_get_on(workshop):
    shop = workshop()
    model = "echo:slow"
    first = shop.ask(model, n=400, owner="ann")
    shop.seen(first, lambda s: s.drawn["a"] > 0)
    second = shop.ask(model, n=40, owner="bob")
    done = shop.finished(second)
    other = shop.jobs.snapshot(first, owner="ann")
    assert done.phase is Phase.DONE
    assert other.active  # the long run did not have to end first
    shop.jobs.stop(first, owner="ann")


def test_caps_are_per_visitor(workshop):
    shop = workshop(limits=Limits(runs=1))
    first = shop.ask("echo:slow", n=400, owner="ann")
    with pytest.raises(QueueError, match="1 run"):
        shop.ask(owner="ann")
    assert shop.finished(shop.ask(owner="bob")).phase is Phase.DONE
    shop.jobs.stop(first, owner="ann")
    shop.finished(first)
    assert shop.finished(shop.ask(owner="ann")).phase is Phase.DONE


def test_deleting_stops_a_run_and_can_be_undone(workshop):
    shop = workshop()
    run_id = shop.ask("echo:slow", n=400)
    kept = shop.seen(run_id, lambda s: s.drawn["a"] > 0)
    shop.jobs.delete(run_id, owner="ann")
    assert shop.jobs.active("ann") == ()
    with pytest.raises(StoreError, match="no such run"):
        shop.jobs.snapshot(run_id, owner="ann")
    shop.jobs.restore(run_id, owner="ann")
    shown = shop.finished(run_id)  # what had no place yet gets one
    assert shown.placed == shown.drawn["a"] >= kept.drawn["a"]
    assert shown.run.state is RunState.INCOMPLETE
