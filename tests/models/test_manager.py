"""Models are loaded one after the other, used in fair turns, and outlive what goes wrong."""

from __future__ import annotations

import gc
import threading
import weakref

import pytest

from data.errors import ModelError
from data.schema import ModelRef
from models.echo import EchoModel
from models.manager import ModelManager, load

A, B = ModelRef("echo#a"), ModelRef("echo#b")
WAIT = 20  # seconds until a test gives up; none of them waits that long


class Loader:
    """Makes echo models and notes when they come and go."""

    def __init__(self):
        self.events: list[str] = []
        self.alive = 0
        self.most = 0

    def __call__(self, ref):
        self.alive += 1
        self.most = max(self.most, self.alive)
        self.events.append(f"load {ref.id}")
        model = EchoModel(ref)
        weakref.finalize(model, self.gone, ref.id)
        return model

    def gone(self, name):
        self.alive -= 1
        self.events.append(f"free {name}")


@pytest.fixture
def loader():
    return Loader()


@pytest.fixture
def manager(loader):
    made = ModelManager(loader, fits=lambda loaded, wanted: not loaded)
    yield made
    made.close()
    assert loader.alive == 0
    assert not [t for t in threading.enumerate() if t.name.startswith("model ")]


def name_of(model):
    return model.info.ref.id


class Gate:
    """A turn that stays in the worker until it is opened."""

    def __init__(self):
        self.entered, self.open = threading.Event(), threading.Event()

    def __call__(self, model):
        self.entered.set()
        assert self.open.wait(WAIT)


def test_a_model_is_loaded_once_and_in_the_turns_own_thread(manager, loader):
    threads = {
        manager.submit("ann", A, lambda m: threading.current_thread()).result(WAIT)
        for _ in range(3)
    }
    assert len(threads) == 1
    assert threading.current_thread() not in threads
    assert loader.events == ["load echo#a"]
    assert manager.loaded() == (A,)


def test_the_old_model_is_gone_before_the_new_one_comes(manager, loader):
    for ref in (A, B, A):
        assert manager.submit("ann", ref, name_of).result(WAIT) == ref.id
    assert loader.most == 1
    assert loader.events == [
        "load echo#a", "free echo#a", "load echo#b", "free echo#b", "load echo#a"
    ]  # fmt: skip


def test_models_that_fit_stay_together(loader):
    manager = ModelManager(loader, fits=lambda loaded, wanted: len(loaded) < 2)
    for ref in (A, B, A):
        manager.submit("ann", ref, name_of).result(WAIT)
    assert set(manager.loaded()) == {A, B}
    assert loader.most == 2
    assert loader.events == ["load echo#a", "load echo#b"]
    manager.close()


def test_visitors_take_turns(manager):
    order = []
    gate = Gate()
    manager.submit("ann", A, gate)
    assert gate.entered.wait(WAIT)
    turns = [("ann", 1), ("ann", 2), ("ann", 3), ("bob", 1), ("cy", 1), ("bob", 2)]
    futures = [
        manager.submit(visitor, A, lambda m, turn=(visitor, number): order.append(turn))
        for visitor, number in turns
    ]
    gate.open.set()
    for future in futures:
        future.result(WAIT)
    assert order == [("ann", 1), ("bob", 1), ("cy", 1), ("ann", 2), ("bob", 2), ("ann", 3)]


def test_a_busy_model_makes_room_when_patience_ends(loader):
    manager = ModelManager(loader, fits=lambda loaded, wanted: not loaded, patience_s=0)
    gate = Gate()
    manager.submit("ann", A, gate)
    assert gate.entered.wait(WAIT)
    order = []
    other = manager.submit("bob", B, lambda m: order.append("bob"))
    more = manager.submit("ann", A, lambda m: order.append("ann"))
    gate.open.set()
    other.result(WAIT)
    more.result(WAIT)
    assert order == ["bob", "ann"]
    assert loader.most == 1
    manager.close()


def test_a_busy_model_finishes_what_waits_while_patience_lasts(manager):
    gate = Gate()
    manager.submit("ann", A, gate)
    assert gate.entered.wait(WAIT)
    order = []
    other = manager.submit("bob", B, lambda m: order.append("bob"))
    more = manager.submit("ann", A, lambda m: order.append("ann"))
    gate.open.set()
    other.result(WAIT)
    more.result(WAIT)
    assert order == ["ann", "bob"]


