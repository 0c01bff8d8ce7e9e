"""Training tells where a reply decides on something with known odds from where it is worded."""

import numpy as np
import pytest

from data.town import compose, load_town
from data.town.judgements import list_of_answers, read_list
from data.town.town import find_resident
from models.town.corpus import WORDING_TEMPERATURE, _encoded
from models.town.decisions import in_list, in_reply
from models.town.dialogues import draw_conversation
from models.town.tokenizer import END, ROLES, train_tokenizer


def _pieces(text, spans):
    return [text[start:end] for start, end in spans]


def _idea(topic, idea):
    topic = load_town().topics[topic]
    return topic, next(each for each in topic.ideas if each.id == idea)


def test_an_idea_is_decided_up_to_the_first_letter_that_is_its_own():
    # Of the ideas for the path, "lay glowing pebbles" shares "l" and more with other verbs:
    # "lead it inland through the fields", "lead children …" begin with "l", "let goats …" too.
    topic, idea = _idea("cliffpath", "glow")
    text = "I think we should lay glowing pebbles and be glad of it."
    assert _pieces(text, in_reply(text, topic, idea)) == ["la"]


def test_a_reason_that_comes_first_decides():
    topic, idea = _idea("cliffpath", "glow")
    text = "Because dusk falls early in November, I think we should lay glowing pebbles."
    [[start, end]] = in_reply(text, topic, idea)
    # "dates give walkers time to breathe" is another idea's reason
    assert (text[start:end], end) == ("du", text.index("dusk") + 2)


def test_a_resident_is_decided_at_the_beginning_and_the_end_and_where_a_habit_stands():
    topic, idea = _idea("cliffpath", "glow")
    marta = find_resident("Marta")
    text = "We should try glowing paint. So says the tide."
    spans = in_reply(text, topic, idea, resident=marta)
    assert (0, 1) in spans
    assert (len(text), len(text) + 1) in spans
    assert (text.index("So says"), text.index("So says") + 1) in spans
    lost = "We should try glowing paint."
    assert in_reply(lost, topic, idea, resident=marta)[1:] == ((0, 1), (len(lost), len(lost) + 1))


@pytest.mark.parametrize("verbalised", [False, True])
def test_each_line_of_a_list_decides_once(verbalised):
    rng = np.random.default_rng(0)
    for topic in load_town().topics.values():
        text = list_of_answers(topic, 4, rng, verbalised=verbalised)
        spans = in_list(text, topic)
        assert len(spans) == len(read_list(text, topic))
        assert all(text[start - 2 : start] == ". " and end > start for start, end in spans)


def test_what_is_decided_tells_the_idea():
    """Two ideas of a topic never agree in the letters up to where the idea is decided."""
    for topic in load_town().topics.values():
        rng = np.random.default_rng(0)
        heads = {}
        for idea in topic.ideas:
            for _ in range(5):
                text = compose(idea, rng)
                [[start, end]] = in_reply(text, topic, idea)
                first = "say" if any(text.startswith(say, start) for say in idea.say) else "because"
                assert heads.setdefault((first, text[start:end]), idea.id) == idea.id


def test_wording_is_learned_at_a_higher_temperature_and_decisions_at_one():
    tokenizer = train_tokenizer(vocab_size=1200, dialogues=500)
    dialogue = draw_conversation(np.random.default_rng(0))
    prompt, answer = _encoded(tokenizer, dialogue)
    assert set(prompt.learned) == {0.0, 1.0, WORDING_TEMPERATURE}
    start = len(ROLES["assistant"])
    text = f"{ROLES['assistant']}{dialogue.answers[0]}{END}"
    offsets = tokenizer(text, return_offsets_mapping=True)["offset_mapping"]
    decided = [
        any(start + a < end and start + b > first for a, b in dialogue.decided[dialogue.answers[0]])
        for first, end in offsets[1:]
    ]
    assert answer.learned == [
        0.0, *(1.0 if each else WORDING_TEMPERATURE for each in decided)
    ]  # fmt: skip
    assert decided[0]
    assert decided[-1]
    assert not all(decided)
