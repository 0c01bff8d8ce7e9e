from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from huggingface_hub import errors

from data.errors import MemoryBudgetError, ModelError
from data.schema import ModelRef
from models import hub_process, loading_hub, registry
from models.local import LocalModel
from models.registry import (
    BUNDLED_ID,
    available_memory,
    display_name,
    estimate_memory,
    resolve,
)
from models.shape import ModelShape, memory_of, read_shape

GIB = 2**30
# 8 billion parameters, 1 billion of them embeddings; 32 layers of 8 heads of 128.
LARGE = ModelShape(8 * 10**9, 10**9, layers=32, width=1024, vocabulary=128_000, context=8192)


def http_error(kind: type[errors.HfHubHTTPError]) -> errors.HfHubHTTPError:
    return kind("refused", response=SimpleNamespace(headers={}, request=None))


def test_the_registry_needs_no_torch() -> None:
    code = (
        "import models.registry, models.local, models.embedding, sys; print('torch' in sys.modules)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "False"


def test_resolve_finds_folders_and_hub_ids(checkpoint: Callable[..., Path]) -> None:
    folder = checkpoint("llama")
    assert resolve(ModelRef(str(folder))) == folder
    assert resolve(ModelRef("owner/name-1.5B")) == "owner/name-1.5B"


@pytest.mark.parametrize(
    "model_id", ["", "no-such-thing", "/no/such/folder", "a/b/c", "../up", "owner/na me", "a\0b"]
)
def test_resolve_refuses_what_is_neither(model_id: str) -> None:
    with pytest.raises(ModelError, match="no model or folder"):
        resolve(ModelRef(model_id))


def test_the_bundled_model_is_a_folder_or_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "BUNDLED_FOLDER", tmp_path)
    with pytest.raises(ModelError, match="weights are missing"):
        resolve(ModelRef(BUNDLED_ID))
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    assert resolve(ModelRef(BUNDLED_ID)) == tmp_path


def test_names_are_short() -> None:
    assert display_name(BUNDLED_ID) == "Saltmere"
    assert display_name("Qwen/Qwen3-0.6B") == "Qwen3 0.6B"
    assert display_name("somebody/some-model") == "some-model"
    assert display_name("/srv/weights/mine") == "mine"


def test_shapes_are_read_without_loading(checkpoint: Callable[..., Path], tiny: LocalModel) -> None:
    shape = read_shape(checkpoint("qwen2"))
    # 2 key-value heads of 64 / 4 = 16; embedding and head of 300 × 64 each, as they aren't tied.
    assert (shape.layers, shape.width, shape.vocabulary, shape.context) == (2, 32, 300, 512)
    assert shape.embeddings == 2 * 300 * 64
    assert read_shape(checkpoint("llama")).parameters == tiny.info.parameters


def test_memory_grows_with_everything_that_takes_some() -> None:
    base = memory_of(LARGE, "bf16", device="cuda")
    assert memory_of(LARGE, "fp32", device="cuda") > base
    assert base > memory_of(LARGE, "int8", device="cuda") > memory_of(LARGE, "nf4", device="cuda")
    assert memory_of(LARGE, "bf16", device="cuda", n=512) > base
    assert memory_of(LARGE, "bf16", device="cuda", prompt_tokens=8192) > base
    assert memory_of(LARGE, "bf16", device="cuda", new_tokens=1024) > base


def test_memory_by_hand() -> None:
    # Weights 2 × 8e9. A token's cache 2 × 32 × 1024 × 2 = 131,072 bytes, and of 1,000 + 256 × 100
    # tokens 3.49e9. Scratch 40 × min(2^24, ·) = 0.67e9, logits 256 × 128,000 × 2 = 0.07e9.
    expected = 16e9 + 131_072 * 26_600 + 40 * 2**24 + 2 * 256 * 128_000 + 300 * 2**20
    needed = memory_of(LARGE, "bf16", device="cuda", n=256, prompt_tokens=1000, new_tokens=100)
    assert needed == pytest.approx(expected, rel=1e-3)


