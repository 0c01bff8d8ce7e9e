"""What a host takes from one visitor."""

from __future__ import annotations

import pytest

from data.errors import ChoraleError, ModelError, QueueError
from experiments.limits import Limits
from tests.experiments.workshop import ask


def test_at_home_there_is_hardly_a_limit():
    Limits.from_environment({}).check(ask(*["echo"] * 4, n=512), active=3)


def test_a_public_host_has_caps_that_its_operator_can_set():
    public = Limits.from_environment({"CHORALE_PUBLIC": "1"})
    assert public.samples < Limits().samples
    assert public.tokens < Limits().tokens
    assert public.runs < Limits().runs
    own = Limits.from_environment(
        {"CHORALE_PUBLIC": "1", "CHORALE_MAX_SAMPLES": "32", "CHORALE_MAX_RUNS": "5"}
    )
    assert own == Limits(samples=32, tokens=public.tokens, runs=5, models=public.models)


def test_a_public_host_runs_the_models_on_its_list_only():
    Limits.from_environment({}).check(ask("any/model"), active=0)
    public = Limits.from_environment({"CHORALE_PUBLIC": "1", "CHORALE_MODEL": "echo"})
    public.check(ask("saltmere", "echo"), active=0)
    with pytest.raises(ModelError, match="any/model"):
        public.check(ask("echo", "any/model"), active=0)


def test_a_public_host_runs_the_server_models_that_its_operator_names(monkeypatch):
    environment = {
        "CHORALE_PUBLIC": "1",
        "CHORALE_SERVER_URL": "http://gpu:8000/v1",
        "CHORALE_SERVER_MODELS": "town,city",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    public = Limits.from_environment(environment)
    public.check(ask("server:town", "server:city"), active=0)
    for other in ("server:village", "server:town@http://gpu:8000/v1"):
        with pytest.raises(ModelError, match="doesn't offer the model"):
            public.check(ask(other), active=0)
    with pytest.raises(ModelError, match="no other model server than its own"):
        public.check(ask("server:town@http://169.254.169.254/v1"), active=0)


def test_an_address_with_a_password_is_refused_before_it_is_stored():
    with pytest.raises(ModelError, match="a name or a password"):
        Limits().check(ask("server:town@http://ann:pw@gpu:8000/v1"), active=0)


@pytest.mark.parametrize("value", ["0", "-1", "many", "1.5"])
def test_a_cap_that_is_no_number_is_refused(value):
    with pytest.raises(ChoraleError, match="CHORALE_MAX_TOKENS"):
        Limits.from_environment({"CHORALE_MAX_TOKENS": value})


def test_each_cap_is_held_to_the_last_one():
    # ask() wants 2 conditions × 16 answers of at most 64 tokens: 32 answers, 2,048 tokens.
    experiment = ask("echo", "echo", n=16)
    Limits(samples=32, tokens=2048, runs=2).check(experiment, active=1)
    with pytest.raises(QueueError, match="32 answers"):
        Limits(samples=31).check(experiment, active=0)
    with pytest.raises(QueueError, match="2048 tokens"):
        Limits(tokens=2047).check(experiment, active=0)
    with pytest.raises(QueueError, match="2 runs going"):
        Limits(runs=2).check(experiment, active=2)
