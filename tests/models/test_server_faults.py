"""Whatever a model server does, every answer comes once, or an error in words."""

from __future__ import annotations

import asyncio
import threading
from collections import deque

import pytest

from data.errors import ModelError, PromptError
from models.server import list_models
from tests.models.asking import ASK, SHORT, Asked
from tests.models.stub_server import PATIENCE


@pytest.mark.parametrize(
    "fault",
    ["drop", "cut", "cut quietly", "delay", "nothing in it", 500, 503, (429, {}), (500, {})],
    ids=str,
)
def test_what_passes_is_tried_again(stub, fault):
    fault = {"choices": []} if fault == "nothing in it" else fault
    server = stub(faults=deque([fault, fault]))
    asked = Asked(server)
    calm = Asked(stub()).draw(4)
    found = asked.draw(4)
    assert {i: found[i].text for i in found} == {i: calm[i].text for i in calm}
    assert len(asked.pauses) == (0 if fault == "delay" else 2)
    assert len(server.requests) == 4 + len(asked.pauses)


def test_pauses_grow(stub):
    asked = Asked(stub(faults=deque([500] * 3)), limit=1)
    asked.draw(1)
    low, high = [0.25, 0.5, 1.0], [0.5, 1.0, 2.0]
    assert all(a <= p <= b for a, p, b in zip(low, asked.pauses, high, strict=True))


def test_a_server_is_given_the_time_it_asks_for(stub):
    asked = Asked(stub(faults=deque([(429, {"Retry-After": "7"})])), limit=1)
    asked.draw(1)
    assert asked.pauses == [7.0]


def test_a_server_that_asks_for_too_much_time_is_given_up(stub):
    asked = Asked(stub(faults=deque([(429, {"Retry-After": "3600"})])), limit=1)
    with pytest.raises(ModelError, match="too many requests: trouble 429"):
        asked.draw(1)
    assert asked.pauses == []


def test_a_retry_date_may_stand_in_the_past(stub):
    past = {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}
    asked = Asked(stub(faults=deque([(503, past)])), limit=1)
    assert len(asked.draw(1)) == 1
    assert len(asked.pauses) == 1


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("drop", "connection to the server at .* failed"),
        ("cut", "connection to the server at .* failed"),
        ("cut quietly", "isn't JSON"),
        (502, r"failed \(status 502\)"),
        ((429, {}), "too many requests"),
    ],
    ids=str,
)
def test_what_doesnt_pass_ends_in_words(stub, fault, said):
    asked = Asked(stub(faults=deque([fault] * 4)), limit=1)
    with pytest.raises(ModelError, match=said):
        asked.draw(1)
    assert len(asked.pauses) == 3


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ((400, {}), "refuses this request: trouble 400"),
        ((404, {}), "has no model “town”, or no chat there"),
        ((302, {"Location": "http://127.0.0.1:1/"}), "sends requests on to another address"),
        ((403, {}), "refuses the key, or wants one"),
        ((413, {}), "doesn't fit town"),
        ({"error": "Unexpected endpoint"}, "replied: Unexpected endpoint"),
    ],
    ids=str,
)
def test_what_can_not_pass_is_not_tried_again(stub, fault, said):
    server = stub(faults=deque([fault]))
    asked = Asked(server, limit=1)
    with pytest.raises((ModelError, PromptError), match=said) as raised:
        asked.draw(1)
    assert raised.value.what_to_do
    assert asked.pauses == []
    assert len(server.requests) == 1


def test_a_web_page_is_no_answer(stub):
    server = stub(faults=deque([200]))
    with pytest.raises(ModelError, match="answered with a web page"):
        Asked(server, limit=1).draw(1)
    assert len(server.requests) == 1


def test_what_came_before_an_error_is_kept(stub):
    server = stub(faults=deque([None, None, None, 404]))
    asked = Asked(server, limit=1)
    samples = asked.model.generate(ASK, indices=range(9), decoding=SHORT, seed=3)
    found = []
    with pytest.raises(ModelError, match="no model"):
        found.extend(sample.index for sample in samples)
    assert found == [0, 1, 2]
    assert len(server.requests) == 4


def test_answers_under_way_are_kept_when_another_fails(stub):
    server = stub(faults=deque([404]), meet=4)
    samples = Asked(server, limit=4).model.generate(ASK, indices=range(9), decoding=SHORT, seed=3)
    found = []
    with pytest.raises(ModelError, match="no model"):
        found.extend(sample.index for sample in samples)
    assert len(found) >= 3  # those that were under way beside it; more only if they came first
    assert len(server.requests) == len(found) + 1


def test_a_stop_gives_requests_up(stub):
    server = stub(faults=deque([None, None, *["hang"] * 3]))
    stop, found = threading.Event(), []

    def draw() -> None:
        found.extend(Asked(server, limit=3).draw(20, should_stop=stop.is_set))

    thread = threading.Thread(target=draw)
    thread.start()
    server.wait_for("hanging", 3)
    stop.set()
    server.wait_for("given_up", 3)
    thread.join(PATIENCE)
    assert len(found) == 2
    assert len(server.requests) == 5


def test_a_stop_ends_a_pause(stub):
    server = stub(faults=deque([(503, {"Retry-After": "50"})] * 4))
    asked = Asked(server, limit=1)
    pausing, stop = threading.Event(), threading.Event()

    async def forever(seconds: float) -> None:
        pausing.set()
        await asyncio.sleep(3600)

    asked.model._client._sleep = forever
    thread = threading.Thread(target=asked.draw, args=(1,), kwargs={"should_stop": stop.is_set})
    thread.start()
    assert pausing.wait(PATIENCE)
    stop.set()
    thread.join(PATIENCE)
    assert not thread.is_alive()


def test_draws_that_nobody_waits_for_are_given_up(stub):
    server = stub(faults=deque([None, "hang", "hang"]))
    samples = Asked(server, limit=3).model.generate(ASK, indices=range(3), decoding=SHORT, seed=3)
    next(samples)
    server.wait_for("hanging", 2)
    samples.close()
    server.wait_for("given_up", 2)


def test_a_server_that_isnt_there_is_said_to_be_missing(stub):
    server = stub()
    server.close()
    with pytest.raises(ModelError, match=r"connection to the server at 127\.0\.0\.1.* failed"):
        list_models(server.url, environment={})
    asked = Asked(server)
    with pytest.raises(ModelError, match="Check that the server runs"):
        asked.draw(2)
    assert len(asked.pauses) == 2 * 3
