"""Loading can be watched and cancelled, models can be let go, and pairs stay together."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError

import pytest

from data.schema import ModelRef
from models.echo import EchoModel
from models.loading_watch import LoadingCancelled, LoadingState, Stage, current_watch
from models.manager import ModelManager

A, B, C = ModelRef("echo#a"), ModelRef("echo#b"), ModelRef("echo#c")
WAIT = 20  # seconds until a test gives up; none of them waits that long


class Slow:
    """Loads echoes of which each download goes on until it is told to end, or is cancelled."""

    def __init__(self) -> None:
        self.begun, self.finish = threading.Event(), threading.Event()
        self.loads: list[str] = []

    def __call__(self, ref: ModelRef) -> EchoModel:
        self.loads.append(ref.id)
        watch = current_watch()
        watch.report(Stage.DOWNLOADING, 3, 12)
        self.begun.set()
        while not self.finish.wait(0.01):
            watch.report(Stage.DOWNLOADING, 3, 12)
        return EchoModel(ref)


@pytest.fixture
def slow() -> Slow:
    return Slow()


@pytest.fixture
def make() -> Iterator[Callable[..., ModelManager]]:
    made: list[ModelManager] = []

    def manager(loader=EchoModel, **options) -> ModelManager:
        options.setdefault("fits", lambda loaded, wanted: not loaded)
        made.append(ModelManager(loader, **options))
        return made[-1]

    yield manager
    for one in made:
        one.close()
    assert not [t for t in threading.enumerate() if t.name.startswith("model ")]


def nothing(model) -> None:
    return None


def settled(condition: Callable[[], bool]) -> None:
    for _ in range(WAIT * 100):
        if condition():
            return
        threading.Event().wait(0.01)
    raise AssertionError("Expected the condition to be met in time.")


def test_a_loading_says_how_far_it_is(make, slow) -> None:
    manager = make(slow)
    future = manager.submit("ann", A, nothing)
    assert slow.begun.wait(WAIT)
    state = LoadingState(Stage.DOWNLOADING, 3, 12)
    assert manager.loading(A) == state
    assert state.part == 0.25
    (resident,) = manager.residents()
    assert (resident.ref, resident.loading, resident.info) == (A, state, None)
    slow.finish.set()
    future.result(WAIT)
    (resident,) = manager.residents()
    assert (resident.ref, resident.loading, resident.info.ref) == (A, None, A)
    assert manager.loading(A) is None
    assert manager.loading(B) is None


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (LoadingState(Stage.DOWNLOADING, 400_000_000, 1_200_000_000), "downloading, 0.4 of 1.2 GB"),
        (LoadingState(Stage.READING, 2, 5), "reading the weights, 40 %"),
        (LoadingState(Stage.ASKING), "asking Hugging Face"),
    ],
)
def test_its_state_in_words(state, words) -> None:
    assert state.words == words


def test_cancelling_ends_the_loading_and_the_next_one_begins_anew(make, slow) -> None:
    manager = make(slow)
    future = manager.submit("ann", A, nothing)
    assert slow.begun.wait(WAIT)
    manager.cancel_loading("ann", A)
    with pytest.raises(LoadingCancelled, match="cancelled"):
        future.result(WAIT)
    settled(lambda: not manager.residents())
    slow.finish.set()
    manager.submit("ann", A, nothing).result(WAIT)
    assert slow.loads == [A.id, A.id]


def test_a_loading_that_can_not_end_at_once_says_that_it_stops(make) -> None:
    begun, finish = threading.Event(), threading.Event()

    def deaf(ref: ModelRef) -> EchoModel:
        begun.set()
        assert finish.wait(WAIT)
        return EchoModel(ref)

    manager = make(deaf)
    manager.submit("ann", A, nothing)
    assert begun.wait(WAIT)
    manager.cancel_loading("ann", A)
    assert manager.loading(A) == LoadingState(Stage.STOPPING)
    finish.set()


def test_a_loading_that_others_wait_for_goes_on(make, slow) -> None:
    manager = make(slow)
    mine, theirs = manager.submit("ann", A, nothing), manager.submit("bob", A, nothing)
    assert slow.begun.wait(WAIT)
    manager.cancel_loading("ann", A)
    with pytest.raises(LoadingCancelled):
        mine.result(WAIT)
    slow.finish.set()
    theirs.result(WAIT)
    assert slow.loads == [A.id]


def test_a_loading_ends_when_the_last_turn_is_withdrawn(make, slow) -> None:
    manager = make(slow)
    future = manager.submit("ann", A, nothing)
    assert slow.begun.wait(WAIT)
    assert future.cancel()
    settled(lambda: not manager.residents())
    with pytest.raises(CancelledError):
        future.result(WAIT)


def test_a_turn_that_comes_while_a_loading_ends_is_served(make, slow) -> None:
    manager = make(slow)
    manager.submit("ann", A, nothing)
    assert slow.begun.wait(WAIT)
    manager.cancel_loading("ann", A)
    slow.finish.set()
    assert manager.submit("ann", A, nothing).result(WAIT) is None


def test_others_are_loaded_and_used_meanwhile(make, slow) -> None:
    def loader(ref: ModelRef) -> EchoModel:
        return slow(ref) if ref == A else EchoModel(ref)

    manager = make(loader, fits=lambda loaded, wanted: True)
    manager.submit("ann", A, nothing)
    assert slow.begun.wait(WAIT)
    assert manager.submit("bob", B, nothing).result(WAIT) is None
    slow.finish.set()


def test_cancelling_what_is_loaded_or_unknown_does_nothing(make) -> None:
    manager = make()
    manager.submit("ann", A, nothing).result(WAIT)
    manager.cancel_loading("ann", A)
    manager.cancel_loading("ann", B)
    assert manager.loaded() == (A,)


def test_closing_does_not_wait_for_a_download(make, slow) -> None:
    manager = make(slow)
    future = manager.submit("ann", A, nothing)
    assert slow.begun.wait(WAIT)
    manager.close()
    assert future.cancelled()


def test_a_model_is_let_go_when_it_is_asked_for(make) -> None:
    manager = make()
    manager.submit("ann", A, nothing).result(WAIT)
    manager.unload(B)
    manager.unload(A)
    settled(lambda: not manager.residents())
    manager.submit("ann", A, nothing).result(WAIT)
    assert manager.loaded() == (A,)


def test_a_model_in_use_is_let_go_afterwards(make) -> None:
    manager = make()
    entered, leave = threading.Event(), threading.Event()
    first = manager.submit("ann", A, lambda model: entered.set() or leave.wait(WAIT))
    assert entered.wait(WAIT)
    second = manager.submit("ann", A, nothing)
    manager.unload(A)
    leave.set()
    assert first.result(WAIT)
    assert second.result(WAIT) is None
    settled(lambda: not manager.residents())


@pytest.fixture
def heavy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every echo takes memory."""
    monkeypatch.setattr("models.manager.bytes_needed", lambda ref: 1.0)


