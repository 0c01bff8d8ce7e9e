"""Draws from a model server, whatever it does: all of them, once each, or an error in words."""

from __future__ import annotations

import math
import threading
from collections import deque

import pytest

from data.errors import ModelError, PromptError
from data.schema import Decoding, FinishReason, Message, ModelRef
from models.server import ServerModel, list_models, load_server
from models.server_address import ServerAddress
from models.server_client import Patience, ServerClient
from models.server_dialect import DIALECTS, draw_seed
from models.server_probe import Abilities
from tests.models.stub_server import CHANCES, PATIENCE, WORDS, StubServer

ASK = [Message("system", "Be brief."), Message("user", "What now?")]
SHORT = Decoding(max_new_tokens=6)
ABLE = Abilities(
    DIALECTS[0], several=True, seeds=True, top_k=True, min_p=True, logprobs=True, unscaled=True,
    varied=True,
)  # fmt: skip
KEY = "sk-secret-0123456789"


class Asked:
    """A model on a stub, with a patience that doesn't wait but writes down what it would."""

    def __init__(self, server: StubServer, abilities: Abilities = ABLE, **options) -> None:
        self.pauses: list[float] = []
        together = options.pop("together", 1)
        options.setdefault("patience", Patience(attempts=4, first_s=0.5))
        address = ServerAddress("town", server.url, own=bool(options.get("key")))
        client = ServerClient(address, sleep=self.pause, **options)
        self.model = ServerModel(client, abilities, ModelRef("server:town"), together=together)

    async def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)

    def draw(self, n: int = 6, decoding: Decoding = SHORT, seed: int = 3, **options):
        indices = options.pop("indices", range(n))
        samples = self.model.generate(ASK, indices=indices, decoding=decoding, seed=seed, **options)
        return {sample.index: sample for sample in samples}


def test_every_index_is_drawn_once_with_all_that_the_server_tells(stub):
    server = stub()
    found = Asked(server).draw(12)
    assert sorted(found) == list(range(12))
    assert len({sample.call_id for sample in found.values()}) == 12
    for sample in found.values():
        assert sample.text == " ".join(WORDS[i] for i in sample.token_ids)
        expected = [math.log(CHANCES[i]) for i in sample.token_ids]
        assert list(sample.logprobs) == pytest.approx(expected)
        assert len(sample.token_ids) == len(sample.entropies) == 6
        assert all(map(math.isnan, sample.entropies))
        assert sample.finish is FinishReason.STOP
    assert len({sample.text for sample in found.values()}) > 6


def test_seed_and_index_fix_a_draw_where_seeds_are_kept(stub):
    asked = Asked(stub(), limit=4)
    first = asked.draw(8)
    again = asked.draw(indices=[7, 2, 5])
    assert {i: again[i].text for i in again} == {i: first[i].text for i in (2, 5, 7)}
    other = asked.draw(8, seed=4)
    assert [other[i].text for i in range(8)] != [first[i].text for i in range(8)]


def test_no_two_draws_share_a_seed():
    seeds = [draw_seed(9, index) for index in range(100_000)]
    assert len(set(seeds)) == len(seeds)
    assert all(0 <= seed < 2**31 for seed in seeds)
    assert draw_seed(9, 5) != draw_seed(10, 5)


def test_settings_reach_the_server(stub):
    server = stub()
    Asked(server).draw(1, Decoding(0.7, 0.9, 5, 0.1, 17))
    body = server.requests[0]
    sent = {name: body[name] for name in ("temperature", "top_p", "top_k", "min_p", "max_tokens")}
    assert sent == {"temperature": 0.7, "top_p": 0.9, "top_k": 5, "min_p": 0.1, "max_tokens": 17}
    assert body["messages"] == [
        {"role": "system", "content": "Be brief."}, {"role": "user", "content": "What now?"}
    ]  # fmt: skip
    assert "n" not in body


def test_what_is_off_is_sent_as_off(stub):
    # Else the server, or the model's publisher, decides on top-k, top-p and a penalty.
    server = stub()
    Asked(server).draw(1)
    off = {"top_p": 1.0, "top_k": -1, "min_p": 0.0, "repetition_penalty": 1.0}
    assert {name: server.requests[0][name] for name in off} == off


def test_several_answers_come_from_one_request(stub):
    server = stub()
    found = Asked(server, together=4).draw(10)
    assert sorted(found) == list(range(10))
    assert sorted(body.get("n", 1) for body in server.requests) == [2, 4, 4]
    assert len({sample.call_id for sample in found.values()}) == 10


def test_a_server_that_stops_giving_several_is_asked_until_all_are_there(stub):
    server = stub(several=False)
    found = Asked(server, together=4).draw(6)
    assert sorted(found) == list(range(6))
    assert len(server.requests) == 6


def test_one_answer_per_request_at_temperature_0(stub):
    server = stub()
    found = Asked(server, together=4).draw(3, Decoding(0.0, max_new_tokens=3))
    assert {sample.text for sample in found.values()} == {"anchor anchor anchor"}
    assert all("n" not in body for body in server.requests)


def test_requests_are_made_at_once_but_never_more_than_the_limit(stub):
    server = stub(meet=3)
    assert len(Asked(server, limit=3).draw(9)) == 9
    assert server.most == 3


