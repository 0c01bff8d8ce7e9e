"""How the chosen model stands, and the buttons that change it."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from components import model_status
from components.state import State
from data.errors import ModelError
from data.schema import ModelRef
from models.budget import Resident
from models.chat_template import BAD_TEMPLATE
from models.echo import EchoModel
from models.loading_watch import Stage, current_watch
from models.memory import PeakMemory

REF = ModelRef("echo#mine")
WAIT = 20  # seconds until a test gives up; none of them waits that long


class Noted(EchoModel):
    """An echo with something to know about it."""

    peak_memory = PeakMemory(3_100_000_000, whole_process=True)

    @property
    def info(self):
        return replace(super().info, notes=("Keeps *one* prompt cache per sample.",), context=512)


class Held:
    """Loads when it is told to, and says that it downloads until then."""

    def __init__(self) -> None:
        self.begun, self.finish = threading.Event(), threading.Event()

    def __call__(self, ref: ModelRef) -> EchoModel:
        while not self.finish.wait(0.01):
            current_watch().report(Stage.DOWNLOADING, 300_000_000, 1_200_000_000)
            self.begun.set()
        return EchoModel(ref)


@pytest.fixture(autouse=True)
def weighty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every echo holds 2 GB."""
    monkeypatch.setattr("models.manager.held_bytes", lambda ref, info=None: 2 * 10**9)


def show(ref):
    from components.model_status import model_status

    model_status(ref)


def opened(ref: ModelRef = REF) -> AppTest:
    tab = AppTest.from_function(show, kwargs={"ref": ref}, default_timeout=60)
    tab.session_state["chorale"] = State(token="known", owner="ann")
    return settled(tab.run())


def settled(tab: AppTest) -> AppTest:
    assert not tab.exception, tab.exception[0].message
    return tab


def press(tab: AppTest, key: str) -> AppTest:
    return settled(tab.button(key=key).click().run())


def words(tab: AppTest) -> str:
    parts = (tab.markdown, tab.caption, tab.error)
    return "\n".join(e.value.replace("\\", "") for group in parts for e in group)


def done(tab: AppTest, ref: ModelRef = REF) -> AppTest:
    """The tab when "Load now" has come to an end."""
    tab.session_state["chorale"].loads[ref].exception(WAIT)
    for _ in range(WAIT * 100):  # a worker that failed goes a moment after it has said so
        if model_status.models().loading(ref) is None:
            break
        threading.Event().wait(0.01)
    return settled(tab.run())


def test_a_model_is_loaded_and_let_go_by_hand(manage) -> None:
    manager = manage(Noted)
    tab = opened()
    assert "Not in memory yet" in words(tab)
    tab = done(press(tab, "model.load"))
    assert "In memory: 2 GB on the CPU. Reads up to 512 tokens." in words(tab)
    assert "At most 3.1 GB in use by all of Chorale" in words(tab)
    assert "- \u2068Keeps *one* prompt cache per sample.\u2069" in words(tab)
    assert tab.expander[0].label == "What to know about it (1)"
    press(tab, "model.unload")
    for _ in range(WAIT * 100):
        if not manager.residents():
            break
        threading.Event().wait(0.01)
    assert "Not in memory yet" in words(settled(tab.run()))


def test_a_template_that_can_not_be_used_is_a_warning(manage) -> None:
    class Broken(EchoModel):
        @property
        def info(self):
            return replace(super().info, notes=(BAD_TEMPLATE, "Another note."))

    manage(Broken)
    tab = done(press(opened(), "model.load"))
    assert tab.warning[0].value == BAD_TEMPLATE
    assert tab.expander[0].label == "What to know about it (1)"


