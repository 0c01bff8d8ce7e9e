from dataclasses import replace

import pytest

from data.errors import ChoraleError, PromptError
from data.schema import Condition, Decoding, ModelRef
from experiments.sweep import TEMPERATURES, swept_temperatures, temperature_sweep
from tests.factories import make_run

BASE = Condition("c", "As a fisher", ModelRef("echo"), Decoding(0.4, top_p=0.9), system="Fisher.")


def test_a_sweep_varies_the_temperature_and_nothing_else():
    asked = temperature_sweep("Why?", BASE, seed=3)
    assert [c.decoding.temperature for c in asked.conditions] == list(TEMPERATURES)
    assert [c.key for c in asked.conditions] == list("abcdef")
    assert {c.n for c in asked.conditions} == {64}
    assert {(c.system, c.decoding.top_p, c.model) for c in asked.conditions} == {
        ("Fisher.", 0.9, ModelRef("echo"))
    }
    assert asked.seed == 3


def test_its_run_is_recognised():
    asked = temperature_sweep("Why?", BASE, seed=3, temperatures=(1.0, 0.5, 0.1), n=8)
    run = make_run(conditions=asked.conditions)
    assert swept_temperatures(run) == {"a": 0.1, "b": 0.5, "c": 1.0}


@pytest.mark.parametrize(
    "change", [{"system": "Baker."}, {"decoding": Decoding(0.1, top_p=0.9)}, {"n": 9}]
)
def test_other_runs_are_not_sweeps(change):
    conditions = temperature_sweep("Why?", BASE, seed=3).conditions
    others = (*conditions[:-1], replace(conditions[-1], **change))
    found = swept_temperatures(make_run(conditions=others))
    assert bool(found) == ("n" in change or "decoding" in change)
    assert swept_temperatures(make_run(conditions=conditions[:2])) == {}


@pytest.mark.parametrize("temperatures", [(), (0.1, 0.2), (1.0, 1.0, 1.0), (0.1,) * 9])
def test_refuses_too_few_too_many_or_twice(temperatures):
    with pytest.raises(ChoraleError, match="different temperatures"):
        temperature_sweep("Why?", BASE, seed=3, temperatures=temperatures)


def test_refuses_a_blank_prompt():
    with pytest.raises(PromptError):
        temperature_sweep(" ", BASE, seed=3)
