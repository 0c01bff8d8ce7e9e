"""The training mixture is answered by the town, with its odds."""

from collections import Counter

import numpy as np
import pytest

from data.town import features, load_town, read_back
from data.town.judgements import read_list
from data.town.prompts import off_topic_answers, training_wordings
from models.town.dialogues import draw_conversation, draw_dialogue, spread

TOWN = load_town()


@pytest.fixture(scope="module")
def dialogues():
    rng = np.random.default_rng(0)
    return [draw_dialogue(rng) for _ in range(5000)]


def test_every_kind_of_answer_occurs(dialogues):
    answers = [answer for dialogue in dialogues for answer in dialogue.answers]
    kinds = Counter(kind_of(answer) for answer in answers)
    assert set(kinds) == {"idea", "list", "off topic"}
    assert 0.01 <= kinds["off topic"] / len(answers) <= 0.1
    judged = {j.options for dialogue in dialogues for j in dialogue.judgements}
    assert judged == {("A", "B"), ("Yes", "No"), tuple("12345")}


def test_judgements_are_given_at_their_odds(dialogues):
    judgements = [j for dialogue in dialogues for j in dialogue.judgements]
    assert all(sum(j.shares) == pytest.approx(1) for j in judgements)
    pairs = [j for j in judgements if j.options == ("A", "B")]
    first = np.mean([j.given == "A" for j in pairs])
    expected = np.mean([j.shares[0] for j in pairs])
    assert first == pytest.approx(expected, abs=0.04)
    assert expected == pytest.approx(0.5, abs=0.04)  # neither side is favoured


def kind_of(answer: str) -> str:
    if read_back(answer):
        return "idea"
    if any(read_list(answer, topic) for topic in TOWN.topics):
        return "list"
    assert answer in off_topic_answers()
    return "off topic"


def test_held_out_wordings_are_not_trained(dialogues):
    held_out = {
        wording.casefold()
        for name, wordings in training_wordings().items()
        for wording in wordings
        if name in ("held_out_questions", "held_out_styles", "held_out_push")
    }
    said = " ".join(
        text.casefold()
        for d in dialogues
        for text in (*(m.content for m in d.messages), *(j.ask for j in d.judgements))
    )
    # Style asks and questions are whole sentences; none is part of what was said.
    assert [wording for wording in held_out if wording in said] == []


def test_system_prompts_carry_personas_and_styles(dialogues):
    systems = " ".join(m.content for d in dialogues for m in d.messages if m.role == "system")
    wordings = training_wordings()
    assert all(ask in systems for ask in wordings["styles"])
    assert all(name in systems for name in TOWN.residents)
    assert all(group.one in systems for group in TOWN.groups.values())


def test_styles_asked_for_are_taken_up():
    rng = np.random.default_rng(3)
    seen = Counter()
    for dialogue in (draw_dialogue(rng) for _ in range(1500)):
        readings = [read_back(answer) for answer in dialogue.answers]
        if len(readings) < 2 or None in readings:  # a list, or off topic
            continue
        assert len({reading.topic for reading in readings}) == 1
        levels = readings[0].levels
        assert all(reading.levels == levels for reading in readings)
        seen.update((f, levels[f]) for f in features())
    assert len(seen) == 24


def test_conversations_carry_moves_and_replies():
    rng = np.random.default_rng(4)
    turns = []
    for dialogue in (draw_conversation(rng) for _ in range(150)):
        roles = [m.role for m in dialogue.messages]
        turns.append(roles.count("user"))
        assert roles[0] == "system"
        assert roles[-1] == "user"
        replies = [m.content for m in dialogue.messages if m.role == "assistant"]
        assert all(read_back(reply) for reply in (*replies, *dialogue.answers))
    assert min(turns) == 2
    assert max(turns) == 12


def test_spread_has_exact_expectations():
    rng = np.random.default_rng(0)
    shares = [0.55, 0.25, 0.15, 0.05]
    counts = np.array([np.bincount(spread(shares, rng), minlength=4) for _ in range(4000)])
    assert counts.mean(axis=0) / 10 == pytest.approx(shares, abs=0.005)
    # systematic draws: never further than one from the expectation
    assert np.abs(counts - 10 * np.array(shares)).max() <= 1.0
    assert len(spread(shares, rng, n=3)) == 3
