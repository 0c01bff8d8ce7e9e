"""Choosing a model on a server, in the sidebar."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from components.model_picker import _OTHER, _SERVER
from data.schema import ModelRef
from tests.models.stub_server import StubServer


@pytest.fixture
def server():
    started = StubServer(models=("town", "owner/city"))
    yield started
    started.close()


@pytest.fixture
def sidebar():
    tab = AppTest.from_function(show, default_timeout=60)
    return tab


def show():
    from components.model_picker import model_sidebar

    model_sidebar()


def opened(tab, url=None):
    """The sidebar with the fields for a server."""
    tab.run().button(key="model.open").click().run()
    tab.selectbox(key="model.choice").select(_SERVER).run()
    if url is not None:
        tab.text_input(key="model.server.url").input(url).run()
    return settled(tab)


def settled(tab):
    assert not tab.exception, tab.exception[0].message
    return tab


def press(tab, key):
    tab.button(key=key).click().run()
    return settled(tab)


def complaint(tab):
    return tab.error[0].value.replace("\\", "")


def state(tab):
    return tab.session_state["chorale"]


def test_a_listed_model_is_used(sidebar, server):
    tab = press(opened(sidebar, f"{server.url}/"), "model.server.list")
    assert tab.selectbox(key="model.server.name").options == ["town", "owner/city"]
    tab.selectbox(key="model.server.name").select("owner/city").run()
    press(tab, "model.use")
    assert state(tab).model == ModelRef(f"server:owner/city@{server.url}")
    assert state(tab).models == (state(tab).model,)
    assert any("city (127.0.0.1" in line.value.replace("\\", "") for line in tab.markdown)
    assert not tab.error


def test_the_fields_stay_when_another_page_was_shown(sidebar, server):
    tab = press(opened(sidebar, server.url), "model.server.list")
    tab.selectbox(key="model.choice").select(_OTHER).run()
    tab.selectbox(key="model.choice").select(_SERVER).run()
    assert settled(tab).text_input(key="model.server.url").value == server.url
    assert tab.selectbox(key="model.server.name").options == ["town", "owner/city"]


def test_a_server_asks_for_no_precision_and_no_memory(sidebar):
    tab = opened(sidebar)
    assert not tab.radio
    assert not any("GB" in caption.value for caption in tab.caption)
    tab.selectbox(key="model.choice").select(_OTHER).run()
    assert settled(tab).radio


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        ({"models": None}, "failed: no list"),
        ({"models": ()}, "The server lists no models"),
        ({"key": "secret-key"}, "CHORALE_SERVER_KEY"),
    ],
)
def test_without_a_list_a_name_can_be_typed(sidebar, server, behaviour, said):
    for name, value in behaviour.items():
        setattr(server.behaviour, name, value)
    tab = press(opened(sidebar, server.url), "model.server.list")
    assert said in complaint(tab)
    tab.text_input(key="model.server.typed").input(" town ").run()
    press(tab, "model.use")
    assert state(tab).model == ModelRef(f"server:town@{server.url}")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "No server is named"),
        ("localhost:8000", "is no address of a server"),
        ("http://ann:pw@host/v1", "CHORALE_SERVER_KEY"),
        ("http://127.0.0.1:1/v1", "Check that the server runs"),
    ],
)
def test_an_address_that_leads_nowhere_is_explained(sidebar, url, said):
    tab = press(opened(sidebar, url), "model.server.list")
    assert said in complaint(tab)
    assert state(tab).model is None


def test_a_model_must_be_named(sidebar, server):
    tab = press(opened(sidebar, server.url), "model.use")
    assert "No model of the server is chosen" in complaint(tab)
    assert state(tab).model is None


def test_a_list_that_went_wrong_is_forgotten(sidebar, server):
    tab = press(opened(sidebar, server.url), "model.server.list")
    server.behaviour.models = None
    press(tab, "model.server.list")
    assert tab.text_input(key="model.server.typed").value == ""


def test_the_operators_server_is_filled_in(sidebar, server, monkeypatch):
    monkeypatch.setenv("CHORALE_SERVER_URL", server.url)
    tab = press(opened(sidebar), "model.server.list")
    press(tab, "model.use")
    assert state(tab).model == ModelRef("server:town")
    assert server.url.removeprefix("http://") not in " ".join(m.value for m in tab.markdown)


def test_a_public_host_offers_what_its_operator_names_and_no_address(sidebar, server, monkeypatch):
    monkeypatch.setenv("CHORALE_PUBLIC", "1")
    monkeypatch.setenv("CHORALE_SERVER_URL", server.url)
    monkeypatch.setenv("CHORALE_SERVER_MODELS", "owner/city")
    tab = settled(sidebar.run().button(key="model.open").click().run())
    options = tab.selectbox(key="model.choice").options
    assert "city (server)" in options
    assert not {_OTHER, _SERVER} & set(options)
    tab.selectbox(key="model.choice").select("server:owner/city").run()
    assert not settled(tab).radio
    press(tab, "model.use")
    assert state(tab).model == ModelRef("server:owner/city")
    assert server.requests == []


def test_a_server_is_asked_rather_than_loaded(sidebar, server):
    tab = opened(sidebar, server.url)
    tab.text_input(key="model.server.typed").input("town").run()
    press(tab, "model.use")
    assert not tab.selectbox
    assert any("On a server, not asked yet" in caption.value for caption in tab.caption)
    assert tab.button(key="model.load").label == "Ask it now"
