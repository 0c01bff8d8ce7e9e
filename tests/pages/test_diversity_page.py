import time

import pytest

from components import services
from data.schema import Decoding, RunState
from tests.pages.conftest import ROOT, Visit


def settled(tab: Visit) -> Visit:
    assert not tab.app.exception, tab.app.exception[0].message
    return tab


def test_an_empty_launch_asks_and_offers(visit):
    tab = settled(visit())
    assert "How many different answers are there?" in tab.words
    assert tab.has_button("Sample")
    assert tab.app.text_area(key="diversity.prompt").value == "What should we do about the harbour?"


def test_the_router_shows_the_page(visit, monkeypatch):
    monkeypatch.setattr(services, "warm_up", lambda: None)
    assert "How many different answers" in settled(visit(file=ROOT / "app.py")).words


def test_sampling_ends_with_a_finding_and_every_answer_stored(visit):
    tab = settled(visit().sample())
    assert tab.snapshot.run.state is RunState.DONE
    assert tab.snapshot.placed == 3 * 64
    assert "In 64 answers each" in tab.words
    assert tab.has_button("Sample again")


def test_a_second_run_draws_anew(visit):
    tab = visit().sample()
    first = tab.snapshot.run
    tab.sample()
    assert tab.snapshot.run.id != first.id
    assert tab.snapshot.run.seed != first.seed


def test_a_fixed_seed_draws_the_same_again(visit):
    tab = visit()
    tab.app.text_input(key="run.seed").input("17")
    texts = []
    for _ in range(2):
        tab.sample()
        data = tab.snapshot.data
        rows = sorted(zip(data.keys, (s.index for s in data.samples), range(999), strict=False))
        texts.append([data.samples[row].text for _, _, row in rows])
    assert tab.snapshot.run.seed == 17
    assert texts[0] == texts[1]


@pytest.mark.parametrize("seed", ["abc", "-1", "1.5", "१७"])
def test_a_seed_that_is_no_number_is_refused(visit, seed):
    tab = visit()
    tab.app.text_input(key="run.seed").input(seed)
    settled(tab.press("Sample"))
    assert "is not a whole number" in tab.app.error[0].value
    assert tab.run_id == ""


