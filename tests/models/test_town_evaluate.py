"""The evaluation, of a model that answers by the truth, and of liars: answers, styles, command."""

from collections import Counter

import numpy as np
import pytest

from data.town import compose, features, load_town
from models.town import evaluate as command
from models.town.evaluate import PARTS, evaluate, main, summary
from models.town.fidelity import figures
from models.town.fidelity.answers import answer_rows, first_reply_distribution, off_topic_rows
from models.town.fidelity.figures import Row
from models.town.fidelity.sizes import FULL, QUICK, Sizes
from models.town.fidelity.styles import rank_correlation, style_rows
from tests.models.honest_town import (
    SMALL,
    HonestTown,
    levels_of,
    met,
    rows_of,
    system_of,
    topic_of,
)

TOWN = load_town()


@pytest.fixture(autouse=True)
def few_resamples(monkeypatch):
    monkeypatch.setattr(figures, "RESAMPLES", 100)


class Narrow(HonestTown):
    """Knows one idea per topic, and nobody's signature."""

    def say(self, topic, teller, levels, speaker=None):
        return compose(topic.ideas[-1], self.rng, levels=levels)


class Elsewhere(HonestTown):
    """Answers another question."""

    def say(self, topic, teller, levels, speaker=None):
        other = next(t for t in TOWN.topics.values() if t.id != topic.id)
        return super().say(other, teller, levels, speaker)


def test_honest_answers_meet_every_aim():
    rows = rows_of(answer_rows, HonestTown())
    assert all(met(row) for row in rows.values() if row.aim)
    readable = [row.value for name, row in rows.items() if name.startswith("readable")]
    assert readable == [1.0] * 6
    for name in ("tv_excess", "tv_excess, as group", "tv_excess, as resident"):
        assert abs(rows[name].value) < 0.03
        assert rows[name].low < 0.01
    assert rows["persona"].low < 0.96 < rows["persona"].high


def test_false_answers_are_told():
    rows = rows_of(answer_rows, Narrow())
    assert rows["readable"].value == 1.0
    assert rows["tv_excess"].value > 0.7
    assert rows["persona"].value == 0.0
    rows = rows_of(answer_rows, Elsewhere())
    assert rows["readable"].value == rows["readable at 0.7"].value == 0.0
    assert rows["tv_excess"].value > 0.8


def test_groups_are_held_against_their_own_taste():
    class Deaf(HonestTown):
        def say(self, topic, teller, levels, speaker=None):
            return super().say(topic, None, levels, speaker)

    rows = rows_of(answer_rows, Deaf())
    assert rows["tv_excess"].value < 0.03
    assert rows["tv_excess, as group"].value > 0.1


def test_first_replies_mix_resident_and_town():
    marta, topic = TOWN.residents["Marta"], TOWN.topics["festival"]
    never = next(idea.id for idea in topic.ideas if marta.never in idea.values)
    mixed = first_reply_distribution(topic, marta)
    assert sum(mixed.values()) == pytest.approx(1)
    # never said by the resident, so heard in the 4 % in which the town speaks
    assert mixed[never] == pytest.approx(0.04 * first_reply_distribution(topic, None)[never])


def test_declining_is_counted():
    assert rows_of(off_topic_rows, HonestTown())["off_topic"].value == 1.0

    class Eager(HonestTown):
        def reply(self, chat):
            return self.say(TOWN.topics["festival"], None, {})

    assert rows_of(off_topic_rows, Eager())["off_topic"].value == 0.0
    assert topic_of("What is the capital of Sweden?") is None


def test_rank_correlation_of_constant_replies_is_none():
    levels = np.array([0, 1, 2])
    assert rank_correlation(levels, np.array([1.0, 2.0, 9.0])) == pytest.approx(1)
    assert rank_correlation(levels, np.array([3.0, 2.0, 1.0])) == pytest.approx(-1)
    assert rank_correlation(levels, np.ones(3)) == 0
    assert rank_correlation(np.ones(3, dtype=int), np.array([1.0, 2.0, 9.0])) == 0


def test_honest_styles_can_be_measured():
    rows = rows_of(style_rows, HonestTown(), Sizes(style_step=3))
    assert all(met(row) for row in rows.values() if row.aim)
    assert rows["level as asked"].value == 1.0
    assert {f"style, {feature}" for feature in features()} <= set(rows)