def two(manager: ModelManager, first: ModelRef = A, second: ModelRef = B) -> set[ModelRef]:
    """Which of two models used one after the other are in memory then."""
    manager.submit("ann", first, nothing).result(WAIT)
    manager.submit("ann", second, nothing).result(WAIT)
    return set(manager.loaded())


@pytest.mark.usefixtures("heavy")
def test_chosen_together_they_stay_together_where_there_is_room(make) -> None:
    manager = make(beside=lambda loaded, loading, wanted: True)
    assert two(manager) == {B}
    manager.choose_together([A, B])
    assert two(manager) == {A, B}
    manager.submit("ann", C, nothing).result(WAIT)
    assert set(manager.loaded()) == {C}


@pytest.mark.usefixtures("heavy")
def test_chosen_together_they_take_turns_where_there_is_none(make) -> None:
    asked = []

    def full(loaded, loading, wanted) -> bool:
        asked.append((set(loaded), set(loading), wanted))
        return False

    manager = make(beside=full)
    manager.choose_together([A, B])
    assert two(manager) == {B}
    assert ({A}, set(), B) in asked


@pytest.mark.usefixtures("heavy")
def test_a_third_model_makes_room_for_a_pair(make) -> None:
    manager = make(beside=lambda loaded, loading, wanted: C not in loaded)
    manager.choose_together([A, B])
    manager.submit("ann", C, nothing).result(WAIT)
    assert two(manager) == {A, B}
