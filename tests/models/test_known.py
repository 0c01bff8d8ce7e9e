"""The curated list agrees with itself, and with what is known of its models elsewhere."""

from __future__ import annotations

import pytest

from data.schema import ModelRef
from models.known import KNOWN, Architecture, known
from models.registry import offered_ids, resolve

LISTED = [model for model in KNOWN if not model.bundled]


def test_the_list_is_consistent() -> None:
    assert len({model.id for model in KNOWN}) == len({model.name for model in KNOWN}) == len(KNOWN)
    assert [model for model in KNOWN if model.bundled] == [KNOWN[0]]
    for model in LISTED:
        assert resolve(ModelRef(model.id)) == model.id
        assert known(model.id) is model
        assert model.shape is not None
        assert 0 < model.shape.embeddings < model.shape.parameters
        assert model.licence
        assert model.languages
        assert model.summary.endswith(".")
    assert known("somebody/some-model") is None


def test_it_reaches_from_a_laptop_to_a_large_gpu_and_over_many_families() -> None:
    sizes = [model.shape.parameters for model in LISTED]
    assert sizes == sorted(sizes)
    assert sizes[0] < 150e6
    assert sizes[-1] > 60e9
    assert 15 <= len(LISTED) <= 30
    assert len({model.family for model in LISTED}) >= 8
    assert {model.kind for model in LISTED} == {"chat", "base"}


@pytest.mark.parametrize("model", LISTED, ids=lambda model: model.name)
def test_the_number_of_parameters_follows_from_the_sizes(model) -> None:
    sizes = model.architecture
    assert sizes.parameters == pytest.approx(model.shape.parameters, rel=0.002)
    assert model.shape.width == sizes.kv_heads * sizes.head_dim
    assert sizes.heads % sizes.kv_heads == 0


def test_parameters_by_hand() -> None:
    # Embedding 10 × 4 = 40. A layer: queries and output 2 × 4 × (2 × 3) = 48, keys and values
    # 2 × 4 × (1 × 3) = 24, feed-forward 3 × 4 × 5 = 60; two of them 264.
    sizes = {"hidden": 4, "layers": 2, "heads": 2, "kv_heads": 1, "head_dim": 3}
    sizes |= {"intermediate": 5, "vocabulary": 10, "context": 8}
    assert Architecture(**sizes, tied=True).parameters == 40 + 264
    assert Architecture(**sizes, tied=False).parameters == 80 + 264


@pytest.mark.parametrize(
    ("model_id", "parameters"),
    [  # as another project lists them: keras-hub's presets, read in its repository
        ("google/gemma-3-1b-it", 999_885_952),
        ("Qwen/Qwen3-0.6B", 596_049_920),
    ],
)
def test_published_counts(model_id: str, parameters: int) -> None:
    assert known(model_id).shape.parameters == pytest.approx(parameters, rel=1e-4)


def test_transformers_knows_the_defaults_it_took_from_them() -> None:
    from transformers import Gemma2Config, SmolLM3Config

    for model_id, config in (
        ("google/gemma-2-2b-it", Gemma2Config()),
        ("HuggingFaceTB/SmolLM3-3B", SmolLM3Config()),
    ):
        sizes = known(model_id).architecture
        assert (sizes.hidden, sizes.layers) == (config.hidden_size, config.num_hidden_layers)
        assert (sizes.heads, sizes.kv_heads) == (
            config.num_attention_heads,
            config.num_key_value_heads,
        )
        assert (sizes.intermediate, sizes.vocabulary) == (
            config.intermediate_size,
            config.vocab_size,
        )


def test_a_public_host_offers_small_ungated_models_unless_told_otherwise() -> None:
    offered = offered_ids({"CHORALE_MODEL": "echo"})
    assert {"echo", "saltmere", "Qwen/Qwen3-1.7B"} <= offered
    assert not {"Qwen/Qwen3-4B", "meta-llama/Llama-3.2-1B", "any/model"} & offered


def test_its_operator_may_name_the_models() -> None:
    told = {"CHORALE_MODELS": "Qwen/Qwen3-8B, saltmere,", "CHORALE_MODEL": "saltmere"}
    assert offered_ids(told) == {"Qwen/Qwen3-8B", "saltmere"}
