"""What a server can't tell is refused with a way on; what it can is told as far as it reaches."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from data.errors import PromptError, UnsupportedError
from models.server_scores import chance_of_beginning
from tests.models.asking import ABLE, ASK, Asked
from tests.models.stub_server import CHANCES, WORDS, StubServer


@pytest.mark.parametrize(
    ("ask", "what"),
    [
        (lambda model: model.answer_ids("anchor"), "into tokens"),
        (lambda model: model.score(ASK, [(1,)]), "its own draws only"),
        (lambda model: model.divergence(ASK, ASK, [(1,)]), "a divergence can't be computed"),
        (lambda model: model.distributions(ASK, [(1,)]), "no full distributions"),
        (lambda model: model.hidden_states(ASK, [(1,)]), "what goes on inside"),
    ],
)
def test_what_no_server_tells_is_refused(
    stub: Callable[..., StubServer], ask: Callable[..., object], what: str
) -> None:
    server = stub()
    with pytest.raises(UnsupportedError, match=what) as refused:
        ask(Asked(server).model)
    assert "on this machine" in refused.value.what_to_do
    assert not server.requests


def test_choices_have_the_mass_of_the_likeliest_tokens(stub: Callable[..., StubServer]) -> None:
    model = Asked(stub()).model
    masses = model.choice_probabilities([ASK, ASK], ["anchor", "cliff", "kraken"])
    wanted = [CHANCES[WORDS.index("anchor")], CHANCES[WORDS.index("cliff")], 0]
    np.testing.assert_allclose(masses, [wanted] * 2, atol=1e-3)
    with pytest.raises(PromptError, match="empty"):
        model.choice_probabilities([ASK], [" "])


def test_a_server_that_shows_no_tokens_of_its_own_is_refused(
    stub: Callable[..., StubServer],
) -> None:
    model = Asked(stub(), replace(ABLE, unscaled=False)).model
    with pytest.raises(UnsupportedError, match="doesn't show"):
        model.choice_probabilities([ASK], ["anchor"])


def test_a_choice_is_known_only_where_little_is_hidden() -> None:
    shown = {"Yes": math.log(0.6), " Yes,": math.log(0.1), "No": math.log(0.295)}
    assert chance_of_beginning("Yes", shown) == pytest.approx(0.7)
    assert chance_of_beginning(" No", shown) == pytest.approx(0.295)
    assert chance_of_beginning("Maybe", shown) == 0
    # A tenth is on tokens not shown; "Y" or a bare space may go on to spell it.
    del shown[" Yes,"]
    assert math.isnan(chance_of_beginning("Yes", shown))
    assert math.isnan(chance_of_beginning("Yes", {**shown, "Y": math.log(0.1)}))
    assert math.isnan(chance_of_beginning("No", {**shown, " ": math.log(0.1)}))
    assert chance_of_beginning("No", {**shown, "Y": math.log(0.1)}) == pytest.approx(0.295)
