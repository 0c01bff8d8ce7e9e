"""Models come from a hub that is kind, strict, slow or broken, and can be cancelled half way."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from data.errors import ModelError
from models.loading_hub import HubFacts, downloaded, fetch, look_up
from models.loading_watch import LoadingCancelled, Stage, Watch, watched_by
from models.shape import read_shape
from tests.models.fake_hub import COMMIT, FakeHub

WEIGHTS = "model.safetensors"
WAIT = 20  # seconds until a test gives up; none waits that long


@pytest.fixture
def hub(folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    """A hub with the tiny Llama, and an empty cache."""
    (folder / "pytorch_model.bin").write_bytes(b"not wanted")
    made = FakeHub(folder)
    monkeypatch.setenv("HF_ENDPOINT", made.url)
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    monkeypatch.setenv("HF_HUB_DOWNLOAD_TIMEOUT", "5")
    yield made
    made.close()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
    place = tmp_path / "hub" / "hub"
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(place))
    return place


class Noting(Watch):
    """A watch that keeps what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[tuple[Stage, int, int]] = []

    def report(self, stage: Stage, done: int = 0, total: int = 0) -> None:
        super().report(stage, done, total)
        self.heard.append((stage, done, total))


def test_a_model_is_downloaded_once_and_then_needs_no_hub(hub: FakeHub, cache: Path) -> None:
    watch = Noting()
    with watched_by(watch):
        place = fetch(hub.model_id)
    assert (place / WEIGHTS).read_bytes() == (hub.folder / WEIGHTS).read_bytes()
    assert not (place / "pytorch_model.bin").exists()
    wanted = sum(len(c) for n, c in hub.files.items() if not n.endswith(".bin"))
    assert watch.heard[0] == (Stage.ASKING, 0, 0)
    assert {stage for stage, *_ in watch.heard[1:]} == {Stage.DOWNLOADING}
    assert {total for *_, total in watch.heard[1:]} == {wanted}
    counts = [done for _, done, _ in watch.heard]
    assert counts == sorted(counts)
    assert 0 < counts[-1] <= wanted
    asked = len(hub.asked)
    assert fetch(hub.model_id) == downloaded(hub.model_id) == place
    assert len(hub.asked) == asked


def test_a_revision_is_asked_for(hub: FakeHub, cache: Path) -> None:
    assert fetch(hub.model_id, COMMIT).name == COMMIT
    with pytest.raises(ModelError, match=r"no revision “v9”.*default branch"):
        fetch(hub.model_id, "v9")


def test_cancelling_ends_a_stalled_download_and_leaves_nothing_half_done(
    hub: FakeHub, cache: Path
) -> None:
    hub.manners.stalls = frozenset({WEIGHTS})
    watch, raised = Watch(), []

    def load() -> None:
        with watched_by(watch), pytest.raises(LoadingCancelled) as caught:
            fetch(hub.model_id)
        raised.append(caught.value)

    thread = threading.Thread(target=load)
    thread.start()
    assert hub.half_sent.wait(WAIT)
    watch.cancel()
    thread.join(WAIT)
    assert raised
    assert not list(cache.rglob("*.incomplete"))
    assert downloaded(hub.model_id) is None
    hub.manners.stalls = frozenset()
    assert (fetch(hub.model_id) / WEIGHTS).read_bytes() == (hub.folder / WEIGHTS).read_bytes()


def test_what_others_left_half_done_is_not_touched(hub: FakeHub, cache: Path) -> None:
    blobs = cache / "models--owner--tiny" / "blobs"
    blobs.mkdir(parents=True)
    (blobs / "other.incomplete").write_bytes(b"theirs")
    hub.manners.stalls = frozenset({WEIGHTS})
    watch = Watch()
    threading.Thread(target=lambda: hub.half_sent.wait(WAIT) and watch.cancel()).start()
    with watched_by(watch), pytest.raises(LoadingCancelled):
        fetch(hub.model_id)
    assert [part.name for part in cache.rglob("*.incomplete")] == ["other.incomplete"]


def test_what_was_cancelled_before_is_not_begun(hub: FakeHub, cache: Path) -> None:
    watch = Watch()
    watch.cancel()
    with watched_by(watch), pytest.raises(LoadingCancelled):
        fetch(hub.model_id)
    assert not hub.asked


def gated(hub: FakeHub) -> None:
    hub.manners.gated = True


def missing(hub: FakeHub) -> None:
    hub.manners.private = True


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (gated, r"is gated.*Accept it at huggingface\.co/owner/tiny.*HF_TOKEN"),
        (missing, r"no model owner/tiny on Hugging Face, or it is private\. Check the spelling"),
    ],
)
def test_a_refusal_says_how_to_get_access(
    hub: FakeHub, cache: Path, spoil: Callable[[FakeHub], None], said: str
) -> None:
    spoil(hub)
    for ask in (fetch, look_up):
        with pytest.raises(ModelError, match=said):
            ask(hub.model_id)
    assert not list(cache.rglob("*.safetensors"))


def test_a_token_without_access_is_told_apart(
    hub: FakeHub, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.manners.gated = True
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    with pytest.raises(ModelError, match="your HF_TOKEN's account has no access yet") as raised:
        fetch(hub.model_id)
    assert "hf_secret" not in str(raised.value)


def test_a_connection_that_breaks_off_is_said(hub: FakeHub, cache: Path) -> None:
    hub.manners.breaks = frozenset({WEIGHTS})
    with pytest.raises(ModelError, match=r"connection .* was lost while owner/tiny"):
        fetch(hub.model_id)
    assert not list(cache.rglob("*.incomplete"))


def test_a_hub_that_is_away_is_said(
    hub: FakeHub, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(ModelError, match=r"can't be reached.*bundled model"):
        fetch(hub.model_id)


def test_a_look_up_tells_the_size_without_the_weights(hub: FakeHub, cache: Path) -> None:
    facts = look_up(hub.model_id)
    shape = read_shape(hub.folder)
    assert isinstance(facts, HubFacts)
    assert (facts.licence, facts.gated) == ("apache-2.0", False)
    assert facts.shape.layers == shape.layers
    assert facts.shape.context == shape.context
    # The hub doesn't count parameters, so the float32 weights are taken for twice as many.
    assert facts.shape.parameters == pytest.approx(2 * shape.parameters, rel=0.05)
    assert facts.download == sum(len(c) for n, c in hub.files.items() if not n.endswith(".bin"))
    assert not list(cache.rglob("*.safetensors"))
