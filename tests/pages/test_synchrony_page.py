"""The Synchrony page without a browser."""

from __future__ import annotations

import base64
import json

import numpy as np
import pytest

import models.scoring  # noqa: F401  # on a busy machine its import takes longer than a test waits
from components import services
from data.examples.dialogues import town_corpora
from experiments.speech import speech_of
from experiments.synchrony import play
from metrics.policies import Policy
from tests.pages.conftest import ROOT, Visit

PAGE = ROOT / "pages" / "synchrony.py"
TABS = {
    "Foretelling": "only what lies above the dashed line is the user’s own",
    "Models": "Closed loops that you have held",
    "Instructions": "What stands behind the fixed prompt in each turn",
    "α × cap": "The frame is where the sliders stand",
    "Flips and churn": "A flip: informality crosses",
    "Differences": "Paired by conversation",
    "Corpora": "compare the shapes, not the places",
    "Accommodation": "Who takes up whose small words",
    "Data": "The scale, and the bot’s own style on it",
}
TURNS = "conversation_id,speaker,text\n" + "\n".join(
    f"{n},{who},{text}"
    for n in range(9)
    for who, text in (
        ("ann", "Hey you! Are you in?" if n % 2 else "It has been considered by the council."),
        ("bot", "We think that it is a good plan."),
        ("ann", "🙂" if n == 3 else "I like it very much!" if n % 3 else "So it was decided."),
        ("bot", "There is a boat in the harbour."),
    )
)


class SynchronyVisit(Visit):
    def __init__(self, **options) -> None:
        super().__init__(file=options.pop("file", PAGE), **options)

    @property
    def run_id(self) -> str:
        return self.state.synchrony.run_id

    def paste(self, text: str) -> SynchronyVisit:
        self.app.selectbox(key="synchrony.corpus").set_value("Pasted text …").run()
        self.app.text_area(key="synchrony.paste").set_value(text).run()
        return settled(self)

    def drawn(self, policy: str) -> tuple[float, float]:
        """Where the frontier has the point of a policy: stability and synchrony."""
        spec = self.app.get("plotly_chart")[0].proto.spec
        [point] = [t for t in json.loads(spec)["data"] if t.get("name") == policy]
        return _number(point["x"]), _number(point["y"])

    def open_tab(self, name: str) -> SynchronyVisit:
        self.app.session_state["synchrony.tabs"] = name
        self.app.run()
        return settled(self)


def settled(tab):
    assert not tab.app.exception, tab.app.exception[0].message
    return tab


@pytest.fixture(scope="module", autouse=True)
def _town_is_read():
    """Reading the town and its styles for the first time takes longer than a page may."""
    for name, corpus in town_corpora().items():
        speech_of(corpus, name)


@pytest.fixture
def open_page(visit):
    yield SynchronyVisit
    services.divergences().close()


def test_the_page_is_filled_on_first_sight(open_page):
    tab = settled(open_page())
    assert "How far may it mirror its user?" in tab.words
    assert "hold the best balance" in tab.words
    assert "n = 24 conversations" in tab.words
    assert "24 conversations, 192 user turns. 8 features of style" in tab.words
    assert tab.has_button("Sample")


def test_every_tab_opens(open_page):
    tab = open_page()
    for name, told in TABS.items():
        assert told in tab.open_tab(name).words


@pytest.mark.parametrize(
    ("key", "value", "policy", "name"),
    [
        ("follow", 0.1, "ema", "EMA"),
        ("follow", 0.1, "hybrid", "Hybrid"),
        ("cap", 1.5, "cap", "Cap"),
        ("cap", 0.1, "hybrid", "Hybrid"),
        ("dead_band", 0.9, "dead_band", "Dead-Band"),
        ("radius", 0.2, "hybrid_radius", "Hybrid + Radius"),
    ],
)
def test_every_slider_moves_the_points_of_its_policies_and_no_others(
    open_page, key, value, policy, name
):
    tab = open_page()
    tab.app.multiselect(key="synchrony.policies").set_value([policy, "static", "uncapped"]).run()
    names = (name, "Static", "Uncapped")
    before = {each: settled(tab).drawn(each) for each in names}
    tab.app.slider(key=f"synchrony.{key}").set_value(value).run()
    after = {each: settled(tab).drawn(each) for each in names}
    moved = [abs(a - b) for a, b in zip(before[name], after[name], strict=True)]
    assert max(moved) > 0.02
    for other in names[1:]:
        assert before[other] == after[other]


