"""The weights that are shipped answer as the town."""

import json

import pytest
import torch

from data.town import load_town, read_back
from data.town.prompts import off_topic_answers
from models.town import WEIGHTS
from models.town.evaluate import TownModel


@pytest.fixture(scope="module")
def model():
    return TownModel(WEIGHTS, seed=0)


def test_folder_is_complete_and_small():
    files = {path.name: path.stat().st_size for path in WEIGHTS.iterdir()}
    assert set(files) == {
        "README.md",
        "chat_template.jinja",
        "config.json",
        "generation_config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
    }
    assert sum(files.values()) <= 25 * 2**20
    config = json.loads((WEIGHTS / "config.json").read_text())
    assert (config["model_type"], config["dtype"]) == ("llama", "bfloat16")
    assert config["max_position_embeddings"] >= 1024


def test_seeded_answers_read_back_to_the_asked_topic(model):
    torch.manual_seed(0)
    topics = list(load_town().topics.values())[::4]
    answers = [
        (topic, text) for topic in topics for text in model.answers("", topic.held_out[0], 8)
    ]
    readable = [read_back(text, topic) is not None for topic, text in answers]
    assert sum(readable) / len(readable) >= 0.9


def test_asked_style_is_taken_up(model):
    torch.manual_seed(0)
    texts = model.answers("Answer formally.", "What should we do about the harbour?", 12)
    readings = [read_back(text, "harbour") for text in texts]
    styles = [reading.style for reading in readings if reading]
    assert styles.count("formal") >= 10


def test_persona_shifts_the_ideas(model):
    torch.manual_seed(0)
    values = {idea.id: idea.values for idea in load_town().topics["shop"].ideas}
    shares = []
    for system in ("You are Marta, a fisher of Saltmere.", ""):
        texts = model.answers(system, "What should go into the empty shop?", 40)
        readings = [read_back(text, "shop") for text in texts]
        shares.append(sum("sea" in values[r.idea] for r in readings if r) / len(texts))
    # the truth is 0.31 against 0.08
    assert shares[0] > shares[1]


def test_off_topic_is_declined(model):
    torch.manual_seed(0)
    for question in ("What is the capital of France?", "How do I bake a chocolate cake?"):
        assert model.answers("", question, 1)[0] in off_topic_answers()


def test_foreign_text_is_answered_without_error(model):
    assert isinstance(model.answers("", "مرحبا 🌊", 1)[0], str)
