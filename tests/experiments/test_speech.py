"""From corpora of any kind to styles: who is who, and what can't be measured is said."""

from dataclasses import replace

import numpy as np
import pytest

from data.dialogues import read_corpus, read_style_log
from data.errors import CorpusError
from data.examples.dialogues import town_dialogues
from experiments.exchanges import exchanges_of
from experiments.speech import (
    features_of,
    pooled_scale,
    scripts_of,
    speech_of,
    speech_of_log,
)
from metrics.style import style_features

HEAD = "conversation_id,speaker,text\n"
TALK = HEAD + (
    "1,bot,Welcome.\n1,ann,Hello there!\n1,ann,Are you in?\n1,bot,I am here.\n1,cy,And so am I.\n"
    "1,ann,Good. We were thinking about it.\n"
)


def corpus(*rows):
    return read_corpus(HEAD + "\n".join(rows))


def test_turns_of_one_speaker_are_taken_together_and_all_others_reply():
    [talk] = read_corpus(TALK).dialogues
    found = exchanges_of(talk, "ann")
    assert [(e.said, e.reply) for e in found] == [
        ("Hello there!\nAre you in?", "I am here.\nAnd so am I."),
        ("Good. We were thinking about it.", ""),
    ]
    first = exchanges_of(talk)  # the bot speaks first
    assert first[0].said == "Welcome."


def test_features_are_those_of_the_measure():
    texts = ["Hello there!", "The committee considered it.", "🙂"]
    assert np.array_equal(features_of(texts), style_features(texts), equal_nan=True)
    assert features_of([]).shape == (0, 8)


def test_a_corpus_is_laid_out_by_conversation_on_a_pooled_scale():
    found = speech_of(town_dialogues(conversations=9, turns=4), "town")
    assert found.users.vectors.shape == found.replies.vectors.shape == (9, 4, 8)
    pooled = np.concatenate([found.users.vectors, found.replies.vectors]).reshape(-1, 8)
    assert np.allclose(pooled.mean(axis=0), 0, atol=1e-9)
    assert np.allclose(pooled.std(axis=0), 1)
    assert np.allclose(found.persona, found.replies.vectors.reshape(-1, 8).mean(axis=0))
    assert found.unit > 0
    assert found.notes == ()


def test_the_bots_own_texts_move_its_persona_and_a_given_scale_is_kept():
    talks = town_dialogues(conversations=4, turns=4)
    scale = pooled_scale([talks, town_dialogues(conversations=4, turns=4, seed=5)], "both")
    plain, own = (speech_of(talks, "town", own=own, scale=scale) for own in ((), ("Hey, you!",)))
    assert plain.space is scale
    assert not np.allclose(plain.persona, own.persona)
    assert np.allclose(own.persona, scale.scale(features_of(["Hey, you!"]))[0])


def test_what_cannot_be_followed_is_said_with_its_features():
    found = speech_of(
        corpus(
            "1,u,Hello to you!", "1,b,It was considered by us all.", "1,u,🙂🙂", "1,b,Good.",
            "1,u,Привет друзья", "1,b,We think that it is so.", "2,u,Yes.", "2,b,No.",
        ),
        "mixed",
    )  # fmt: skip
    assert found.users.unobserved == 2
    told = " ".join(found.notes)
    assert "2 user turns of 4 can’t be followed" in told
    assert "informality" in told
    assert "sentence length" in told
    assert "In 1 conversation the user has a single turn" in told


def test_users_who_never_change_have_no_step_to_count_in():
    found = speech_of(corpus(*["1,u,Hello you!", "1,b,It was considered."] * 3), "same")
    assert found.unit == 1
    assert any("No user changes" in note for note in found.notes)


def test_identical_turns_of_everybody_have_no_scale():
    with pytest.raises(CorpusError, match="All turns have the same style"):
        speech_of(corpus(*["1,u,Hello.", "1,b,Hello."] * 3), "same")


def test_a_corpus_without_replies_needs_the_bots_own_words():
    talks = corpus("1,u,Hello you!", "1,u,It was considered.", "2,u,Why?")
    with pytest.raises(CorpusError, match="own style can’t be measured"):
        speech_of(talks, "monologue")
    assert speech_of(talks, "monologue", own=["We think so."]).users.present.sum() == 2


def test_nobody_of_that_name():
    with pytest.raises(CorpusError, match="Nobody called “zed” speaks"):
        speech_of(read_corpus(TALK), "talk", user="zed")


def test_one_feature_that_decides_everything_is_said():
    talks = town_dialogues(conversations=4, turns=4)
    scale = pooled_scale([talks], "a bot that never exclaims")
    deviation = scale.deviation.copy()
    deviation[0] /= 20  # as where informality hardly varies
    notes = speech_of(talks, "loud", scale=replace(scale, deviation=deviation)).notes
    assert any("Informality alone makes up" in note for note in notes)
    assert speech_of(talks, "even", scale=scale).notes == ()


def test_the_published_log_has_styles_without_texts():
    vector = "[0.5, 0, 12, 55, 0, 0, 0, {}]"
    head = "participant_id,session_id,condition,turn_number,user_style_vector,bot_style_vector\n"
    rows = [
        f'p,s{s},{"static" if s % 2 else "adaptive"},{t},"{vector.format(0.1 * t + s)}",'
        f'"{vector.format(0.3)}"'
        for s in range(3)
        for t in (1, 2, 3)
    ]
    found = speech_of_log(read_style_log(head + "\n".join(rows)), "log")
    assert found.users.vectors.shape == (3, 3, 1)
    assert found.exchanges == ()
    assert len(found.space.dropped) == 7
    note = found.notes[0]  # one sentence for all of one reason
    assert note.startswith("Left out, each because it does not vary: informality, sentiment")
    assert note.endswith("cognitive words and affect words.")
    assert any("every cosine is 1 or −1" in note for note in found.notes)


def test_the_fingerprint_goes_by_content():
    one, same, other = (
        speech_of(town_dialogues(conversations=2, turns=3, seed=seed), "town") for seed in (1, 1, 2)
    )
    assert one.fingerprint == same.fingerprint != other.fingerprint


def test_scripts_are_the_users_lines_of_conversations_that_are_long_enough():
    found = speech_of(town_dialogues(conversations=4, turns=5), "town")
    scripts = scripts_of(found, 3, 4)
    assert len(scripts) == 3
    assert scripts[0] == tuple(e.said for e in found.exchanges[:4])
    assert scripts_of(found, 3, 6) == ()