def test_sliders_say_where_the_points_are_by_the_measures_themselves(open_page):
    tab = open_page()
    tab.app.multiselect(key="synchrony.policies").set_value(["ema", "static"]).run()
    name, corpus = next(iter(town_corpora().items()))
    speech = speech_of(corpus, name)
    for follow in (0.2, 0.8):
        tab.app.slider(key="synchrony.follow").set_value(follow).run()
        frontier = play(speech, [Policy(key="ema", label="EMA", follow=follow)])
        expected = [frontier.estimates[axis][0].value for axis in ("stability", "synchrony")]
        assert settled(tab).drawn("EMA") == pytest.approx(expected)


def _number(value) -> float:
    """A single place, as plotly writes it: a list, or the bytes of an array."""
    if isinstance(value, list):
        return float(value[0])
    return float(np.frombuffer(base64.b64decode(value["bdata"]), dtype=value["dtype"])[0])


def test_ones_own_policy_and_its_mistakes(open_page):
    tab = open_page()
    tab.app.multiselect(key="synchrony.policies").set_value(["own", "static"]).run()
    tab.app.text_input(key="synchrony.rule").set_value("user + 1").run()
    assert "Column 6" in settled(tab).words
    tab.app.text_input(key="synchrony.rule").set_value("state + 0.3 * (user - state)").run()
    assert "Column" not in settled(tab).words
    assert "My own" in str(tab.app.selectbox[1].options) + tab.words


def test_no_policy_is_said(open_page):
    tab = open_page()
    tab.app.multiselect(key="synchrony.policies").set_value([]).run()
    assert "Choose a policy." in settled(tab).words


def test_pasted_turns_are_played_and_what_cannot_be_followed_is_said(open_page):
    tab = open_page().paste(TURNS)
    assert "n = 9 conversations" in tab.words
    assert "1 user turn of 18 can’t be followed" in tab.words
    assert tab.open_tab("Accommodation").words


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("conversation_id,speaker\n1,ann", "no column “text”"),
        (TURNS + "\n,ann,Lost?", "Row 38, column “conversation_id”"),
        ("conversation_id,speaker,text\n1,a,Yes.\n1,b,Yes.", "All turns have the same style"),
        (TURNS[: TURNS.index("\n2,ann")], "2 conversations are too few for an interval"),
    ],
)
def test_bad_input_is_named(open_page, text, told):
    tab = open_page().paste(text)
    assert told in tab.words.replace("\\", "").replace("\u2068", "").replace("\u2069", "")


def test_a_model_follows_and_the_page_turns_to_it(open_page):
    tab = open_page()
    tab.app.number_input(key="synchrony.scripts").set_value(8)
    tab.app.number_input(key="synchrony.turns").set_value(3)
    tab.app.run()
    settled(tab.sample())
    assert tab.snapshot.run.kind == "closed_loop"
    assert tab.snapshot.drawn == {key: 24 for key in "abcd"}
    assert "2 turns after the first" in tab.words
    assert "Replies under" in tab.words
    for name in ("Instructions", "Accommodation", "Data", "Corpora"):
        tab.open_tab(name)


def test_the_recorded_loop_is_shown_where_none_was_started(open_page):
    tab = open_page()
    tab.app.button_group(key="synchrony.look").set_value("What a model then says").run()
    assert "n = 10 conversations" in settled(tab).words
    assert "Rank correlation of what was asked for" in tab.words
    assert "answered by the bundled teaching model" in tab.words


def test_what_cannot_be_asked_of_a_model_is_said(open_page):
    tab = open_page().paste(TURNS)  # two turns each, where five are asked for
    tab.press("Sample")
    assert "no conversations or no policy" in settled(tab).words


def test_both_readings_of_a_window_are_drawn(open_page):
    tab = open_page().open_tab("Foretelling")
    first = tab.words
    assert "w = 1" in first
    tab.app.segmented_control(key="synchrony.foretelling").set_value(
        "One turn against the one w later"
    ).run()
    assert settled(tab).words != first
    tab.app.toggle(key="synchrony.foretelling.same").set_value(True).run()
    settled(tab)


def test_runs_of_models_are_put_beside_each_other(open_page):
    tab = open_page()
    tab.app.number_input(key="synchrony.scripts").set_value(8)
    tab.app.number_input(key="synchrony.turns").set_value(3)
    tab.app.run()
    settled(tab.sample())
    words = tab.open_tab("Models").words
    assert "2 turns after the first" in words
    [runs] = [m for m in tab.app.multiselect if m.label == "Runs"]
    assert len(runs.value) == 2  # the new run's model and the recorded one's
    assert "don’t answer the same lines" in words or "Hybrid minus Uncapped" in words
    runs.set_value([]).run()
    assert "Choose a run." in settled(tab).words
