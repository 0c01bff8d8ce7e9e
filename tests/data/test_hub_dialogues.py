"""Conversations come from a hub by name, with progress, or with a message that says why not."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.dialogues import read_corpus
from data.dialogues.hub import HUB_CORPORA, HubCorpus, fetch_any, fetch_named, some_of
from data.dialogues.records import Corpus, Dialogue, Utterance
from data.errors import ChoraleError, CorpusError
from data.hub_datasets import CONVERTED
from tests.data.test_dialogues import texts
from tests.models.fake_hub import FakeHub

DAILY = {"dialog": [["Hi .", "Hello !", "Bye ."], ["Rain again ?", "Yes ."]], "act": [[1], [2]]}
EMPATHETIC = {
    "conv_id": ["hit:0", "hit:0", "hit:1"],
    "utterance_idx": [1, 2, 1],
    "context": ["sad", "sad", "glad"],
    "prompt": ["p", "p", "q"],
    "speaker_idx": [7, 8, 9],
    "utterance": ["It broke_comma_ alas", "Oh no", "I won"],
    "tags": ["", "", "<HIT>"],
}
CHAT = {
    "personality": [["i sail ."]],
    "utterances": [
        [
            {"history": ["hello"], "candidates": ["no", "hi there"]},
            {"history": ["hello", "hi there", "how are you"], "candidates": ["never", "fine"]},
        ]
    ],
}
CHAT_ROWS = {
    "conv_id": [4, 4],
    "history": [["hello"], ["hello", "hi there", "how are you"]],
    "candidates": [["no", "hi there"], ["never", "fine"]],
}
SAID = [("A", "hello"), ("B", "hi there"), ("A", "how are you"), ("B", "fine")]


def parquet(columns) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue().to_pybytes()


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """A hub that keeps DailyDialog in parquet, and an empty cache."""
    folder = tmp_path / "set" / "default"
    for split, rows in (("train", 1), ("validation", 2)):
        (folder / split).mkdir(parents=True)
        cut = {name: column[:rows] for name, column in DAILY.items()}
        (folder / split / "0000.parquet").write_bytes(parquet(cut))
    made = FakeHub(tmp_path / "set", HUB_CORPORA["DailyDialog"].dataset_id, kind="datasets")
    made.manners.revisions |= {CONVERTED}
    address = made.url + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", made.url)
    monkeypatch.setattr("huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", address)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    yield made
    made.close()


def test_a_named_corpus_is_its_smallest_split(hub):
    heard: list[tuple[int, int]] = []
    found = fetch_named(HUB_CORPORA["DailyDialog"], report=lambda *far: heard.append(far))
    assert found.name == "DailyDialog, validation"
    assert texts(found.corpus) == {
        "1": [("A", "Hi ."), ("B", "Hello !"), ("A", "Bye .")],
        "2": [("A", "Rain again ?"), ("B", "Yes .")],
    }
    size = len(parquet(DAILY))
    assert heard[-1] == (size, size)


def test_any_data_set_is_fetched_by_its_id_and_by_file(hub):
    (hub.folder / "talks.csv").write_text("conversation_id,speaker,text\n1,a,Hi\n1,b,Yes\n")
    assert fetch_any(hub.model_id).name.endswith("daily_dialog, validation")
    found = fetch_any(hub.model_id, file="talks.csv")
    assert texts(found.corpus) == {"1": [("a", "Hi"), ("b", "Yes")]}


@pytest.mark.parametrize(
    ("manners", "told"),
    [
        ({"gated": True}, "is gated"),
        ({"private": True}, "There is no data set"),
        ({"revisions": frozenset({"main"})}, "keeps no copy"),
        ({"busy": True}, "can’t be reached"),
    ],
)
def test_what_goes_wrong_is_said(hub, manners, told):
    for name, value in manners.items():
        setattr(hub.manners, name, value)
    with pytest.raises(ChoraleError, match=told):
        fetch_named(HUB_CORPORA["DailyDialog"])


def test_without_a_network_the_file_can_be_uploaded(hub):
    hub.close()
    with pytest.raises(ChoraleError, match="Check the connection, or upload the file"):
        fetch_named(HUB_CORPORA["DailyDialog"])


def test_a_name_that_is_no_id_is_said():
    with pytest.raises(ChoraleError, match="no Hugging Face id"):
        fetch_named(HubCorpus("x", "not an id", "", ""))


def test_empathetic_dialogues_have_their_commas_and_no_tags():
    found = read_corpus(parquet(EMPATHETIC))
    assert texts(found) == {
        "hit:0": [("7", "It broke, alas"), ("8", "Oh no")],
        "hit:1": [("9", "I won")],
    }
    assert "tags" not in found.dialogues[1].turns[0].other


@pytest.mark.parametrize(("columns", "name"), [(CHAT, "1"), (CHAT_ROWS, "4")])
def test_persona_chat_is_put_together_from_its_histories(columns, name):
    assert texts(read_corpus(parquet(columns))) == {name: SAID}


def test_a_parquet_of_turns_is_a_table_like_any_other():
    turns = {"conversation_id": [1, 1], "speaker": ["a", "b"], "text": ["Hi", "Yes"]}
    assert texts(read_corpus(parquet(turns))) == {"1": [("a", "Hi"), ("b", "Yes")]}
    with pytest.raises(CorpusError, match="no column “speaker”"):
        read_corpus(parquet({"conversation_id": [1], "text": ["Hi"]}))
    with pytest.raises(CorpusError, match="can't be read"):
        read_corpus(b"PAR1 and nothing else")


def test_some_conversations_are_the_same_ones_each_time():
    whole = Corpus(tuple(Dialogue(str(n), (Utterance("a", "x", n),)) for n in range(50)))
    some = some_of(whole, 10)
    assert some == some_of(whole, 10)
    ids = [int(d.id) for d in some.dialogues]
    assert ids == sorted(set(ids))
    assert len(ids) == 10
    assert ids != list(range(10))
    assert some_of(whole, 50) is whole
