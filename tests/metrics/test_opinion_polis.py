import numpy as np
import pytest

from tests.benchmarks.preference_data import FIXTURES, SHARED, fixture_agreement


@pytest.mark.skipif(not SHARED.exists(), reason="Polis's data are not beside this checkout")
@pytest.mark.parametrize("name", FIXTURES)
def test_groups_and_counts_are_those_of_polis(name, capsys):
    index = fixture_agreement(name, FIXTURES[name], np.random.default_rng(0))
    assert index == 1
    assert ", 0 differ" in capsys.readouterr().out
