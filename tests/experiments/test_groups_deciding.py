from dataclasses import replace

import numpy as np
import pytest

from data.errors import UploadError
from data.town.judgements import yes_probability
from data.town.town import find_topic, load_town
from experiments.groups.asking import asking_of, replay_frame, replays_of
from experiments.groups.ballots import ballot_of, favourite
from experiments.groups.deciding import (
    AVERSIONS,
    RULES,
    aversion_curve,
    decisions_of,
    majorities_of,
    seats_of,
)
from experiments.groups.grouping import attributes_of, grouping_of
from experiments.groups.options import options_of, parts_of
from experiments.groups.preferences import mean_preferences, strength_preferences
from experiments.groups.questions import questions_of
from experiments.groups.reading import open_files, source_of
from experiments.groups.searching import camps_by_label, find_camps, why_no_camps
from experiments.groups.sources import town_source
from experiments.groups.splitting import (
    answer_shares,
    cohesion_of,
    overall_gap,
    overall_mixed_gap,
    splits_between,
    spread_frame,
    telling_attributes,
    telling_texts,
)


@pytest.fixture(scope="module")
def town():
    source = town_source("ratings", per_group=40)
    grouping = grouping_of(source.responses, ["group"])
    options = options_of(source, next(iter(parts_of(source).values())))
    return source, grouping, options


def test_means_are_near_what_the_town_says(town):
    _, grouping, options = town
    found = mean_preferences(options, grouping)
    held = []
    for g, group in enumerate(grouping.names):
        true = [1 + 4 * yes_probability("quota", n.split("/")[1], group) for n in options.names]
        held.append((found.low[g] <= true) & (true <= found.high[g]))
    assert np.mean(held) >= 0.85
    strengths = strength_preferences(options, grouping)
    assert np.abs(np.nanmean(strengths.values, axis=1)).max() < 1e-9
    alike = [np.corrcoef(a, b)[0, 1] for a, b in zip(found.values, strengths.values, strict=True)]
    assert min(alike) > 0.9


def test_rules_choose_what_the_towns_truth_says(town):
    _, grouping, options = town
    ballot = ballot_of(options, grouping)
    ideas = [idea.id for idea in find_topic("quota").ideas[:8]]
    true = {i: [yes_probability("quota", i, g) for g in load_town().groups] for i in ideas}
    best = max(ideas, key=lambda i: np.mean(true[i]))
    fair = max(ideas, key=lambda i: np.min(true[i]))
    found = {one.rule: one for one in decisions_of(ballot, default=favourite(ballot))}
    assert set(found) == set(RULES)
    assert options.names[ballot.places[found["utilitarian"].choice]] == f"quota/{best}"
    assert options.names[ballot.places[found["maximin"].choice]] == f"quota/{fair}"
    assert best != fair
    for one in found.values():
        assert one.shares.sum() == pytest.approx(1)
    total = found["utilitarian"].outcome
    assert total.total.low < total.total.value < total.total.high
    assert total.worst.value < found["maximin"].outcome.worst.value


def test_aversion_moves_from_the_total_to_the_worst_off(town):
    _, grouping, options = town
    ballot = ballot_of(options, grouping)
    curve = aversion_curve(ballot)
    assert len(curve) == len(AVERSIONS)
    np.testing.assert_allclose(curve[0], ballot.means.mean(axis=0))
    np.testing.assert_allclose(curve[-1], ballot.means.min(axis=0))
    assert (np.diff(curve, axis=0) <= 1e-12).all()


def test_weights_change_the_total_and_majorities_are_told(town):
    source, _, options = town
    ballot = ballot_of(options, grouping_of(source.responses, ["street"]), by_size=True)
    assert ballot.weights.sum() == pytest.approx(1)
    assert ballot.weights[0] > ballot.weights[1]
    found = majorities_of(ballot)
    assert found.game <= found.exploitability + 1e-3
    assert 0 <= found.cycle_share.value <= 1


def test_who_is_asked_decides(town):
    _, grouping, options = town
    ballot = ballot_of(options, grouping)
    found = seats_of(ballot, size=20, panels=200)
    np.testing.assert_allclose(found.shares.sum(axis=1), 1)
    for g in range(len(ballot.names)):
        assert found.welfare[1 + g, g] >= found.welfare[0, g] - 1e-9


