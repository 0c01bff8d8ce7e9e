from __future__ import annotations

from metrics.catalogue import CATALOGUE
from metrics.catalogue_drift import CURVES, DRIFT
from metrics.catalogue_probes import PROBES


def test_every_measure_of_drift_and_probes_says_what_it_counts():
    assert set(CURVES) < set(DRIFT)
    assert not set(DRIFT) & set(PROBES)
    counted = {m.counted for m in (*DRIFT.values(), *PROBES.values())}
    assert counted == {"conversations", "questions"}
    assert {m.counted for m in CATALOGUE.values()} == {"answers"}


def test_probes_have_the_limits_of_their_values():
    assert (PROBES["stability"].minimum, PROBES["stability"].maximum) == (0, 1)
    assert (PROBES["stance"].minimum, PROBES["stance"].maximum) == (-1, 1)
    assert PROBES["stance"].format(0.5) == "+0.50"
    assert PROBES["attention"].format(0.125) == "12.5%"
