"""Which addresses are taken, what models on servers are called, and where a host may go."""

from __future__ import annotations

import pytest

from data.errors import ModelError
from data.schema import ModelRef
from models.registry import display_name, estimate_memory, resolve
from models.server_address import (
    ServerAddress,
    own_models,
    parse_server,
    server_at,
    server_id,
    server_url,
)

OWN = {"CHORALE_SERVER_URL": "http://gpu:8000/v1"}
PUBLIC = {**OWN, "CHORALE_PUBLIC": "1"}


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("http://localhost:8000/v1", "http://localhost:8000/v1"),
        (" http://LocalHost:8000/v1/ ", "http://localhost:8000/v1"),
        ("http://localhost:8000", "http://localhost:8000/v1"),
        ("http://localhost:8000/v1/chat/completions", "http://localhost:8000/v1"),
        ("HTTPS://api.example.org/openai/v1/models", "https://api.example.org/openai/v1"),
        ("http://[::1]:8000/v1", "http://[::1]:8000/v1"),
    ],
)
def test_an_address_has_one_form(typed, url):
    assert server_url(typed) == url


@pytest.mark.parametrize(
    "typed",
    [
        "localhost:8000", "ftp://host/v1", "file:///etc/passwd", "http://", "http://host:port/v1",
        "http://host/v1?x=1", "http://host/v1#x", "http://ho st/v1", "http://[::1/v1", "http://h\n/v1",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(typed):
    with pytest.raises(ModelError, match="no address of a server"):
        server_url(typed)


def test_a_password_in_an_address_is_refused_and_not_repeated():
    with pytest.raises(ModelError, match="CHORALE_SERVER_KEY") as refused:
        server_url("http://ann:hunter2@host/v1")
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("name", ["town", "owner/name", "owner/name@main", "a:b", "name@http"])
@pytest.mark.parametrize("url", ["http://gpu:8000/v1", "https://h/v1"])
def test_an_id_leads_back_to_name_and_address(name, url):
    found = parse_server(server_id(name, url, environment={}), environment={})
    assert found == ServerAddress(name, url, own=False)


def test_the_operators_server_needs_no_address():
    assert server_id("town", "http://GPU:8000/v1/", environment=OWN) == "server:town"
    own = ServerAddress("town", "http://gpu:8000/v1", own=True)
    assert parse_server("server:town", environment=OWN) == own
    assert parse_server("server:town@http://gpu:8000", environment=OWN) == own
    assert parse_server("server:town@http://gpu:8001/v1", environment=OWN).own is False
    assert "gpu" not in own.shown
    assert "elsewhere:80" in ServerAddress("town", "http://elsewhere:80/v1").shown


@pytest.mark.parametrize("model_id", ["server:", "server:@http://h/v1", "server:a\nb@http://h/v1"])
def test_an_id_without_a_name_is_refused(model_id):
    with pytest.raises(ModelError, match="No model of the server is named"):
        parse_server(model_id, environment={})


def test_without_a_server_one_has_to_be_named():
    with pytest.raises(ModelError, match="CHORALE_SERVER_URL"):
        parse_server("server:town", environment={})
    with pytest.raises(ModelError, match="CHORALE_SERVER_URL"):
        server_at("  ", environment={})


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/v1", "http://localhost:8501/v1", "http://gpu:8001/v1",
        "https://gpu:8000/v1", "http://gpu:8000/v2", "http://gpu:8000@evil/v1", "http://GPU.evil/v1",
        "nonsense",
    ],
)  # fmt: skip
def test_a_public_host_goes_nowhere_but_to_its_own_server(url):
    with pytest.raises(ModelError, match="no other model server than its own"):
        server_at(url, environment=PUBLIC)
    with pytest.raises(ModelError, match="no other model server than its own"):
        server_at(url, environment={"CHORALE_PUBLIC": "1"})
    assert server_at("http://gpu:8000/v1", environment=PUBLIC).own


def test_the_operator_names_what_is_offered():
    names = {"CHORALE_SERVER_MODELS": " town, owner/name,,town "}
    assert own_models({**OWN, **names}) == ("server:town", "server:owner/name")
    assert own_models(names) == own_models(OWN) == ()


def test_the_registry_knows_models_on_servers(monkeypatch):
    ref = ModelRef("server:owner/name@http://gpu:8000/v1")
    assert resolve(ref) == ref.id
    assert estimate_memory(ref) == 0
    assert display_name(ref.id) == "name (gpu:8000)"
    assert display_name("server:owner/name") == "name (server)"
    with pytest.raises(ModelError, match="No server is named"):
        resolve(ModelRef("server:name"))
    monkeypatch.setenv("CHORALE_SERVER_URL", "http://gpu:8000/v1")
    assert resolve(ModelRef("server:name")) == "server:name"