def test_a_loading_shows_how_far_it_is_and_can_be_cancelled(manage) -> None:
    loader = Held()
    manage(loader)
    tab = press(opened(), "model.load")
    assert loader.begun.wait(WAIT)
    settled(tab.run())
    (bar,) = tab.get("progress")
    assert (bar.proto.value, bar.proto.text) == (25, "Downloading, 0.3 of 1.2 GB")
    assert not [b for b in tab.button if b.key == "model.load"]
    future = tab.session_state["chorale"].loads[REF]
    press(tab, "model.cancel")
    assert "cancelled" in str(future.exception(WAIT))
    assert not settled(tab.run()).error


def test_a_model_that_can_not_be_loaded_says_why_and_can_be_tried_again(manage) -> None:
    def refuse(ref):
        raise ModelError("owner/x is gated.", "Accept its licence.")

    manage(refuse)
    tab = done(press(opened(), "model.load"))
    assert "gated" in tab.error[0].value
    assert "licence" in tab.error[0].value
    assert tab.button(key="model.load").label == "Try again"
    assert done(press(tab, "model.load")).error


def test_what_breaks_is_not_shown_in_detail(manage) -> None:
    def breaks(ref):
        raise RuntimeError("secret path")

    manage(breaks)
    tab = done(press(opened(), "model.load"))
    assert "broke something in Chorale" in words(tab)
    assert "secret" not in words(tab)


def test_other_models_in_memory_are_listed_with_their_size(manage) -> None:
    manager = manage(fits=lambda loaded, wanted: True)
    for name in ("echo#one", "echo#two"):
        manager.submit("bob", ModelRef(name, "", "nf4"), lambda model: None).result(WAIT)
    tab = opened()
    assert words(tab).count("Also in memory") == 2
    assert "NF4" in words(tab)
    assert tab.button(key="model.unload.0").label.startswith("Unload ")
    press(tab, "model.unload.0")
    for _ in range(WAIT * 100):
        if len(manager.residents()) == 1:
            break
        threading.Event().wait(0.01)
    assert words(settled(tab.run())).count("Also in memory") == 1


def test_a_public_host_has_no_buttons(manage, monkeypatch) -> None:
    monkeypatch.setenv("CHORALE_PUBLIC", "1")
    manager = manage(Noted)
    assert not opened().button
    manager.submit("bob", REF, lambda model: None).result(WAIT)
    tab = opened()
    assert not tab.button
    assert tab.expander


def show_choir(refs):
    from components.model_status import choir_note

    choir_note(refs)


@pytest.mark.parametrize(
    ("refs", "free", "said"),
    [
        (["a/one", "a/one"], 9e9, ""),
        (["a/one", "a/two"], 8e9, "both fit into memory"),
        (["a/one", "a/two", "a/six"], 12e9, "all fit into memory"),
        (["a/one", "a/two"], 7.9e9, "take turns"),
        (["echo", "a/one"], 1e9, "both fit into memory"),
    ],
)
def test_several_models_stay_together_or_take_turns(manage, monkeypatch, refs, free, said) -> None:
    manage()
    need = {ModelRef("echo"): 0.0}
    monkeypatch.setattr("models.budget.bytes_needed", lambda ref: need.get(ref, 4e9))
    monkeypatch.setattr("models.budget.available_memory", lambda device: free)
    tab = AppTest.from_function(show_choir, kwargs={"refs": [*map(ModelRef, refs)]})
    said_now = words(settled(tab.run()))
    assert said in said_now
    assert bool(said_now) == bool(said)


def test_what_others_hold_counts_as_free_for_a_choir(monkeypatch) -> None:
    from models.budget import fit_together

    monkeypatch.setattr("models.budget.bytes_needed", lambda ref: 4e9)
    monkeypatch.setattr("models.budget.available_memory", lambda device: 6e9)
    refs = [ModelRef("a/one"), ModelRef("a/two")]
    assert not fit_together(refs, [])
    assert fit_together(refs, [Resident(ModelRef("a/other"), 2 * 10**9, None, None)])


def test_the_peak_names_its_device() -> None:
    assert model_status._most(None) == ""
    on_gpu = model_status._most(PeakMemory(9_700_000_000, whole_process=False))
    assert on_gpu == " At most 9.7 GB in use on the GPU while it answered."
