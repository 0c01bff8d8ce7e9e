"""Plans of every kind, from a settings file into the store and a recording, and back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from data.errors import ChoraleError
from data.exports import from_parquet, to_parquet
from data.schema import ModelRef, Speaker
from experiments.settings_file import read_experiment
from tests.factories import make_data, make_run

TEXT = """
kind: conversation
prompt: Marta
conditions:
  - name: Talked to
    model: saltmere
    system: You are Marta.
    plan:
      lines: [Hello., "", ""]
      replicates: 4
      replies: 4
      user: {model: echo, quantization: fp32, system: You are Ines.}
      reference: larger
      larger: {model: "echo#two", revision: main}
      split: 0.5
"""


def test_a_plan_with_other_models_is_read():
    plan = read_experiment(TEXT).conditions[0].plan
    assert plan.user == Speaker(ModelRef("echo", "", "fp32"), "You are Ines.")
    assert plan.larger == ModelRef("echo#two", "main")
    assert plan.split == 0.5
    assert read_experiment(TEXT).conditions[0].models == (
        ModelRef("saltmere"), plan.user.model, plan.larger
    )  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("system: You are Ines.}", "x: 1}", "line 12: “x” is unknown"),
        (", system: You are Ines.}", "}", "line 12: “system” is missing"),
        ("quantization: fp32", "quantization: no", "must be text"),
        ("split: 0.5", "split: half", "line 15: “split” must be a number"),
        ('{model: "echo#two", revision: main}', "[echo]", "line 14: “larger” must be keys"),
        ("reference: larger", "reference: alone", "either the reference or not there"),
    ],
)
def test_what_is_wrong_in_it_is_named_with_its_line(old, new, said):
    assert old in TEXT
    with pytest.raises(ChoraleError, match=said):
        read_experiment(TEXT.replace(old, new))


def test_it_comes_back_from_the_store_and_can_be_asked_for_more(workshop):
    store, asked = workshop().store, read_experiment(TEXT).conditions
    run = make_run(kind="conversation", conditions=asked)
    store.create(run)
    assert store.run(run.id) == run
    plan = asked[0].plan
    more = replace(asked[0], n=96, plan=replace(plan, lines=(*plan.lines, "", "", "")))
    store.set_conditions(run.id, [more])
    assert store.run(run.id) == replace(run, conditions=(more,))


def test_it_comes_back_from_a_recording():
    data = make_data({"a": ["Ahoy."] * 4})
    asked = replace(read_experiment(TEXT).conditions[0], n=4)
    data = replace(data, run=replace(data.run, conditions=(asked,)))
    assert from_parquet(to_parquet(data)).run == data.run