SETTINGS = {
    "temperature": ("slider", 0.7, lambda c: c.decoding.temperature == 0.7),
    "n": ("number_input", 16, lambda c: c.n == 16),
    "top_k": ("number_input", 5, lambda c: c.decoding == Decoding(0.4, top_k=5)),
    "top_p": ("slider", 0.5, lambda c: c.decoding == Decoding(0.4, top_p=0.5)),
    "min_p": ("slider", 0.25, lambda c: c.decoding == Decoding(0.4, min_p=0.25)),
    "max_new_tokens": ("number_input", 9, lambda c: c.decoding.max_new_tokens == 9),
    "name": ("text_input", "Cool", lambda c: c.name == "Cool"),
    "persona": ("selectbox", "Marta, a fisher", lambda c: "Marta, a fisher of" in c.system),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_each_setting_of_a_condition_reaches_the_run(visit, name):
    kind, value, holds = SETTINGS[name]
    tab = visit()
    getattr(tab.app, kind)(key=f"diversity.a.{name}").set_value(value).run()
    settled(tab.sample())
    assert holds(tab.snapshot.run.conditions[0])
    assert not any(holds(c) for c in tab.snapshot.run.conditions[1:2])


def test_a_persona_in_own_words_reaches_the_run(visit):
    tab = visit()
    tab.app.selectbox(key="diversity.a.persona").set_value("Own words …").run()
    tab.app.text_area(key="diversity.a.system").input("You are a kettle.").run()
    settled(tab.sample())
    assert tab.snapshot.run.conditions[0].system == "You are a kettle."


def test_an_example_fills_the_prompt(visit):
    tab = settled(visit().press("How should we spend"))
    assert tab.app.text_area(key="diversity.prompt").value.startswith("How should we spend")


def test_conditions_are_removed_and_come_back_with_their_settings(visit):
    tab = visit()
    tab.app.slider(key="diversity.c.temperature").set_value(1.7).run()
    tab.press("Remove In character")
    assert tab.state.diversity.keys == ("a", "b")
    tab.press("Add a condition")
    assert tab.state.diversity.keys == ("a", "b", "c")
    assert settled(tab).app.slider(key="diversity.c.temperature").value == 1.7
    tab.press("Add a condition")
    assert tab.state.diversity.keys == ("a", "b", "c", "d")
    assert not tab.has_button("Add a condition")


def test_the_last_condition_stays(visit):
    tab = visit().press("Remove Calm").press("Remove Free")
    assert tab.state.diversity.keys == ("c",)
    assert not tab.has_button("Remove")


@pytest.mark.parametrize("prompt", ["", "   \n "])
def test_an_empty_prompt_is_refused_in_words(visit, prompt):
    tab = visit()
    tab.app.text_area(key="diversity.prompt").input(prompt).run()
    settled(tab.press("Sample"))
    assert "The prompt is empty" in tab.app.error[0].value
    assert tab.run_id == ""


@pytest.mark.parametrize(
    "prompt",
    ["<b>bold?</b> **star**", "ما الذي ينبغي فعله؟", "a\x00b\x1b[31m", "why? " * 40],
    ids=["markup", "right to left", "controls", "long"],
)
def test_any_text_can_be_asked(visit, prompt):
    tab = visit()
    tab.app.text_area(key="diversity.prompt").input(prompt).run()
    settled(tab.sample())
    assert tab.snapshot.run.prompt == prompt
    assert tab.snapshot.run.state is RunState.DONE


@pytest.mark.parametrize(
    ("model", "says"),
    [("echo:fail", "Draw the rest"), ("echo:crash", "Something in Chorale broke")],
)
def test_a_failing_model_is_explained_and_what_came_is_kept(visit, monkeypatch, model, says):
    monkeypatch.setenv("CHORALE_MODEL", model)
    tab = settled(visit().sample())
    assert tab.snapshot.run.state is RunState.INCOMPLETE
    assert tab.app.error
    assert says in tab.words or tab.has_button(says)
    assert sum(tab.snapshot.drawn.values()) > 0


def test_an_unknown_model_is_explained(visit, monkeypatch):
    monkeypatch.setenv("CHORALE_MODEL", "no such model")
    tab = settled(visit().sample())
    assert "no model or folder" in tab.app.error[0].value
    assert len(tab.app.error) == 1
    assert tab.has_button("Try again")
    assert "What came is kept" not in tab.words


def test_a_stopped_run_is_completed_by_drawing_the_rest(visit, monkeypatch):
    monkeypatch.setenv("CHORALE_MODEL", "echo:slow")
    tab = visit()
    for key in "abc":
        tab.app.number_input(key=f"diversity.{key}.n").set_value(8)
    tab.app.run()
    tab.press("Sample")
    assert tab.has_button("Stop")
    while not sum(tab.snapshot.drawn.values()):  # ends at the latest when the run does
        assert tab.snapshot.active
        time.sleep(0.01)
    tab.press("Stop")
    services.jobs().wait(tab.run_id, 60)
    settled(tab).app.run()
    assert tab.snapshot.run.state is RunState.INCOMPLETE
    assert "What came is kept" in tab.words
    tab.press("Draw the rest")
    services.jobs().wait(tab.run_id, 60)
    settled(tab).app.run()
    assert tab.snapshot.run.state is RunState.DONE
    assert dict(tab.snapshot.drawn) == {"a": 8, "b": 8, "c": 8}


def test_a_deep_link_opens_the_run(visit):
    tab = visit().sample()
    other = settled(Visit(owner=tab.state.owner, run=tab.run_id))
    assert other.snapshot.run.id == tab.run_id
    assert "In 64 answers each" in other.words


def test_somebody_elses_run_stays_closed(visit):
    secret = "What should only I know?"
    tab = visit()
    tab.app.text_area(key="diversity.prompt").input(secret).run()
    tab.sample()
    other = settled(Visit(owner="somebody", run=tab.run_id))
    assert "no such run among yours" in other.app.warning[0].value
    assert secret not in other.words
    assert other.run_id == ""


def test_a_deleted_run_comes_back_with_undo(visit):
    tab = visit().sample()
    run = tab.run_id
    tab.app.session_state["runs"] = True
    tab.app.run()
    settled(tab.press("Delete this run"))
    assert tab.run_id == ""
    assert not services.store().runs(tab.state.owner)
    settled(tab.press("Undo"))
    assert tab.run_id == run
    assert tab.snapshot.run.state is RunState.DONE


def test_an_earlier_run_is_opened_from_the_list(visit):
    tab = visit().sample()
    first = tab.run_id
    tab.sample()
    tab.app.session_state["runs"] = True
    tab.app.run()
    older = next(b for b in tab.app.button if b.key == f"run.open.{first}")
    older.click().run()
    assert settled(tab).run_id == first


TABS = {
    "Meanings": "Each stands here with the answer",
    "Compare": "The first condition minus the second",
    "Data": "Every answer with its settings",
}


@pytest.mark.parametrize("name", TABS)
def test_an_open_tab_shows_its_part_and_no_other(visit, name):
    tab = visit().sample()
    tab.app.session_state["diversity.tabs"] = name
    settled(tab).app.run()
    settled(tab)
    assert [other for other, words in TABS.items() if words in tab.words] == [name]


def test_the_answers_tab_lists_every_answer(visit):
    tab = visit().sample()
    tab.app.session_state["diversity.tabs"] = "Answers"
    settled(tab).app.run()
    assert len(settled(tab).app.dataframe[0].value) == 3 * 64


def test_a_selection_filters_the_list(visit):
    tab = visit().sample()
    tab.app.session_state["diversity.tabs"] = "Answers"
    tab.state.diversity.selection = frozenset({("a", 3), ("b", 5)})
    settled(tab).app.run()
    assert list(settled(tab).app.dataframe[0].value["condition"]) == ["● Calm", "◆ Free"]
    tab.press("Show all")
    assert len(tab.app.dataframe[0].value) == 3 * 64


def test_the_threshold_changes_the_meanings(visit):
    tab = visit().sample()
    before = tab.words
    tab.app.slider(key="diversity.threshold").set_value(0.95).run()
    assert settled(tab).words != before


def test_colours_can_show_meanings(visit):
    tab = visit().sample()
    tab.app.segmented_control(key="diversity.colour").set_value("by meaning").run()
    settled(tab)


def test_a_name_that_is_no_model_is_refused(visit):
    tab = visit().open_picker()
    tab.app.selectbox(key="model.choice").set_value("Another model …").run()
    tab.app.text_input(key="model.id").input("not a model").run()
    assert "no model or folder" in settled(tab).app.error[0].value


def test_a_picked_model_is_used_by_the_conditions_and_said_in_the_sidebar(visit):
    tab = visit().open_picker()
    tab.app.selectbox(key="model.choice").set_value("HuggingFaceTB/SmolLM2-135M-Instruct").run()
    settled(tab.press("Use this model"))
    assert "SmolLM2 135M Instruct" in tab.app.sidebar.markdown[0].value
    tab.sample()
    assert {c.model.id for c in tab.snapshot.run.conditions} == {
        "HuggingFaceTB/SmolLM2-135M-Instruct"
    }
    assert settled(tab).app.error  # no hub within reach, and the page says so


def test_a_public_host_offers_listed_models_only(visit, monkeypatch):
    monkeypatch.setenv("CHORALE_PUBLIC", "1")
    tab = settled(visit().open_picker())
    assert "Another model …" not in tab.app.selectbox(key="model.choice").options
