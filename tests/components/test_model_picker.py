"""Choosing a model: what is said of it, what it needs, and where it comes from."""

from __future__ import annotations

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from components.model_picker import _OTHER, _SERVER
from data.errors import ModelError
from data.schema import ModelRef
from models.known import KNOWN, known
from models.loading_hub import HubFacts

LLAMA, QWEN = "meta-llama/Llama-3.1-8B-Instruct", "Qwen/Qwen3-0.6B"


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> None:
    """12 GB on a CPU."""
    monkeypatch.setattr("components.model_memory.available_memory", lambda device: 12 * 10**9)
    monkeypatch.setattr("components.model_memory.local_device", lambda: "cpu")


@pytest.fixture
def picker(manage, free) -> AppTest:
    manage()
    tab = AppTest.from_function(show, default_timeout=60)
    return opened(tab)


def show():
    from components.model_picker import model_sidebar

    model_sidebar()


def settled(tab: AppTest) -> AppTest:
    assert not tab.exception, tab.exception[0].message
    return tab


def opened(tab: AppTest) -> AppTest:
    return settled(settled(tab.run()).button(key="model.open").click().run())


def choose(tab: AppTest, choice: str) -> AppTest:
    return settled(tab.selectbox(key="model.choice").select(choice).run())


def words(tab: AppTest) -> str:
    parts = (tab.markdown, tab.caption, tab.warning, tab.error)
    return "\n".join(e.value.replace("\\", "") for group in parts for e in group)


def rows(tab: AppTest) -> dict[str, list[str]]:
    """The memory table by precision."""
    (table,) = [m.value for m in tab.markdown if m.value.startswith("| |")]
    cells = [line.strip("|").split("|") for line in table.splitlines()[2:]]
    return {name.strip(): [cell.strip() for cell in rest] for name, *rest in cells}


def test_a_closed_picker_computes_nothing(manage) -> None:
    manage()
    tab = settled(AppTest.from_function(show, default_timeout=60).run())
    assert not tab.selectbox
    assert "Saltmere" in words(tab)


def test_every_listed_model_can_be_looked_at(picker) -> None:
    for model in KNOWN:
        said = words(choose(picker, model.id))
        assert model.summary in said
        assert model.licence in said
        assert ("Gated" in said) == model.gated
        assert ("Base model" in said) == (model.kind == "base")
        assert not picker.error


def test_a_gated_model_says_where_to_ask(picker) -> None:
    assert f"(https://huggingface.co/{LLAMA})" in words(choose(picker, LLAMA))
    assert "HF_TOKEN" in words(picker)


def test_what_is_needed_stands_beside_what_is_free(picker) -> None:
    table = rows(choose(picker, QWEN))
    assert list(table) == ["bf16", "int8", "NF4"]
    assert table["bf16"][0] == "1.2 GB"
    assert table["bf16"][2].startswith("all, up to ")
    assert "12 GB are free on this computer" in words(picker)
    assert not picker.warning


def test_more_or_longer_answers_need_more(picker) -> None:
    before = rows(choose(picker, QWEN))["bf16"]
    picker.number_input(key="model.n").set_value(512).run()
    more = rows(settled(picker))["bf16"]
    picker.number_input(key="model.tokens").set_value(1024).run()
    longer = rows(settled(picker))["bf16"]
    needs = [float(row[1].removesuffix(" GB")) for row in (before, more, longer)]
    assert needs == sorted(set(needs))
    assert "at a time" in longer[2]


def test_what_does_not_fit_comes_with_a_way_out(picker) -> None:
    assert rows(choose(picker, LLAMA))["bf16"][2] == "**too large**"
    (warning,) = picker.warning
    assert "doesn’t fit in bf16. Take NF4: it needs 9.7 GB." in warning.value
    assert "Take Llama 3.2 3B Instruct in bf16" in warning.value
    picker.radio(key="model.precision").set_value("nf4").run()
    assert not settled(picker).warning
    picker.button(key="model.use").click().run()
    assert picker.session_state["chorale"].model == ModelRef(LLAMA, "", "nf4")


