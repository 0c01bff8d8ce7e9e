"""Every strategy on scripted models: what it asks, what it makes of replies, what it counts."""

from __future__ import annotations

import math
from collections import Counter
from itertools import combinations

import pytest

from data.errors import ModelError
from data.schema import AdaptiveDecoding, Decoding, FinishReason
from experiments.sampling import condition_seed
from tests.experiments.scripted import ScriptedModel, asking, drawn, lists

SEED = condition_seed(3, "a")


def test_plain_sampling_asks_the_question_as_it_is_and_nothing_else():
    model = lists()
    found = drawn(asking("plain", system="You are a fisher."), model)
    assert set(model.asked) == {("You are a fisher.", "Why?")}
    assert set(model.seeds) == {SEED}
    assert [found[i].call_id for i in range(12)] == [f"{SEED}-{i}" for i in range(12)]
    assert all(s.spent is None and not s.steps and not s.origin for s in found.values())


def test_the_unique_wish_stands_behind_the_persona():
    model = lists()
    drawn(asking("unique", system="You are a fisher."), model)
    (asked,) = set(model.asked)
    assert asked[0].startswith("You are a fisher.\nYour answers are one of a kind.")


def test_possibility_numbers_take_turns():
    model = lists()
    found = drawn(asking("numbered", possibilities=3, n=8), model)
    numbers = [found[i].origin for i in range(8)]
    assert numbers == [f"number {1 + i % 3}" for i in range(8)]
    assert {asked[-1] for asked in model.asked if "number 2 of" in asked[-1]}
    assert len({found[i].call_id for i in range(8)}) == 8


@pytest.mark.parametrize(
    "name", ["negative_list", "verbalized", "verbalized_tail", "approaches_in_call"]
)
def test_a_list_gives_its_entries_and_shares_its_call(name):
    model = lists()
    found = drawn(asking(name, answers=4, n=10), model)
    assert [found[i].text[:9] for i in (0, 3, 4)] == ["thing 0 1", "thing 0 4", "thing 1 1"]
    assert [found[i].call_id for i in range(10)] == [f"{SEED}-{i // 4}" for i in range(10)]
    assert "four" in model.asked[0][-1]
    assert found[0].steps[0].text.startswith("1. thing 0 1")
    # Calls 0 and 1 fill four places each; call 2 has the two that are left. Each reply has
    # 5 · 5 words, of which all are paid.
    assert sum(s.cost for s in found.values()) == 3 * 25
    assert all(s.token_ids == () for s in found.values())


def test_stated_probabilities_are_shown_and_taken_off():
    found = drawn(asking("verbalized", n=8), lists())
    assert (found[0].text, found[0].origin) == ("thing 0 1", "10 % by its own account")
    plain = drawn(asking("negative_list", n=8), lists())
    assert (plain[0].text, plain[0].origin) == ("thing 0 1 (10%)", "")


def test_each_option_of_a_list_changes_what_is_asked():
    def asked(name, **options):
        model = lists()
        drawn(asking(name, n=8, **options), model)
        return model.asked[0][-1]

    assert asked("negative_list") != asked("negative_list", differ="in values")
    assert asked("negative_list") != asked("negative_list", answers=3)
    assert "less than 2.5 % likely" in asked("verbalized_tail", below=2.5)
    assert asked("verbalized") != asked("verbalized_tail")


def test_short_and_unreadable_lists_are_kept_counted_and_paid():
    replies = {0: "1. a pier\n2. a pool", 1: "I would rather not.", 2: "1. x\n2. y\n3. z"}
    found = drawn(asking("negative_list", answers=3, n=9), ScriptedModel(lambda _, i: replies[i]))
    reasons = Counter(sample.finish for sample in found.values())
    assert reasons == {FinishReason.STOP: 5, FinishReason.MISSING: 1, FinishReason.UNREAD: 3}
    assert [found[i].answered for i in range(9)] == [True, True, *[False] * 4, *[True] * 3]
    assert found[3].steps[0].text == "I would rather not."
    assert sum(s.cost for s in found.values()) == 6 + 4 + 6
    # Four tokens over three places: 2, 1, 1.
    assert [found[i].cost for i in (3, 4, 5)] == [2, 1, 1]


def test_an_entry_cut_at_the_limit_says_so():
    model = ScriptedModel(lambda *_: "1. " + "word " * 40 + "\n2. x")
    found = drawn(asking("negative_list", answers=2, n=8, limit=4), model)
    assert found[0].finish is FinishReason.LENGTH
    assert found[1].finish is FinishReason.MISSING
    # A list of two may be twice as long as one answer.
    assert model.decodings[0].max_new_tokens == 8


