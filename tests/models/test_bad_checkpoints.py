"""Checkpoints that something is wrong with: said in words, let go of, and the next one works."""

from __future__ import annotations

import gc
import json
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import GenerationMixin, PreTrainedModel

from data.errors import ChoraleError, ModelError, PromptError
from data.schema import Decoding, FinishReason, Message, ModelRef, Sample
from models.base import LanguageModel
from models.manager import ModelManager
from tests.models.families import VOCABULARY, edit_json, save_family
from tests.models.templates import ASKED, EACH

ASK = [Message("user", "a boat in the harbour?")]
WAIT = 60  # seconds until a test gives up; none of them waits that long
EMBEDDINGS = "model.embed_tokens.weight"


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_family(tmp_path_factory.mktemp("good"), "qwen2")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A checkpoint that a test spoils."""
    return save_family(tmp_path / "spoilt", "qwen2")


@pytest.fixture
def alive(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Counts the models in memory that were made during the test."""
    made: list[weakref.ref[PreTrainedModel]] = []
    begin = PreTrainedModel.__init__

    def watched(self: PreTrainedModel, *args: Any, **options: Any) -> None:
        begin(self, *args, **options)
        if isinstance(self, GenerationMixin):  # not the part of it that only reads
            made.append(weakref.ref(self))

    monkeypatch.setattr(PreTrainedModel, "__init__", watched)

    def count() -> int:
        gc.collect()
        return sum(ref() is not None for ref in made)

    return count


@pytest.fixture
def manager() -> Iterator[ModelManager]:
    made = ModelManager(fits=lambda loaded, wanted: not loaded)
    yield made
    made.close()


def answers(manager: ModelManager, folder: Path, messages: list[Message] = ASK) -> list[Sample]:
    def work(model: LanguageModel) -> list[Sample]:
        asked = Decoding(max_new_tokens=4)
        return list(model.generate(messages, indices=range(3), decoding=asked, seed=1))

    ref = ModelRef(str(folder), quantization="fp32")
    return manager.submit("ann", ref, work).result(WAIT)


def assert_refused(
    manager: ModelManager,
    folder: Path,
    good: Path,
    alive: Callable[[], int],
    message: str,
) -> None:
    """It can't be loaded, nothing of it stays, and the next model works."""
    with pytest.raises(ModelError, match=message) as raised:
        answers(manager, folder)
    assert raised.value.what_to_do
    assert alive() == 0  # though the error is still there to be shown
    assert len(answers(manager, good)) == 3


def rewrite(folder: Path, change: Callable[[dict[str, torch.Tensor]], object]) -> None:
    tensors = load_file(folder / "model.safetensors")
    change(tensors)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def cut_short(folder: Path) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])


def header_lost(folder: Path) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:20])


def header_garbled(folder: Path) -> None:
    content = bytearray((folder / "model.safetensors").read_bytes())
    content[8:12] = b"\xff\xfe{["
    (folder / "model.safetensors").write_bytes(content)


def zeros_only(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(bytes(4096))


def shard_missing(folder: Path) -> None:
    tensors = load_file(folder / "model.safetensors")
    named = {name: "model-00002-of-00002.safetensors" for name in tensors}
    named[EMBEDDINGS] = "model-00001-of-00002.safetensors"
    first = {EMBEDDINGS: tensors[EMBEDDINGS]}
    save_file(first, folder / "model-00001-of-00002.safetensors", metadata={"format": "pt"})
    index = {"metadata": {"total_size": 1}, "weight_map": named}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index), "utf-8")
    (folder / "model.safetensors").unlink()


def index_cut_short(folder: Path) -> None:
    shard_missing(folder)
    index = folder / "model.safetensors.index.json"
    index.write_text(index.read_text("utf-8")[:40], "utf-8")


def tensor_of_another_shape(folder: Path) -> None:
    edit_json(folder / "config.json", vocab_size=VOCABULARY + 16)


def tensor_missing(folder: Path) -> None:
    rewrite(folder, lambda tensors: tensors.pop("model.norm.weight"))


