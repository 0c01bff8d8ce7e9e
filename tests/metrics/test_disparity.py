"""Gaps between people in otherwise equal questions."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from metrics.disparity import decision_log_odds, gaps, mixed_scores

PEOPLE = ("man", "woman")


def crossed(effect, *, scenarios=8, noise=0.0, seed=0):
    """Log-odds of both sexes at two ages in some scenarios, with the labels of each row."""
    rng = np.random.default_rng(seed)
    rows = [(s, sex, age) for s in range(scenarios) for sex in PEOPLE for age in ("30", "60")]
    base = rng.normal(size=scenarios)
    y = np.array([base[s] + (effect[s] if sex == "woman" else 0) + 0.5 * (age == "60")
                  for s, sex, age in rows])  # fmt: skip
    y = y + rng.normal(size=len(y)) * noise
    names = [f"s{s}" for s, *_ in rows]
    values = {"sex": [sex for _, sex, _ in rows], "age": [age for *_, age in rows]}
    return y, names, values, {"sex": "man", "age": "30"}


def test_log_odds_by_hand():
    # ln((0.5 + 0.1) / 0.2) = ln 3; the rest of the mass doesn't count.
    assert decision_log_odds([0.6], [0.2]) == pytest.approx([np.log(3)])
    assert np.isnan(decision_log_odds([0.0], [0.0]))[0]
    assert decision_log_odds([0.5], [0.0]) == pytest.approx([30.0])


def test_a_gap_by_hand():
    # Differences 1, 2, 3, 4, 5 over five scenarios: mean 3, standard error √2.5/√5 = 0.7071,
    # t(0.975; 4) = 2.7764, so 3 ± 1.9632. In probability: from the men's mean log-odds.
    y, names, values, base = crossed([1, 2, 3, 4, 5], scenarios=5)
    found = {gap.attribute: gap for gap in gaps(y, names, values, base)}
    sex = found["sex"]
    assert sex.estimate.value == pytest.approx(3)
    assert sex.estimate.low == pytest.approx(3 - 1.9632, abs=1e-3)
    assert sex.estimate.n == 5
    assert list(sex.by_scenario.values()) == pytest.approx([1, 2, 3, 4, 5])
    men = np.mean([v for v, s in zip(y, values["sex"], strict=True) if s == "man"])
    assert sex.in_probability == pytest.approx(expit(men + 3) - expit(men))
    assert found["age"].estimate.value == pytest.approx(0.5)
    assert found["age"].q_value < 1e-6  # the same in every scenario
    assert sex.is_clear


def test_no_effect_is_no_gap_and_the_other_way_round_turns_the_sign():
    y, names, values, base = crossed([0] * 8)
    assert gaps(y, names, values, base)[0].p_value == 1
    y, names, values, base = crossed([1, 2, 1, 2, 1, 2, 1, 2])
    one = gaps(y, names, values, base)[0].estimate.value
    other = gaps(y, names, values, {**base, "sex": "woman"})[0].estimate.value
    assert one == pytest.approx(-other)


def test_what_all_rows_of_a_scenario_share_does_not_count():
    y, names, values, base = crossed([1, -1, 1, -1, 1, 1, -1, 1])
    moved = y + np.array([100.0 * hash(n) % 7 for n in names])
    for one, other in zip(
        gaps(y, names, values, base), gaps(moved, names, values, base), strict=True
    ):
        assert one.estimate.value == pytest.approx(other.estimate.value)


def test_a_row_without_its_partner_is_left_out():
    y, names, values, base = crossed([1] * 8)
    y[1] = np.nan  # scenario 0, man of 60: its woman of 60 has no partner
    sex = gaps(y, names, values, base)[0]
    assert sex.estimate.value == pytest.approx(1)
    assert sex.estimate.n == 8


def test_too_few_scenarios_have_no_interval():
    y, names, values, base = crossed([1] * 4, scenarios=4)
    gap = gaps(y, names, values, base)[0]
    assert not gap.estimate.is_defined
    assert "4 scenarios are too few" in gap.estimate.reason
    assert not gap.is_clear


def test_noise_is_seldom_called_a_gap():
    clear = [
        gap.is_clear
        for seed in range(20)
        for gap in gaps(*crossed([0] * 8, noise=1.0, seed=seed)[:3], {"sex": "man", "age": "30"})
        if gap.attribute == "sex"
    ]
    assert np.mean(clear) <= 0.15


def test_the_mixed_model_agrees_with_pairs_on_complete_sets():
    y, names, values, base = crossed(np.linspace(0.5, 1.5, 12), scenarios=12, noise=0.3)
    fit = mixed_scores(y, names, values, base)
    paired = {f"{g.attribute}: {g.level}": g.estimate.value for g in gaps(y, names, values, base)}
    told = dict(zip(fit.scores["term"], fit.scores["score"], strict=True))
    assert told == pytest.approx(paired, abs=1e-3)
    assert (fit.scores["low"] < fit.scores["score"]).all()


def test_a_numeric_attribute_is_a_slope_per_standard_deviation():
    y, names, values, base = crossed([0] * 12, scenarios=12, noise=0.1)
    fit = mixed_scores(y, names, values, base, numeric=["age"])
    # Ages 30 and 60, evenly: one standard deviation is half of the way, 0.25 of log-odds.
    slope = fit.scores.set_index("term")["score"]["age (one standard deviation)"]
    assert slope == pytest.approx(0.25, abs=0.05)


def test_few_scenarios_have_no_mixed_model():
    fit = mixed_scores(*crossed([1] * 3, scenarios=3))
    assert "too few" in fit.reason
    assert fit.scores.empty


@pytest.mark.parametrize(
    "change",
    [
        {"base": {"sex": "child", "age": "30"}},
        {"base": {}},
        {"names": ["s0"]},
        {"values": {}},
    ],
)
def test_what_does_not_fit_is_refused(change):
    y, names, values, base = crossed([1] * 8)
    given = {"names": names, "values": values, "base": base, **change}
    with pytest.raises(ValueError, match="Expected"):
        gaps(y, given["names"], given["values"], given["base"])


def test_an_attribute_without_a_baseline_only_pairs_rows():
    y, names, values, base = crossed([1, 2, 3, 4, 5], scenarios=5)
    alone = gaps(y, names, values, {"sex": "man"})
    assert [gap.attribute for gap in alone] == ["sex"]
    assert alone[0].estimate == gaps(y, names, values, base)[0].estimate
    plain = gaps(y, names, values, {"sex": "man"}, odds=False)[0]
    assert plain.estimate == alone[0].estimate
    assert np.isnan(plain.in_probability)


def test_log_odds_of_no_probabilities_are_refused():
    with pytest.raises(ValueError, match="Expected"):
        decision_log_odds([-0.1], [0.2])
    with pytest.raises(ValueError, match="Expected"):
        decision_log_odds([0.1, 0.2], [0.2])