@pytest.mark.parametrize(
    ("changes", "ids"),
    [
        ({"ids": False}, [-1] * 6),  # log-probabilities tell how many
        ({"ids": False, "logprobs": ""}, [-1] * 6),  # so does the count
        ({"ids": False, "logprobs": "", "usage": False}, []),
    ],
)
def test_what_is_untold_is_not_made_up(stub, changes, ids):
    sample = Asked(stub(**changes)).draw(1)[0]
    assert list(sample.token_ids) == ids
    assert len(sample.logprobs) == len(sample.entropies) == len(ids)
    if changes.get("logprobs") == "":
        assert all(map(math.isnan, sample.logprobs))
    assert sample.text


@pytest.mark.parametrize(
    ("decoding", "kept"),
    [(SHORT, True), (Decoding(0.5, max_new_tokens=6), False), (Decoding(1, 0.9), False),
     (Decoding(1, 1, 5), False), (Decoding(1, 1, 0, 0.1), False)],
)  # fmt: skip
def test_log_probabilities_of_a_changed_distribution_are_not_the_models(stub, decoding, kept):
    scaled = Abilities(DIALECTS[0], top_k=True, min_p=True, logprobs=True, unscaled=False)
    sample = Asked(stub(logprobs="scaled"), scaled).draw(1, decoding)[0]
    assert any(map(math.isfinite, sample.logprobs)) is kept


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
    server.wait_for("under_way", 3)
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
        import asyncio

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
    server.wait_for("under_way", 2)
    samples.close()
    server.wait_for("given_up", 2)


def test_an_answer_of_no_tokens_is_an_answer(stub):
    sample = Asked(stub(text="")).draw(1)[0]
    assert (sample.text, sample.token_ids, sample.logprobs) == ("", (), ())
    assert sample.finish is FinishReason.STOP


def test_a_prompt_that_is_too_long_is_the_prompts_fault(stub):
    model = Asked(stub()).model
    with pytest.raises(PromptError, match="doesn't fit town: This model's maximum context length"):
        list(model.generate([Message("user", "x" * 1001)], indices=[0], decoding=SHORT, seed=1))


@pytest.mark.parametrize("text", ["", "  \n", "a\0b"])
def test_a_prompt_that_no_model_can_read_is_not_sent(stub, text):
    server = stub()
    with pytest.raises(PromptError):
        Asked(server).model.generate([Message("user", text)], indices=[0], decoding=SHORT, seed=1)
    assert server.requests == []


@pytest.mark.parametrize(
    ("decoding", "name"), [(Decoding(top_k=4), "top-k"), (Decoding(min_p=0.1), "min-p")]
)
def test_a_setting_that_the_server_ignores_is_refused(stub, decoding, name):
    unable = Abilities(DIALECTS[0], seeds=True)
    with pytest.raises(ModelError, match=f"doesn't draw with {name}"):
        Asked(stub(), unable).draw(1, decoding)


def test_prompt_tokens_are_the_servers_count(stub):
    assert Asked(stub()).model.count_tokens(ASK) == len("Be brief.")  # how the stub counts
    with pytest.raises(ModelError, match="doesn't say how many tokens"):
        Asked(stub(usage=False)).model.count_tokens(ASK)


def test_the_likeliest_tokens_are_shown_where_they_are_the_models_own(stub):
    shown = Asked(stub()).model.likeliest(ASK)
    assert shown["anchor"] == pytest.approx(math.log(0.5))
    assert list(shown) == list(WORDS)
    with pytest.raises(ModelError, match="doesn't show the log-probabilities"):
        Asked(stub(), Abilities(DIALECTS[0], logprobs=True)).model.likeliest(ASK)


def test_the_key_goes_to_the_operators_server_only(stub):
    own, other = stub(key=KEY), stub(key=KEY)
    environment = {"CHORALE_SERVER_URL": own.url, "CHORALE_SERVER_KEY": f" {KEY}\n"}
    assert list_models(own.url, environment=environment) == ("town",)
    model = load_server(ModelRef("server:town"), environment=environment)
    assert all(headers["Authorization"] == f"Bearer {KEY}" for headers in own.headers)
    assert KEY not in repr((model.info, model._client.address))
    with pytest.raises(ModelError, match="refuses the key, or wants one"):
        list_models(other.url, environment=environment)
    with pytest.raises(ModelError, match="CHORALE_SERVER_URL"):
        load_server(ModelRef(f"server:town@{other.url}"), environment=environment)
    assert all("Authorization" not in headers for headers in other.headers)


def test_a_wrong_key_is_not_repeated(stub):
    own = stub(key=KEY)
    environment = {"CHORALE_SERVER_URL": own.url, "CHORALE_SERVER_KEY": "wrong-0123456789"}
    with pytest.raises(ModelError, match="Start Chorale with the right CHORALE_SERVER_KEY") as bad:
        load_server(ModelRef("server:town"), environment=environment)
    assert "wrong" not in str(bad.value)
    with pytest.raises(ModelError, match="characters that no key has"):
        list_models(own.url, environment={**environment, "CHORALE_SERVER_KEY": "a\nb"})


def test_a_server_that_isnt_there_is_said_to_be_missing(stub):
    server = stub()
    server.close()
    with pytest.raises(ModelError, match=r"connection to the server at 127\.0\.0\.1.* failed"):
        list_models(server.url, environment={})
    asked = Asked(server)
    with pytest.raises(ModelError, match="Check that the server runs"):
        asked.draw(2)
    assert len(asked.pauses) == 2 * 3
