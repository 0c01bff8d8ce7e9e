import math
from datetime import timedelta

import pytest

from data.judgements import JudgementStore, Verdict, pair_key
from data.store import Store
from tests.factories import make_run


@pytest.fixture
def kept(tmp_path):
    store = JudgementStore(tmp_path / "chorale.db")
    yield store
    store.close()


def test_a_pair_has_a_name_of_its_own():
    names = [pair_key("a", "b"), pair_key("b", "a"), pair_key("ab", ""), pair_key("", "ab")]
    assert len(set(names)) == 4
    assert pair_key("a", "b") == names[0]
    assert len(pair_key("\ud800", "é")) == 32


def test_verdicts_come_back_as_they_were(kept):
    found = {pair_key("a", str(i)): Verdict(i / 1000, 0.25) for i in range(1000)}
    kept.add_verdicts("run", "judge", found)
    assert kept.verdicts("run", "judge") == found
    assert (kept.count("run", "judge"), kept.count("run", "other")) == (1000, 0)
    assert kept.verdicts("run", "other") == kept.verdicts("other", "judge") == {}


def test_a_second_verdict_takes_the_place_of_the_first(kept):
    pair = pair_key("a", "b")
    kept.add_verdicts("run", "judge", {pair: Verdict(0.1)})
    kept.add_verdicts("run", "judge", {pair: Verdict(0.9)})
    assert kept.verdicts("run", "judge") == {pair: Verdict(0.9, 1.0)}


def test_scores_belong_to_whoever_gave_them(kept):
    kept.add_scores("run", "stars", {("a", 0): 5, ("a", 1): 1}, owner="ann")
    kept.add_scores("run", "stars", {("a", 0): 2}, owner="bob")
    kept.add_scores("run", "p_true", {("a", 0): 0.5})
    assert kept.scores("run", "stars", owner="ann") == {("a", 0): 5.0, ("a", 1): 1.0}
    assert kept.scores("run", "stars", owner="bob") == {("a", 0): 2.0}
    assert kept.scores("run", "stars") == {}
    assert kept.scores("run", "p_true") == {("a", 0): 0.5}


def test_a_score_can_be_changed_and_taken_back(kept):
    kept.add_scores("run", "stars", {("a", 0): 5, ("b", 0): 4}, owner="ann")
    kept.add_scores("run", "stars", {("a", 0): 3}, owner="ann")
    kept.remove_score("run", "stars", ("b", 0), owner="bob")
    assert kept.scores("run", "stars", owner="ann") == {("a", 0): 3.0, ("b", 0): 4.0}
    kept.remove_score("run", "stars", ("b", 0), owner="ann")
    kept.remove_score("run", "stars", ("b", 0), owner="ann")
    assert kept.scores("run", "stars", owner="ann") == {("a", 0): 3.0}


def test_no_verdict_is_kept_as_such(kept):
    kept.add_scores("run", "p_true", {("a", 0): math.nan})
    assert math.isnan(kept.scores("run", "p_true")["a", 0])


def test_judgements_go_with_their_run_and_only_with_it(tmp_path, kept):
    store = Store(tmp_path / "chorale.db")
    run = make_run(owner="ann")
    store.create(run)
    for name in (run.id, "recorded"):
        kept.add_scores(name, "stars", {("a", 0): 5}, owner="ann")
        kept.add_verdicts(name, "judge", {pair_key("a", "b"): Verdict(1)})
    store.delete(run.id, "ann")
    assert kept.scores(run.id, "stars", owner="ann")  # it can still be restored
    assert store.purge(timedelta(0)) == 1
    store.close()
    assert not kept.scores(run.id, "stars", owner="ann")
    assert not kept.verdicts(run.id, "judge")
    assert kept.scores("recorded", "stars", owner="ann")
    assert kept.verdicts("recorded", "judge")