def test_cells_below_ten_raters_are_not_decided_between(town):
    source, _, _ = town
    crossed = grouping_of(town_source("ratings", per_group=10).responses, ["group", "street"])
    assert all(not group.shown for group in crossed.hidden)
    small = town_source("votes", per_group=10)
    with pytest.raises(UploadError, match="Fewer than two answers"):
        ballot_of(options_of(small, ()), grouping_of(small.responses, ["group"]))
    assert attributes_of(source.responses) == {"group": 6, "street": 2}
    told = replace(source.responses, apart=("group",))
    assert list(attributes_of(told)) == ["street", "group"]  # what can be compared stands first


def test_true_groups_split_and_streets_do_not(town):
    source, grouping, _ = town
    asked = questions_of(source)
    true = splits_between(asked, grouping)
    null = splits_between(asked, grouping_of(source.responses, ["street"]))
    assert (true.q_value < 0.05).mean() > 0.9
    assert not (null.q_value < 0.05).any()
    frame = spread_frame(asked, grouping, true, asked.labels)
    assert frame["beyond chance"].is_monotonic_decreasing
    shares = answer_shares(asked, grouping, int(frame["place"].iloc[0]))
    np.testing.assert_allclose(shares.groupby("group")["share"].sum(), 1)
    telling = telling_attributes(asked, source.responses)
    assert [one.name for one in telling] == ["group", "street"]
    texts = telling_texts(true, asked.labels)
    assert texts
    assert all(one.items <= len(asked.labels) for one in texts)


def test_agreement_is_larger_within_groups(town):
    source, grouping, _ = town
    asked = questions_of(source)
    found = cohesion_of(asked, grouping)
    assert (found.difference > 0.2).all()
    gap, mixed = overall_gap(asked, grouping, 0, 1), overall_mixed_gap(asked, grouping, 0, 1)
    assert gap.value == pytest.approx(mixed.value, abs=0.02)
    assert gap.high - gap.low > mixed.high - mixed.low


def test_questions_that_few_answered_are_no_splits_but_count_in_gaps():
    rows = ["rater_id,item_id,score,age"]
    for r in range(24):
        rows += [f"{r},common,{1 + r % 2},{'old' if r < 12 else 'young'}"]
        rows += [f"{r},own{r % 12},{1 + (r < 12)},{'old' if r < 12 else 'young'}"]
    source = source_of(open_files((("r.csv", "\n".join(rows).encode()),)))
    asked, grouping = questions_of(source), grouping_of(source.responses, ["age"])
    found = splits_between(asked, grouping)
    assert np.isfinite(found.spread).sum() == 1
    old = grouping.names.index("old")
    assert overall_gap(asked, grouping, old, 1 - old).value == pytest.approx(12 / 13)


def test_two_camps_are_found_and_told_by_their_label():
    rng = np.random.default_rng(0)
    rows = ["rater_id,item_id,response_a,response_b,winner,side,coin"]
    for r in range(80):
        theta = np.arange(5) * (1.5 if r % 2 else -1.5)
        for k in range(14):
            a, b = rng.choice(5, size=2, replace=False)
            won = "a" if rng.random() < 1 / (1 + np.exp(theta[b] - theta[a])) else "b"
            rows.append(f"{r},q{k},{a},{b},{won},{r % 2},{r % 3}")
    source = source_of(open_files((("p.csv", "\n".join(rows).encode()),)))
    options = options_of(source, ())
    assert why_no_camps(options) == ""
    found = find_camps(options, source.responses)
    assert found.chosen == 2
    assert found.explained["side"].value > 0.9
    assert found.q_values["coin"] > 0.05
    table = camps_by_label(found, source.responses, "side")
    assert table.to_numpy().sum() == 80
    few = town_source("ranking", per_group=10)
    assert "amounts to" in why_no_camps(options_of(few, next(iter(parts_of(few).values()))))


def test_money_goes_where_groups_vary(town):
    _, grouping, options = town
    weights, costs = np.ones(6), np.ones(6)
    values = options.utilities[:, 0].copy()
    values[grouping.labels == 0] = 0.5
    found = asking_of(values, grouping, weights=weights, costs=costs, budget=60)
    assert found.share.sum() == pytest.approx(60)
    assert found.share.argmin() == 0
    dear = asking_of(values, grouping, weights=weights, costs=costs + 3 * np.eye(6)[1], budget=60)
    assert dear.share[1] < found.share[1]
    frame = replay_frame(found, replays_of(found, weights=weights, costs=costs, budget=60))
    assert len(frame) == 3
    assert (frame["error"] > 0).all()
    values[grouping.labels == 0] = np.nan
    assert asking_of(values, grouping, weights=weights, costs=costs, budget=60) is None