def tokenizer_missing(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()


def tokenizer_cut_short(folder: Path) -> None:
    content = (folder / "tokenizer.json").read_text("utf-8")
    (folder / "tokenizer.json").write_text(content[: len(content) // 2], "utf-8")


def tokenizer_of_a_larger_model(folder: Path) -> None:
    edit_json(folder / "config.json", vocab_size=256)

    def shrink(tensors: dict[str, torch.Tensor]) -> None:
        for name in (EMBEDDINGS, "lm_head.weight"):
            tensors[name] = tensors[name][:256].clone()

    rewrite(folder, shrink)


def code_for_the_model(folder: Path) -> None:
    edit_json(folder / "config.json", model_type="ours", auto_map={"AutoModelForCausalLM": "m.M"})
    (folder / "m.py").write_text("raise SystemExit('ran')", "utf-8")


def code_for_the_tokenizer(folder: Path) -> None:
    save_family(folder, "llama")
    named = {"AutoTokenizer": ["m.T", "m.T"]}
    edit_json(folder / "tokenizer_config.json", tokenizer_class="T", auto_map=named)
    (folder / "m.py").write_text("raise SystemExit('ran')", "utf-8")


def weights_not_numbers(folder: Path) -> None:
    rewrite(folder, lambda t: t["model.layers.1.mlp.up_proj.weight"].fill_(torch.nan))


def weights_infinite(folder: Path) -> None:
    rewrite(folder, lambda t: t["model.norm.weight"].fill_(torch.inf))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (cut_short, r"damaged: 1,000 bytes are missing at its end\. Download"),
        (header_lost, r"damaged: its header claims .* bytes\. Download"),
        (header_garbled, r"weights in model\.safetensors are damaged.*\. Download"),
        (zeros_only, r"weights in model\.safetensors are damaged.*\. Download"),
        (shard_missing, r"incomplete: it lacks model-00002-of-00002\.safetensors\. Download"),
        (index_cut_short, r"index\.json is damaged.*\. Download"),
        (tensor_of_another_shape, r"spoilt can't be loaded.*weights are whole"),
        (tensor_missing, r"incomplete: 1 are missing\. Download"),
        (tokenizer_missing, r"without a tokenizer\. Put its tokenizer files"),
        (tokenizer_cut_short, r"tokenizer of spoilt can't be read.*Download"),
        (tokenizer_of_a_larger_model, r"doesn't belong to its weights.*256 tokens only\. Download"),
        (code_for_the_model, r"needs code of its own.*Choose a model whose architecture"),
        (code_for_the_tokenizer, r"needs code of its own.*Choose a model whose architecture"),
        (weights_not_numbers, r"not a number.*wider precision"),
        (weights_infinite, r"not a number.*wider precision"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_bad_checkpoint_is_refused_and_let_go(
    manager: ModelManager,
    folder: Path,
    good: Path,
    alive: Callable[[], int],
    spoil: Callable[[Path], None],
    message: str,
) -> None:
    spoil(folder)
    assert_refused(manager, folder, good, alive, message)


def assert_goes_on(
    manager: ModelManager, folder: Path, error: type[ChoraleError], message: str, **bad: Any
) -> None:
    """A turn fails in words, the next turn of the same loaded model works."""
    assert len(answers(manager, folder)) == 3
    with pytest.raises(error, match=message):
        answers(manager, folder, **bad)
    assert manager.loaded() == (ModelRef(str(folder), quantization="fp32"),)
    assert len(answers(manager, folder)) == 3


def test_a_token_without_a_place_ends_the_turn_only(
    manager: ModelManager, folder: Path, good: Path, alive: Callable[[], int]
) -> None:
    tokens = json.loads((folder / "tokenizer.json").read_text("utf-8"))
    size = len(tokens["model"]["vocab"])
    save_family(folder, "qwen2", vocab_size=size)
    added = {**tokens["added_tokens"][0], "id": size, "content": "<|new|>"}
    edit_json(folder / "tokenizer.json", added_tokens=[*tokens["added_tokens"], added])
    bad = [Message("user", "a <|new|> boat")]
    said = rf"token {size}, but they know {size} tokens only"
    assert_goes_on(manager, folder, ModelError, said, messages=bad)
    answers(manager, good)  # takes its place
    assert alive() == 1


def test_a_token_that_is_not_a_number_ends_the_turn_only(
    manager: ModelManager, folder: Path
) -> None:
    tokens = json.loads((folder / "tokenizer.json").read_text("utf-8"))["model"]["vocab"]
    rewrite(folder, lambda t: t[EMBEDDINGS][tokens[","]].fill_(torch.nan))
    bad = [Message("user", "a boat, a pier")]
    assert_goes_on(manager, folder, ModelError, r"not a number.*wider precision", messages=bad)


def test_a_failing_template_ends_the_turn_only(manager: ModelManager, folder: Path) -> None:
    moody = "{% if 'pier' in messages[0].content %}{{ 1 // 0 }}{% endif %}"
    (folder / "chat_template.jinja").write_text(moody + EACH + ASKED + "{% endif %}", "utf-8")
    bad = [Message("user", "the pier")]
    assert_goes_on(manager, folder, PromptError, r"refuses this conversation.*zero", messages=bad)


def test_an_answer_without_a_word_is_an_answer(manager: ModelManager, folder: Path) -> None:
    def ends_at_once(tensors: dict[str, torch.Tensor]) -> None:
        tensors["lm_head.weight"].zero_()

    rewrite(folder, ends_at_once)  # every token is as likely as any other
    edit_json(folder / "generation_config.json", eos_token_id=list(range(VOCABULARY)))
    for sample in answers(manager, folder):
        assert (sample.text, sample.finish) == ("", FinishReason.STOP)
        assert len(sample.token_ids) == len(sample.logprobs) == 1