@pytest.mark.parametrize("error", [RuntimeError("oh"), ModelError("Oh."), KeyboardInterrupt()])
def test_an_error_reaches_its_future_and_the_worker_lives_on(manager, loader, error):
    def fail(model):
        raise error

    with pytest.raises(type(error)):
        manager.submit("ann", A, fail).result(WAIT)
    assert manager.submit("ann", A, name_of).result(WAIT) == A.id
    assert loader.events == ["load echo#a"]


def test_a_kept_error_keeps_no_model(manager, loader):
    def fail(model):
        try:
            raise KeyError("first")
        except KeyError:
            raise RuntimeError(f"of {model.info.name}")  # noqa: B904 - the unplanned kind

    error = manager.submit("ann", A, fail).exception(WAIT)
    manager.submit("ann", B, name_of).result(WAIT)
    gc.collect()
    assert "free echo#a" in loader.events
    assert error.__traceback__.tb_next.tb_frame.f_code.co_name == "fail"
    assert isinstance(error.__context__, KeyError)


def test_an_error_may_be_its_own_cause(manager):
    def fail(model):
        error = RuntimeError("in circles")
        try:
            raise error
        except RuntimeError:
            raise error from error

    with pytest.raises(RuntimeError, match="in circles"):
        manager.submit("ann", A, fail).result(WAIT)
    assert manager.submit("ann", A, name_of).result(WAIT) == A.id


def test_a_model_that_fails_to_load_fails_its_turns_only():
    def refuse(ref):
        if ref == A:
            raise ModelError("There is no such model.", "Choose another.")
        return EchoModel(ref)

    manager = ModelManager(refuse)
    with pytest.raises(ModelError, match="no such model"):
        manager.submit("ann", A, name_of).result(WAIT)
    assert manager.submit("ann", B, name_of).result(WAIT) == B.id
    with pytest.raises(ModelError, match="no such model"):
        manager.submit("ann", A, name_of).result(WAIT)  # tried again, not remembered
    manager.close()


def test_a_waiting_turn_can_be_cancelled(manager):
    gate = Gate()
    first = manager.submit("ann", A, gate)
    assert gate.entered.wait(WAIT)
    waiting = manager.submit("ann", A, name_of)
    assert waiting.cancel()
    gate.open.set()
    first.result(WAIT)
    assert manager.submit("ann", A, name_of).result(WAIT) == A.id


def test_loading_is_told_apart_from_loaded():
    gate = Gate()

    def slowly(ref):
        gate(None)
        return EchoModel(ref)

    manager = ModelManager(slowly)
    future = manager.submit("ann", A, name_of)
    assert gate.entered.wait(WAIT)
    assert manager.loading(A) is not None
    assert manager.loaded() == ()
    gate.open.set()
    future.result(WAIT)
    assert manager.loading(A) is None
    manager.close()


def test_closing_cancels_what_waits_and_refuses_more(manager):
    gate = Gate()
    first = manager.submit("ann", A, gate)
    assert gate.entered.wait(WAIT)
    waiting = manager.submit("bob", B, name_of)
    closer = threading.Thread(target=manager.close)
    closer.start()
    gate.open.set()
    closer.join(WAIT)
    assert first.result(WAIT) is None
    assert waiting.cancelled()
    with pytest.raises(ModelError, match="closing"):
        manager.submit("ann", A, name_of)


def test_a_server_is_asked_for_its_model(stub):
    server = stub()
    ref = ModelRef(f"server:town@{server.url}")
    manager = ModelManager()
    assert manager.submit("ann", ref, name_of).result(WAIT) == ref.id
    missing = ModelRef(f"server:village@{server.url}")
    with pytest.raises(ModelError, match="no model “village”"):
        manager.submit("ann", missing, name_of).result(WAIT)
    assert manager.submit("ann", ref, name_of).result(WAIT) == ref.id
    manager.close()


def test_echo_is_loaded_by_its_name():
    assert load(ModelRef("echo:slow")).info.ref == ModelRef("echo:slow")
