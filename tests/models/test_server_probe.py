"""A server's abilities are found out, not believed; and its user is told of them."""

from __future__ import annotations

from collections import deque

import pytest

from data.errors import ModelError
from data.schema import Decoding, Message, ModelRef
from models.server import TOGETHER, load_server
from models.server_address import ServerAddress
from models.server_client import Patience, ServerClient
from models.server_probe import Abilities, probe

ENGINE = {"top_k", "min_p", "return_token_ids"}


def found(server, **options) -> Abilities:
    return probe(ServerClient(ServerAddress("town", server.url), **options))


def loaded(server, **environment):
    return load_server(ModelRef(f"server:town@{server.url}"), environment=environment)


def test_an_able_server_is_found_able(stub):
    able = found(stub())
    assert able.dialect.name == "engine"
    assert (able.several, able.seeds, able.top_k, able.min_p) == (True, True, True, True)
    assert (able.logprobs, able.unscaled, able.varied) == (True, True, True)


@pytest.mark.parametrize(
    ("behaviour", "ability", "value"),
    [
        ({"several": False}, "several", False),
        ({"copies": True}, "several", False),
        ({"seeds": False}, "seeds", False),
        ({"greedy": True}, "seeds", None),
        ({"greedy": True}, "varied", False),
        ({"truncates": False}, "top_k", False),
        ({"truncates": False}, "min_p", False),
        ({"logprobs": ""}, "logprobs", False),
        ({"logprobs": ""}, "unscaled", False),
        ({"logprobs": "scaled"}, "unscaled", False),
    ],
)
def test_each_inability_is_found(stub, behaviour, ability, value):
    assert getattr(found(stub(**behaviour)), ability) is value


@pytest.mark.parametrize(
    ("refused", "dialect"),
    [
        ({"chat_template_kwargs"}, "engine without template options"),
        (ENGINE, "transformers"),
        ({*ENGINE, "generation_config"}, "plain"),
        ({*ENGINE, "generation_config", "logprobs"}, "plain without log-probabilities"),
    ],
)
def test_the_fullest_dialect_that_is_taken_is_spoken(stub, refused, dialect):
    able = found(stub(refuses=frozenset(refused)))
    assert able.dialect.name == dialect
    assert able.varied  # it draws, rather than taking the likeliest token
    assert able.logprobs is ("logprobs" not in refused)


def test_a_plain_server_is_not_asked_for_what_it_can_not_say(stub):
    server = stub(refuses=frozenset({*ENGINE, "generation_config"}))
    able = found(server)
    assert not able.top_k
    assert not able.min_p


def test_a_request_that_breaks_the_server_is_no_ability(stub):
    # Two answers one after the other, six at once, then n = 2.
    server = stub(faults=deque([*[None] * 8, 500]))
    able = found(server, limit=1)
    assert "n" in server.requests[8]
    assert not able.several
    assert able.top_k


def test_sizes_are_taken_from_the_list(stub):
    able = found(stub(card={"max_model_len": 4096, "meta": {"n_params": 123, "n_ctx_train": 9}}))
    assert (able.context, able.parameters) == (4096, 123)
    assert (found(stub()).context, found(stub()).parameters) == (0, 0)


def test_a_server_without_a_list_is_taken(stub):
    assert found(stub(models=None)).several


def test_an_unknown_model_is_answered_with_the_list(stub):
    server = stub(models=("city", "village"))
    with pytest.raises(ModelError, match="has no model “town”") as error:
        loaded(server)
    assert error.value.what_to_do == "The server lists these models: city, village."
    server.behaviour.models = ()
    server.behaviour.faults = deque([404] * 5)
    with pytest.raises(ModelError, match="Choose one of the models that it lists"):
        loaded(server)


def test_a_model_that_says_nothing_is_refused(stub):
    with pytest.raises(ModelError, match="answered nothing in every trial"):
        loaded(stub(text=""))


def test_a_starting_server_is_waited_for(stub):
    pauses = []

    async def pause(seconds):
        pauses.append(seconds)

    server = stub(faults=deque([503, 503]))
    assert found(server, sleep=pause, patience=Patience()).several
    assert len(pauses) == 2


@pytest.mark.parametrize(
    ("behaviour", "environment", "n"),
    [
        ({"seeds": False}, {}, TOGETHER),  # nothing to keep, so the cheaper way
        ({"seeds": False}, {"CHORALE_SERVER_N": "3"}, 3),
        ({}, {"CHORALE_SERVER_N": "5"}, 5),
        ({}, {}, 1),  # a seed per draw
        ({"several": False, "seeds": False}, {"CHORALE_SERVER_N": "5"}, 1),
    ],
)
def test_answers_per_request(stub, behaviour, environment, n):
    server = stub(**behaviour)
    model = loaded(server, **environment)
    server.requests.clear()
    list(model.generate([Message("user", "Go")], indices=range(2 * n), decoding=Decoding(), seed=1))
    assert [body.get("n", 1) for body in server.requests] == [n] * 2


def test_the_limit_is_the_operators(stub):
    model = loaded(stub(), CHORALE_SERVER_PARALLEL="3")
    assert model._client.limit == 3
    with pytest.raises(ModelError, match="CHORALE_SERVER_PARALLEL is “many”"):
        loaded(stub(), CHORALE_SERVER_PARALLEL="many")


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        ({}, "shows no full distributions"),
        ({}, "keeps seeds: the same seed brings the same answers back"),
        ({"seeds": False, "several": False}, "doesn't keep seeds"),
        ({"seeds": False}, "Each request asks for 8 answers"),
        ({"greedy": True}, "all its answers were the same"),
        ({"greedy": True}, "could not be told"),
        ({"logprobs": ""}, "tells no log-probabilities"),
        ({"logprobs": "scaled"}, "after temperature and truncation"),
        ({"truncates": False}, "doesn't draw with top-k or min-p"),
    ],
)
def test_the_user_is_told(stub, behaviour, said):
    info = loaded(stub(**behaviour)).info
    assert said in " ".join(info.notes)
    assert (info.device, info.name.startswith("town (127.0.0.1:")) == ("server", True)


def test_seeds_are_tried_while_other_requests_are_under_way(stub):
    server = stub(faults=deque([None, None, "meet", "meet"]))
    found(server)
    repeats = [body["seed"] for body in server.requests].count(server.requests[0]["seed"])
    assert repeats == 3
    assert server.most >= 2