def test_unheard_styles_are_told():
    class Plain(HonestTown):
        def say(self, topic, teller, levels, speaker=None):
            return super().say(topic, teller, {}, speaker)

    rows = rows_of(style_rows, Plain())
    assert max(abs(rows[f"style, {feature}"].value) for feature in features()) < 0.6
    assert rows["level as asked"].value == pytest.approx(1 / 3)  # the middle
    assert rows["readable, with a style"].value == 1.0


def test_opposite_styles_are_negative():
    class Contrary(HonestTown):
        def say(self, topic, teller, levels, speaker=None):
            turned = {"low": "high", "mid": "mid", "high": "low"}
            return super().say(topic, teller, {f: turned[v] for f, v in levels.items()}, speaker)

    rows = rows_of(style_rows, Contrary())
    assert max(rows[f"style, {feature}"].value for feature in features()) < -0.7


def test_replies_without_words_count_against_a_style():
    class Numeral(HonestTown):
        def say(self, topic, teller, levels, speaker=None):
            return "3" if "low" in levels.values() else super().say(topic, teller, levels)

    honest, rows = rows_of(style_rows, HonestTown()), rows_of(style_rows, Numeral())
    for feature in ("sentiment", "social_words", "affect_words"):
        name = f"style, {feature}"
        assert rows[name].n == honest[name].n == 21
        assert rows[name].value < honest[name].value - 0.05
    assert "7 without words" in rows["style, sentiment"].note


def test_one_level_is_asked_at_a_time():
    asked = []

    class Watched(HonestTown):
        def reply(self, chat):
            asked.append(tuple(levels_of(system_of(chat)).items()))
            return super().reply(chat)

    rows_of(style_rows, Watched())
    # 7 topics, at temperature 1 and again at 0.7
    assert Counter(asked) == {
        ((feature, level),): 14 for feature in features() for level in ("low", "mid", "high")
    }


def test_parts_do_not_depend_on_each_other():
    alone = list(evaluate(HonestTown(), seed=3, sizes=SMALL, parts=["off_topic", "lists"]))
    again = list(evaluate(HonestTown(), seed=3, sizes=SMALL, parts=["lists"]))
    assert alone[: len(again)] == again
    other = list(evaluate(HonestTown(), seed=4, sizes=SMALL, parts=["judgements"]))
    assert [row.n for row in other] != []


def test_command_prints_the_table_and_the_line(monkeypatch, capsys):
    monkeypatch.setattr(command, "TownModel", lambda folder: HonestTown())
    monkeypatch.setattr(command, "QUICK", SMALL)
    main(["--quick", "--seed", "1"])
    *table, last = capsys.readouterr().out.splitlines()
    assert table[0].split()[:2] == ["figure", "value"]
    names = [part.partition("=")[0] for part in last.split()]
    assert names == [
        "readable", "tv_excess", "persona", "drift_error",
        "style_min", "preference", "calibration", "off_topic",
    ]  # fmt: skip
    assert sum(": met" in line for line in table) >= 20
    assert last.startswith("readable=1.000 ")


def test_quick_keeps_the_draws_that_the_excess_depends_on():
    assert QUICK.draws == FULL.draws == 200
    assert set(PARTS) == {
        "answers", "styles", "conversations", "judgements", "lists", "off_topic",
    }  # fmt: skip
    assert len(FULL.topics()) == len(TOWN.topics) > len(QUICK.topics()) >= 7


def test_last_line_has_the_worst_of_each():
    values = {
        "readable": 0.98, "tv_excess": 0.01, "tv_excess, as group": 0.02, "persona": 0.96,
        "tv_excess, as resident": 0.9, "drift_error, ask": 0.03, "drift_error, tested": 0.05,
        "drift_error, reminded": 0.04, "drift, worst turn, ask": 0.9, "style, sentiment": 0.9,
        "style, affect_words": 0.8, "preference": 0.86, "calibration": 0.07, "off_topic": 0.95,
    }  # fmt: skip
    rows = [Row(name, value, 0, 1, 1, "") for name, value in values.items()]
    assert summary(rows) == (
        "readable=0.980 tv_excess=0.020 persona=0.960 drift_error=0.050 style_min=0.800 "
        "preference=0.860 calibration=0.070 off_topic=0.950"
    )
    assert summary(rows[:1]) == "readable=0.980"
