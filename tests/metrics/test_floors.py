"""Why a measure has no number: too few draws, too few calls, or draws that share calls."""

from metrics.catalogue import CATALOGUE
from metrics.floors import SHARED_CALLS, refusal, too_few


def test_as_many_calls_as_draws_are_called_answers():
    found = refusal(CATALOGUE["vendi"], 7, 7)
    assert (found.reason, found.n, found.calls) == ("Too few answers: 7 of at least 8.", 7, 0)
    assert refusal(CATALOGUE["vendi"], 8, 8) is None


def test_few_calls_are_too_few_however_many_draws_they_gave():
    found = refusal(CATALOGUE["vendi"], 32, 7)
    assert (found.reason, found.n, found.calls) == ("Too few calls: 7 of at least 8.", 32, 7)
    assert refusal(CATALOGUE["vendi"], 32, 8) is None


def test_what_needs_independence_refuses_shared_calls():
    assert CATALOGUE["distinct"].needs_independence
    assert refusal(CATALOGUE["distinct"], 32, 8).reason == SHARED_CALLS
    assert refusal(CATALOGUE["distinct"], 32, 32) is None


def test_a_floor_may_be_another():
    assert too_few("distinct", 5).reason == "Too few answers: 5 of at least 8."
    assert too_few("distinct", 5, floor=5) is None
