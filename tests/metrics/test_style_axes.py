"""The main directions of embeddings, and policies on them."""

import numpy as np
import pytest
from sklearn.decomposition import PCA

from metrics.style_axes import fit_style_axes


@pytest.fixture
def cloud():
    rng = np.random.default_rng(5)
    return 2.0 + rng.standard_normal((60, 40)) * np.linspace(3, 0.1, 40)


def test_by_hand():
    # Along (1, 1) the four lie at ±1 and ±3 times √2, across it nowhere.
    axes = fit_style_axes([[1, 1], [-1, -1], [3, 3], [-3, -3]])
    assert axes.directions == pytest.approx(np.full((1, 2), 1 / 2**0.5))
    assert axes.shares == pytest.approx([1])
    assert axes.deviation == pytest.approx(10**0.5)  # variance (1 + 1 + 9 + 9) · 2 / 4
    assert axes.project([[2, 2]]) == pytest.approx(np.array([[8**0.5]]))


def test_it_is_principal_component_analysis(cloud):
    axes, other = fit_style_axes(cloud, most=5), PCA(5).fit(cloud)
    assert np.allclose(np.abs(axes.directions), np.abs(other.components_))
    assert axes.shares == pytest.approx(other.explained_variance_ratio_)
    assert len(fit_style_axes(cloud).shares) == 16


def test_all_directions_keep_every_distance_and_one_scale(cloud):
    axes = fit_style_axes(cloud, most=40)
    places = axes.project(cloud)
    gaps = np.linalg.norm(places[:1] - places, axis=1)
    assert np.allclose(gaps, np.linalg.norm(cloud[:1] - cloud, axis=1))
    space = axes.space(reference="r", n=60)
    scaled = space.scale(places)
    assert np.square(scaled).mean() == pytest.approx(1)
    assert scaled.std(axis=0)[0] > 5 * scaled.std(axis=0)[-1]  # not whitened
    assert space.names[:2] == ("direction_1", "direction_2")


def test_rows_without_an_embedding_are_left_out_and_stay_undefined(cloud):
    gap = np.full((1, 40), np.nan)
    with_gap = fit_style_axes(np.concatenate([cloud, gap]))
    assert np.allclose(with_gap.directions, fit_style_axes(cloud).directions)
    assert np.isnan(with_gap.project(gap)).all()


def test_the_order_of_texts_doesnt_matter(cloud):
    assert np.allclose(fit_style_axes(cloud).directions, fit_style_axes(cloud[::-1]).directions)


@pytest.mark.parametrize(
    ("vectors", "told"),
    [
        (np.ones((5, 3)), "all were alike"),
        (np.full((3, 2), np.nan), "finite vectors"),
        (np.ones(4), "shape"),
    ],
)
def test_what_cannot_be_fitted(vectors, told):
    with pytest.raises(ValueError, match=told):
        fit_style_axes(vectors)
