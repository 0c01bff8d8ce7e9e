"""The parts of tests.benchmarks.human that compute, on numbers worked out by hand."""

import numpy as np
import pytest

from metrics.uncertainty import Estimate, half_width
from tests.benchmarks import human


def test_a_missing_file_is_skipped_and_named(tmp_path, capsys):
    here, gone = tmp_path / "here.csv", tmp_path / "gone.csv"
    here.touch()
    assert human.there(here)
    assert not human.there(here, gone)
    assert capsys.readouterr().out == "skipped: gone.csv not beside this checkout\n"


def test_likeness_of_pairs_by_hand():
    first, second = np.array([[1.0, 0], [0.6, 0.8]]), np.array([[1.0, 0], [0.8, 0.6]])
    assert human.cosines(first, second) == pytest.approx([1, 0.96])
    # two of two words and of three shared: 2 · 2 / (2 + 3); pairs "a b" of {"a b"}, {"b a", "a c"}
    assert human.overlaps(["a b"], ["b a c"], 1) == pytest.approx([0.8])
    assert human.overlaps(["a b"], ["b a c"], 2) == pytest.approx([0])
    assert human.overlaps([""], [""], 1) == pytest.approx([0])


def test_halves_cover_every_pair_once():
    sides = human.half(5, 0), human.half(5, 1)
    assert (sides[0] ^ sides[1]).all()
    assert sides[0].tolist() == [True, False, True, False, True]


def test_f1_by_hand():
    # two called, one of them right, of three that are: 2 · 1 / (2 + 3)
    called, same = np.array([1, 1, 0, 0], bool), np.array([1, 0, 1, 1], bool)
    assert human.f1(called, same) == pytest.approx(0.4)
    assert human.f1(~called & called, same & ~same) == 0


def test_a_score_is_reported_on_the_half_it_was_not_made_on(capsys):
    same = np.tile([True, True, False, False], 10)
    telling = np.where(same, 0.9, 0.1) + np.linspace(0, 0.01, 40)
    assert human.report_score("telling", [telling, telling], same) == 1
    assert "F1 1.000" in capsys.readouterr().out
    # on side 0 it was made, on side 1 it is looked at, and the other way round
    sides = [np.where(human.half(40, side), telling, 1 - telling) for side in (0, 1)]
    assert human.report_score("learned by heart", sides, same) == 0


def test_a_regression_sees_one_half_only():
    rng = np.random.default_rng(0)
    same = np.arange(60) % 4 < 2
    features = np.where(same, 1.0, -1.0)[:, None] + rng.normal(0, 0.1, (60, 1))
    lying = features.copy()
    lying[human.half(60, 1)] *= -1  # what it does not see may not change it
    honest, misled = (human.trained_score(x, same, 0) for x in (features, lying))
    seen = human.half(60, 0)
    assert honest[seen] == pytest.approx(misled[seen])
    assert ((honest > 0.5) == same).all()
    assert ((misled[~seen] > 0.5) != same[~seen]).all()


def test_each_set_takes_its_place_from_a_choice_made_without_it(capsys):
    truth = np.arange(8.0)
    copies = truth < 2
    table = {"good": truth**2, "bad": -truth}
    assert human.left_out_choice(table, truth, copies) == pytest.approx(1)
    assert "{'good': 8}" in capsys.readouterr().out
    # a measure that fits by one set alone is not the one chosen for that set
    lucky = np.array([0, 1, 2, 3, 4, 5, 6, 70.0])
    noise = np.array([0, 1, 2, 3, 4, 5, 7, 6.0])
    assert human.left_out_choice({"a": lucky, "b": noise}, truth, copies) <= 1


def test_forecasts_are_held_against_what_came(capsys):
    truth = np.array([10, 20])
    found = [Estimate(11, 9, 12, 30), Estimate(15, 14, 16, 30)]
    # the first holds, the second does not; |11 − 10| / 10 and |15 − 20| / 20, mean 0.175
    assert human.report_forecast("made up", found, truth) == pytest.approx((0.5, 0.175))
    assert "-0.133 over all" in capsys.readouterr().out  # 13 against 15


def test_forecasts_speak_of_all_answers_to_come():
    counts = np.array([10, 8, 6, 3, 1, 1, 1])
    for found in (
        human.good_toulmin_forecast(counts),
        human.pitman_yor(counts, slope=1),
        human.pitman_yor(counts, slope=0),
    ):
        assert counts.sum() == human.SEEN
        assert len(counts) <= found.value <= len(counts) + human.ALL - human.SEEN
        assert found.low <= found.value <= found.high


def test_a_mean_over_topics_has_students_interval():
    # mean 2, standard deviation 1, of three: standard error 1/√3
    low, high = 2 - half_width(1 / np.sqrt(3), units=3), 2 + half_width(1 / np.sqrt(3), units=3)
    assert human.over_topics(np.array([1.0, 2, 3])) == f"2.000 ({low:.3f} to {high:.3f})"


def test_ratings_count_where_their_rater_passed_the_checks(tmp_path, monkeypatch):
    file = tmp_path / "ratings.csv"
    file.write_text("set_id,valid,diversity\none,1,4\none,1,6\none,0,10\none,1,\ntwo,1,3\n")
    monkeypatch.setattr(human, "RATINGS", file)
    assert human.mean_ratings(["two", "one"]).tolist() == [3, 5]