def test_the_picked_model_is_named_and_the_picker_closes(picker) -> None:
    choose(picker, QWEN).button(key="model.use").click().run()
    assert "Qwen3 0.6B" in words(settled(picker))
    assert not picker.selectbox
    picker.run()
    assert picker.session_state["chorale"].model == ModelRef(QWEN)


def facts(**other: object) -> HubFacts:
    return replace(HubFacts(known(QWEN).shape, 10**9, "mit", False, True), **other)


def looked_up(picker: AppTest, monkeypatch: pytest.MonkeyPatch, answer) -> AppTest:
    def look_up(name: str, revision: str) -> HubFacts:
        if isinstance(answer, ModelError):
            raise answer
        assert (name, revision) == ("owner/new", "v2")
        return answer

    monkeypatch.setattr("components.hub_picker.look_up", look_up)
    choose(picker, _OTHER).text_input(key="model.id").input(" owner/new ").run()
    picker.text_input(key="model.revision").input("v2").run()
    assert "before anything is downloaded" in words(settled(picker))
    picker.button(key="model.lookup").click().run()
    return settled(picker)


def test_any_model_of_the_hub_is_looked_up(picker, monkeypatch) -> None:
    said = words(looked_up(picker, monkeypatch, facts()))
    assert "Chat model · 596 million parameters · a download of 1 GB · licence: " in said
    assert rows(picker)["bf16"][0] == "1.2 GB"
    picker.button(key="model.use").click().run()
    assert picker.session_state["chorale"].model == ModelRef("owner/new", "v2")


def test_what_the_hub_says_of_it_is_passed_on(picker, monkeypatch) -> None:
    said = words(looked_up(picker, monkeypatch, facts(gated=True, chat=False, licence="")))
    assert "Gated: accept its licence at huggingface.co/" in said
    assert "No chat template found" in said
    assert "not named" in said


def test_a_refusal_of_the_hub_is_shown(picker, monkeypatch) -> None:
    error = ModelError("owner/new is gated.", "Accept its licence.")
    tab = looked_up(picker, monkeypatch, error)
    assert "gated" in tab.error[0].value
    assert not [m for m in tab.markdown if m.value.startswith("| |")]


def test_a_folder_tells_its_size_itself(picker) -> None:
    from models.registry import BUNDLED_FOLDER

    choose(picker, _OTHER).text_input(key="model.id").input(str(BUNDLED_FOLDER)).run()
    assert rows(settled(picker))["bf16"][2].startswith("all")
    assert not [b for b in picker.button if b.key == "model.lookup"]


def test_a_damaged_folder_is_explained(picker, tmp_path) -> None:
    (tmp_path / "config.json").write_text("{", encoding="utf-8")
    choose(picker, _OTHER).text_input(key="model.id").input(str(tmp_path)).run()
    assert "config.json" in settled(picker).error[0].value.replace("\\", "")


def test_a_folder_that_can_not_be_loaded_says_so_before_it_is_chosen(picker, tmp_path) -> None:
    from models.registry import BUNDLED_FOLDER

    (tmp_path / "config.json").write_bytes((BUNDLED_FOLDER / "config.json").read_bytes())
    (tmp_path / "pytorch_model.bin").write_bytes(b"pickled")
    choose(picker, _OTHER).text_input(key="model.id").input(str(tmp_path)).run()
    assert "pickle files only" in settled(picker).error[0].value
    assert not [b for b in picker.button if b.key == "model.use"]
    (tmp_path / "model.safetensors").write_bytes(b"")
    assert "without a tokenizer" in settled(picker.run()).error[0].value


def test_nothing_typed_is_no_model(picker) -> None:
    choose(picker, _OTHER).button(key="model.use").click().run()
    assert "No model is named" in settled(picker).error[0].value


def test_a_public_host_offers_its_operators_list_only(manage, free, monkeypatch) -> None:
    monkeypatch.setenv("CHORALE_PUBLIC", "1")
    monkeypatch.setenv("CHORALE_MODELS", f"{QWEN},owner/own")
    manage()
    tab = AppTest.from_function(show, default_timeout=60)
    options = opened(tab).selectbox(key="model.choice").options
    assert options == ["Saltmere", "Qwen3 0.6B", "own"]
    assert not {_OTHER, _SERVER} & set(options)
    assert not [b for b in tab.button if b.key in ("model.load", "model.unload")]
