"""Draws from a model server: all of them, once each, with what the server tells and no more."""

from __future__ import annotations

import math

import pytest

from data.errors import ModelError, PromptError
from data.schema import Decoding, FinishReason, Message, ModelRef
from models.server import list_models, load_server
from models.server_dialect import DIALECTS, draw_seed
from models.server_probe import Abilities
from tests.models.asking import ASK, SHORT, Asked
from tests.models.stub_server import CHANCES, WORDS

KEY = "sk-secret-0123456789"


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
    Asked(server).draw(1, Decoding(0.7, 0.9, 5, 0.1, 17, stop=("\n", "END")))
    body = server.requests[0]
    sent = {name: body[name] for name in ("temperature", "top_p", "top_k", "min_p", "max_tokens")}
    assert sent == {"temperature": 0.7, "top_p": 0.9, "top_k": 5, "min_p": 0.1, "max_tokens": 17}
    assert body["messages"] == [
        {"role": "system", "content": "Be brief."}, {"role": "user", "content": "What now?"}
    ]  # fmt: skip
    assert body["stop"] == ["\n", "END"]
    assert "n" not in body


def test_what_stops_an_answer_is_left_out_of_it(stub):
    # As `transformers serve` leaves it in.
    asked = Asked(stub(text="one. Two, END three"))
    stops = {("END",): "one. Two, ", (",", "."): "one", ("nowhere",): "one. Two, END three"}
    for stop, text in stops.items():
        assert asked.draw(1, Decoding(stop=stop))[0].text == text


def test_what_is_off_is_sent_as_off(stub):
    # Else the server, or the model's publisher, decides on top-k, top-p and a penalty.
    server = stub()
    Asked(server).draw(1)
    off = {"top_p": 1.0, "top_k": -1, "min_p": 0.0, "repetition_penalty": 1.0}
    assert {name: server.requests[0][name] for name in off} == off
    assert "stop" not in server.requests[0]


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