def test_the_prompt_counts_once() -> None:
    def prompt(n: int) -> int:
        long = memory_of(LARGE, "bf16", device="cuda", n=n, prompt_tokens=1000)
        return long - memory_of(LARGE, "bf16", device="cuda", n=n, prompt_tokens=0)

    assert prompt(256) == prompt(1) == 131_072 * 1000


def test_small_models_are_counted_in_float32_on_a_cpu() -> None:
    small = ModelShape(10**8, 10**7, layers=8, width=512, vocabulary=32_000, context=2048)
    assert memory_of(small, "bf16", device="cpu") == memory_of(small, "fp32", device="cpu")
    assert memory_of(LARGE, "bf16", device="cpu") < memory_of(LARGE, "fp32", device="cpu")


def test_estimates_need_no_download(checkpoint: Callable[..., Path]) -> None:
    needed = estimate_memory(ModelRef("Qwen/Qwen2.5-1.5B-Instruct"), device="cuda")
    assert needed is not None
    assert 3 * GIB < needed < 6 * GIB
    assert estimate_memory(ModelRef(str(checkpoint("llama")))) > 0
    assert estimate_memory(ModelRef("somebody/some-model")) is None


def test_available_memory_respects_the_container(monkeypatch: pytest.MonkeyPatch) -> None:
    assert 0 < available_memory()
    monkeypatch.setattr(registry, "_container_room", lambda: [12_345])
    assert available_memory() == 12_345


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (http_error(errors.RepositoryNotFoundError), "no model owner/name on Hugging Face"),
        (http_error(errors.GatedRepoError), "gated"),
        (http_error(errors.RevisionNotFoundError), "no revision “v9”"),
        (errors.HFValidationError("bad"), "no Hugging Face id"),
        (errors.OfflineModeIsEnabled("offline"), "can't be reached"),
        (ConnectionRefusedError("refused"), "can't be reached"),
        (hub_process._transport()("no route"), "can't be reached"),
        (http_error(errors.HfHubHTTPError), "refused the download"),
        (OSError(28, "No space left on device"), "download of owner/name failed"),
    ],
)
def test_what_the_hub_says_is_explained(
    monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr(hub_process, "_listing", refuse)
    for errand in (hub_process.download, hub_process.look_up):
        with pytest.raises(ModelError, match=said):
            errand("owner/name", "v9", print)
    with pytest.raises(ModelError, match=said) as raised:
        hub_process.download("owner/name", "v9", print)
    assert raised.value.what_to_do


def test_no_network_is_said() -> None:
    with pytest.raises(ModelError, match="can't be reached"):
        loading_hub.fetch("owner/name")


def listing(**sizes: int) -> SimpleNamespace:
    names = {name.replace("__", "."): size for name, size in sizes.items()}
    return SimpleNamespace(
        siblings=[SimpleNamespace(rfilename=n, size=s) for n, s in names.items()]
    )


def test_a_listing_is_checked_before_the_download(monkeypatch: pytest.MonkeyPatch) -> None:
    hub_process.check_listing(listing(model__safetensors=10), "owner/name")
    with pytest.raises(ModelError, match="pickle"):
        hub_process.check_listing(listing(pytorch_model__bin=10), "owner/name")
    with pytest.raises(ModelError, match="no weights"):
        hub_process.check_listing(listing(config__json=10), "owner/name")
    with pytest.raises(MemoryBudgetError, match="disk"):
        hub_process.check_listing(listing(model__safetensors=10**18), "owner/name")


def test_an_earlier_download_works_offline(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.snapshot_download", lambda *_, **__: str(folder))
    monkeypatch.setattr(loading_hub, "_Errand", None)
    assert loading_hub.fetch("owner/name") == folder


def test_a_download_that_was_cut_off_is_no_earlier_download(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.snapshot_download", lambda *_, **__: str(folder))
    index = folder / "model.safetensors.index.json"
    index.write_text('{"weight_map": {"a": "model-00002.safetensors"}}', encoding="utf-8")
    assert loading_hub.downloaded("owner/name") is None
    index.write_text('{"weight_map": {"a": "model.safetensors"}}', encoding="utf-8")
    assert loading_hub.downloaded("owner/name") == folder
