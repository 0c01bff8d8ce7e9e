"""A real server of the API: `transformers serve` on loopback, with a tiny checkpoint."""

from __future__ import annotations

import math
import os
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from transformers.utils.import_utils import is_serve_available

from data.errors import ModelError
from data.schema import Decoding, FinishReason, Message, ModelRef
from models.local import LocalModel
from models.server import ServerModel, list_models, load_server
from models.server_address import ServerAddress
from models.server_client import Patience, ServerClient
from models.server_probe import probe
from tests.models.stub_server import StubServer

pytestmark = pytest.mark.skipif(
    not is_serve_available(), reason="transformers serve needs fastapi, uvicorn and openai"
)
STARTS_WITHIN = 120  # seconds; it imports torch first, which can take long on a busy machine
START = "from transformers.cli.transformers import main; main()"
ASK = [Message("system", "the sea"), Message("user", "a boat in the harbour")]
DRAWN = Decoding(max_new_tokens=8)
GREEDY = Decoding(0.0, max_new_tokens=8)


@pytest.fixture(scope="module")
def served(checkpoint: Callable[..., Path], tmp_path_factory) -> Iterator[tuple[str, str]]:
    """Address of a server, and the name of its one model."""
    folder, cache = str(checkpoint("llama")), tmp_path_factory.mktemp("hub")
    with socket.socket() as probe_socket:
        probe_socket.bind(("127.0.0.1", 0))
        port = probe_socket.getsockname()[1]
    command = [sys.executable, "-c", START, "serve", folder, "--device", "cpu"]
    with (cache / "log").open("wb") as log:
        server = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--port", str(port)],
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, "HF_HUB_CACHE": str(cache), "OMP_NUM_THREADS": "1"},
        )
        try:
            _wait(server, f"http://127.0.0.1:{port}/health", cache / "log")
            yield f"http://127.0.0.1:{port}/v1", folder
        finally:
            server.terminate()
            server.wait()


def _wait(server: subprocess.Popen[bytes], url: str, log: Path) -> None:
    until = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < until and server.poll() is None:
        with suppress(URLError, ConnectionError), urlopen(url, timeout=5):
            return
        time.sleep(0.1)
    pytest.fail(f"transformers serve didn't start:\n{log.read_text()[-2000:]}")


@pytest.fixture(scope="module")
def one_at_a_time(served) -> ServerModel:
    """Asked for one answer after the other."""
    url, name = served
    ref = ModelRef(f"server:{name}@{url}")
    return load_server(ref, environment={"CHORALE_SERVER_PARALLEL": "1"})


def draws(model, indices, decoding=DRAWN, seed=5):
    samples = model.generate(ASK, indices=indices, decoding=decoding, seed=seed)
    return {sample.index: sample for sample in samples}


def test_its_abilities_are_found(one_at_a_time):
    able = one_at_a_time._abilities
    assert able.dialect.name == "transformers"
    assert (able.several, able.logprobs, able.unscaled) == (False, False, False)
    assert (able.seeds, able.top_k, able.min_p, able.varied) == (True, True, True, True)
    assert "tells no log-probabilities" in " ".join(one_at_a_time.info.notes)


def test_many_answers_at_once(served):
    url, name = served
    model = load_server(ModelRef(f"server:{name}@{url}"), environment={})
    found = draws(model, range(8))
    assert sorted(found) == list(range(8))
    assert len({sample.text for sample in found.values()}) > 4
    for sample in found.values():
        assert 1 <= len(sample.token_ids) <= 8
        assert set(sample.token_ids) == {-1}
        assert all(map(math.isnan, (*sample.logprobs, *sample.entropies)))
        cut = len(sample.token_ids) == 8
        assert sample.finish is (FinishReason.LENGTH if cut else FinishReason.STOP)


def test_seeds_are_kept_one_at_a_time(one_at_a_time):
    first = draws(one_at_a_time, range(6))
    again = draws(one_at_a_time, [4, 1])
    assert {i: again[i].text for i in again} == {i: first[i].text for i in (1, 4)}


def test_it_says_what_the_same_model_says_here(one_at_a_time, tiny: LocalModel):
    (here,) = tiny.generate(ASK, indices=[0], decoding=GREEDY, seed=1)
    assert draws(one_at_a_time, [0], GREEDY)[0].text == here.text
    assert here.text
    assert one_at_a_time.count_tokens(ASK) == tiny.count_tokens(ASK)


def test_nothing_is_cut_off_that_nobody_asked_to_cut(one_at_a_time, tiny: LocalModel):
    # Unless told otherwise, the library draws from the 50 likeliest tokens only.
    hot, cut = Decoding(5.0, max_new_tokens=1), Decoding(5.0, top_k=50, max_new_tokens=1)
    likeliest = {s.text for s in tiny.generate(ASK, indices=range(400), decoding=cut, seed=1)}
    assert len(likeliest) > 25
    assert any(s.text not in likeliest for s in draws(one_at_a_time, range(32), hot).values())
    kept = draws(one_at_a_time, range(8), cut)
    assert {sample.text for sample in kept.values()} <= likeliest


def test_behind_a_faulty_proxy_every_answer_still_comes(served, one_at_a_time, stub):
    url, name = served
    faults = ["drop", None, "cut", "delay", (429, {"Retry-After": "0"}), None, 503, "cut quietly"]
    proxy: StubServer = stub(upstream=url)
    client = ServerClient(ServerAddress(name, proxy.url), limit=1, patience=Patience(first_s=0.001))
    model = ServerModel(client, probe(client), ModelRef(f"server:{name}@{proxy.url}"))
    proxy.behaviour.faults = deque(faults)
    found, calm = draws(model, range(6)), draws(one_at_a_time, range(6))
    assert not proxy.behaviour.faults
    assert {i: found[i].text for i in found} == {i: calm[i].text for i in calm}


def test_another_model_is_refused_in_its_words(served):
    url, _ = served
    with pytest.raises(ModelError, match="Server is pinned to"):
        load_server(ModelRef(f"server:another@{url}"), environment={})
    assert list_models(url, environment={}) == ()