def test_asking_again_puts_every_answer_before_into_the_chat():
    model = lists()
    found = drawn(asking("again", answers=3, n=9), model)
    assert len(found) == 9
    longest = max(model.asked, key=len)
    assert longest[::2] == (
        "Why?",
        "Can you give a different answer?",
        "Can you give a different answer?",
    )
    assert [step.text for step in found[2].steps] == [found[0].text, found[1].text]
    assert {found[i].call_id for i in range(3)} == {f"{SEED}-0"}
    assert len(set(model.seeds)) == 3  # a stream for each turn


def test_repetitions_are_answers_all_the_same():
    found = drawn(asking("again", n=8), ScriptedModel(lambda *_: "a pier"))
    assert [s.text for s in found.values()] == ["a pier"] * 8
    assert all(s.answered for s in found.values())


@pytest.mark.parametrize("name", ["roles", "approaches", "paraphrases"])
def test_what_the_model_finds_first_is_answered_by(name):
    model = lists(3)
    found = drawn(asking(name, answers=3, n=9), model)
    assert len(found) == 9
    assert found[4].origin == "thing 1 2 (10%)"
    assert any("thing 1 2" in " ".join(asked) for asked in model.asked[1:])
    assert found[4].steps[0].text.startswith("1. thing 1 1")
    # The list has 15 words, shared by three answers, each of which has words of its own.
    assert found[4].cost == len(found[4].token_ids) + 5
    assert [found[i].call_id for i in range(9)] == [f"{SEED}-{i // 3}" for i in range(9)]


def test_a_search_that_finds_too_little_leaves_places_empty():
    found = drawn(asking("approaches", answers=5, n=10), lists(2))
    reasons = Counter(sample.finish for sample in found.values())
    assert reasons == {FinishReason.STOP: 4, FinishReason.MISSING: 6}
    nothing = drawn(asking("approaches", n=10), ScriptedModel(lambda *_: "No."))
    assert {s.finish for s in nothing.values()} == {FinishReason.UNREAD}


@pytest.mark.parametrize(("name", "place"), [("roles", 0), ("paraphrases", -1)])
def test_given_entries_take_turns_in_calls_of_their_own(name, place):
    model = lists()
    found = drawn(asking(name, given=("Be a fisher.", "Be a baker."), n=8), model)
    assert [found[i].origin for i in range(8)] == ["Be a fisher.", "Be a baker."] * 4
    assert {asked[place] for asked in model.asked} == {"Be a fisher.", "Be a baker."}
    assert len({sample.call_id for sample in found.values()}) == 8
    assert all(sample.spent is None for sample in found.values())


def test_plans_combine_observations_without_repetition():
    model = lists(3)
    found = drawn(asking("plans", notes=3, answers=6, n=12), model)
    notes = [f"thing 0 {i} (10%)" for i in (1, 2, 3)]
    every = {*notes, *(" Also: ".join(pair) for pair in combinations(notes, 2))}
    assert {found[i].origin for i in range(6)} == every  # 3 + 3 = 6 ways
    orders = [
        [found[i + 6 * call].origin.replace(f"g {call} ", "g ") for i in range(6)]
        for call in (0, 1)
    ]
    assert orders[0] != orders[1]


def test_the_adaptive_temperature_learns_its_scale_from_a_pilot():
    model = ScriptedModel(lambda *_: "one two three four five")
    found = drawn(asking("adaptive", n=16, pilot=4, strength=0.3), model)
    pilot, learnt = model.decodings[0], model.decodings[1]
    assert type(pilot) is Decoding
    assert isinstance(learnt, AdaptiveDecoding)
    # Entropies are 0.5 · (1, 2, 3, 4, 5) in each of the four: the 0.8-quantile of 20 equally
    # spaced places lies at 15.2, between the last 2.0 (12–15) and the first 2.5 (16–19).
    centre = math.log(2) + 0.2 * (math.log(2.5) - math.log(2))
    scale = math.sqrt(sum((math.log(h) - centre) ** 2 for h in (0.5, 1, 1.5, 2, 2.5)) / 5)
    assert learnt.centre == pytest.approx(centre)
    assert learnt.scale == pytest.approx(scale)
    assert learnt.lowest == pytest.approx((math.log(0.5) - centre) / scale)
    assert learnt.highest == pytest.approx((math.log(2.5) - centre) / scale)
    # 16 answers and 4 of the pilot, of five tokens each; the pilot is drawn once.
    assert sum(sample.cost for sample in found.values()) == 5 * 20
    assert model.seeds.count(model.seeds[0]) == 1


def test_a_model_that_does_not_tell_entropies_cannot_be_adaptive():
    silent = ScriptedModel(lambda *_: "a pier", entropies=math.nan)
    with pytest.raises(ModelError, match="how unsure"):
        drawn(asking("adaptive", n=8), silent)
