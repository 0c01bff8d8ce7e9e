"""Where the Synchrony page takes conversations from, and what it takes for their style."""

from __future__ import annotations

import pytest

from data.dialogues import read_corpus
from data.dialogues.hub import Fetched
from data.errors import UploadError
from tests.pages.test_synchrony_page import _town_is_read, open_page, settled

__all__ = ["_town_is_read", "open_page"]

DAILY = "\n".join(
    f"Do you like it number {n} ? __eou__ I think so ! __eou__ "
    f"{'Oh ' * (1 + n % 3)}no . __eou__ It is late . __eou__"
    for n in range(30)
)


def choose(tab, source):
    tab.app.selectbox(key="synchrony.corpus").set_value(source).run()
    return settled(tab)


def test_a_corpus_is_chosen_by_its_name_and_fetched(open_page, monkeypatch):
    asked = []

    def fetch(which, *, report):
        asked.append(which.dataset_id)
        report(1, 2)
        return Fetched(f"{which.name}, validation", read_corpus(DAILY))

    monkeypatch.setattr("components.controls.hub_corpus.fetch_named", fetch)
    tab = choose(open_page(), "DailyDialog")
    assert "Li et al. 2017" in tab.words
    assert "Give or fetch some conversations" in tab.words
    assert not asked
    settled(tab.press("Fetch"))
    assert asked == ["li2017dailydialog/daily_dialog"]
    assert "30 conversations, 60 user turns" in tab.words
    assert not tab.has_button("Fetch")
    tab.app.number_input(key="synchrony.taken").set_value(10).run()
    assert "10 conversations of 30, drawn at random" in settled(tab).words
    assert "n = 10 conversations" in tab.words
    choose(choose(tab, "Pasted text …"), "DailyDialog")
    assert len(asked) == 1  # kept for the session


def test_without_a_network_the_page_says_what_to_do(open_page, monkeypatch):
    def fetch(which, *, report):
        raise UploadError("Hugging Face can’t be reached.", "Check the connection.")

    monkeypatch.setattr("components.controls.hub_corpus.fetch_named", fetch)
    tab = settled(choose(open_page(), "PersonaChat").press("Fetch"))
    assert "can’t be reached" in tab.words
    assert "Check the connection" in tab.words
    assert tab.has_button("Fetch")


def test_any_data_set_is_fetched_by_its_id(open_page, monkeypatch):
    def fetch(dataset_id, *, file, report):
        return Fetched(f"{dataset_id}, {file}", read_corpus(DAILY))

    monkeypatch.setattr("components.controls.hub_corpus.fetch_any", fetch)
    tab = choose(open_page(), "A data set of the Hub …")
    assert not tab.has_button("Fetch")
    tab.app.text_input(key="synchrony.hub").set_value("me/talks").run()
    tab.app.text_input(key="synchrony.hub_file").set_value("a.txt").run()
    assert "me/talks, a" in settled(tab.press("Fetch")).words.replace("\\", "")


def test_style_may_be_an_embedding(open_page):
    tab = open_page()
    before = tab.drawn("EMA")
    tab.app.segmented_control(key="synchrony.style").set_value("An embedding").run()
    assert "16 directions of an embedding" in settled(tab).words
    assert "hold the best balance" in tab.words
    assert tab.drawn("EMA") != before
    assert "with other users" in tab.words
    for name in ("Instructions", "Flips and churn"):
        assert "need features with names" in tab.open_tab(name).words
    for name in ("Traces", "α × cap", "Differences", "Foretelling", "Corpora", "Data"):
        tab.open_tab(name)
    tab.app.selectbox(key="synchrony.embedder").set_value("Another one of the Hub …").run()
    assert "Name a model" in settled(tab).words


def test_formality_is_there_where_tags_are(open_page):
    tagged = "conversation_id,speaker,text,tags\n" + "\n".join(
        f"{n},{who},{text},{tags}"
        for n in range(9)
        for who, text, tags in (
            ("ann", "Hey you! " * (1 + n % 3), "INTJ PRON " * 20),
            ("bot", "The council met. " * 3, "DET NOUN VERB " * 20),
        )
    )
    tab = open_page().paste(tagged).open_tab("Accommodation")
    assert "The user: **0 (0 to 0)**" in tab.words
    assert "The bot: **67" in tab.words
    assert "isn’t defined here" in open_page().open_tab("Accommodation").words


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        (("🙂", "🎉🎉", "🙂"), "or none that can be measured"),
        (("你好吗", "是的。", "今天天气很好"), "or none that can be measured"),
        (("Привет друзья", "Да", "Как у вас дела? Хорошо."), "every cosine is 1 or −1"),
        (("Ok", "yes", "No"), "hold the best balance"),
    ],
)
def test_texts_that_can_hardly_be_measured_are_said_and_the_style_can_be_changed(
    open_page, texts, told
):
    rows = [
        f"{n},{who},{texts[(n + turn + (who == 'u')) % len(texts)]}"
        for n in range(9)
        for turn in range(3)
        for who in "ub"
    ]
    tab = open_page().paste("\n".join(["conversation_id,speaker,text", *rows]))
    assert told in tab.words
    tab.app.segmented_control(key="synchrony.style").set_value("An embedding").run()
    assert "hold the best balance" in settled(tab).words  # an embedder hears any text
