"""Conversations of a scripted model, and everything that comes of them."""

from data.errors import UnsupportedError
from data.schema import (
    Condition,
    Decoding,
    ModelRef,
    Plan,
)
from experiments.base import DivergenceFound, SampleDrawn

PLAN = Plan(("Hello.", "And now?", "What else?"), replicates=4, replies=4)
PERSONA = "You are a lighthouse keeper."


def condition(key="a", plan=PLAN, **changes):
    given = {
        "model": ModelRef("echo"), "decoding": Decoding(max_new_tokens=12), "system": PERSONA,
        "n": plan.draws,
    }  # fmt: skip
    return Condition(key, key.upper(), plan=plan, **{**given, **changes})


def held(experiment, model, *, drawn=None, pace=64, should_stop=lambda: False):
    """Everything that comes of an experiment: draws and divergences by key and index."""
    draws = {c.key: dict((drawn or {}).get(c.key, {})) for c in experiment.conditions}
    apart = {c.key: {} for c in experiment.conditions}
    for turn in experiment.turns(draws, lambda: pace):
        for event in turn.work(model, should_stop):
            if isinstance(event, SampleDrawn):
                assert event.sample.index not in draws[event.condition]
                draws[event.condition][event.sample.index] = event.sample
            else:
                assert isinstance(event, DivergenceFound)
                apart[event.condition][event.index] = event.divergence
    return draws, apart


class Undivided:
    """A model that shows no distributions."""

    def __init__(self, model):
        self._model = model

    def __getattr__(self, name):
        return getattr(self._model, name)

    def divergence_each(self, *_):
        raise UnsupportedError("None.", "Use another.")
