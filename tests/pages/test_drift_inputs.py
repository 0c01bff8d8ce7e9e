"""What the Drift page says to files and texts that can't be used; nothing typed is lost by them."""

from __future__ import annotations

import json

import pytest

from components import services
from tests.pages.test_drift_page import DriftVisit, open_page, settled

__all__ = ["open_page"]

USER, REPLY = {"role": "user", "content": "Hello?"}, {"role": "assistant", "content": "Ahoy."}
SYSTEM = {"role": "system", "content": "You are Ada, a baker."}


def file_of(*messages) -> bytes:
    return json.dumps({"messages": messages}).encode()


def with_file(open_page, content: bytes, name: str = "chat.json") -> DriftVisit:
    tab = open_page()
    tab.app.selectbox(key="drift.plan").set_value("From a file …").run()
    tab.app.text_area(key="drift.lines").set_value("My own line.").run()
    tab.app.file_uploader(key="drift.file").set_value((name, content, "text/plain")).run()
    return settled(tab)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (file_of({"content": "Hello?"}, REPLY), "“role” or “speaker” is missing"),
        (file_of(SYSTEM, SYSTEM, USER, REPLY), "it has two system prompts; one is allowed"),
        (file_of(USER, {**REPLY, "content": " "}), "there should be a text, but it is empty"),
        (file_of(*[USER, REPLY] * 250), "it has 500 messages; at most 200 are read"),
        (b'{"messages": "\x81"}', "chat.json"),
        (b"", "it is empty"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_by_its_place(open_page, content, said):
    tab = with_file(open_page, content)
    assert said in tab.words.replace("\\", "")
    assert tab.app.text_area(key="drift.lines").value == "My own line."
    assert not tab.has_button("Take its")


def test_another_encoding_is_read_and_said(open_page):
    content = json.dumps({"messages": [SYSTEM, {**USER, "content": "Café?"}, REPLY]},
                         ensure_ascii=False).encode("cp1252")  # fmt: skip
    tab = with_file(open_page, content)
    assert "was read as Windows" in tab.words.replace("\\", "")
    tab.press("Take its 1 user line")
    assert tab.app.text_area(key="drift.lines").value == "Café?"
    assert tab.app.text_area(key="drift.system").value == SYSTEM["content"]


def test_a_dialogue_of_more_turns_than_a_plan_has_is_refused_when_it_is_started(open_page):
    tab = with_file(open_page, file_of(*[USER, REPLY] * 60))
    tab.press("Take its 60 user lines").press("Sample")
    assert "the number of turns must be 1 to 48, but it was 60" in settled(tab).words
    assert len(tab.app.text_area(key="drift.lines").value.splitlines()) == 60


def test_a_persona_longer_than_the_context_is_said_and_stays(open_page):
    tab = open_page()
    tab.app.selectbox(key="drift.persona").set_value("My own persona …").run()
    long = "word " * 600
    tab.app.text_area(key="drift.system").set_value(long)
    tab.app.text_area(key="drift.lines").set_value("One?\nTwo?").run()
    tab.app.text_input(key="drift.reminders").set_value("2").run()
    settled(tab.sample())
    assert "but this model reads at most 512" in tab.words
    assert tab.app.text_area(key="drift.system").value == long
    assert services.jobs().snapshot(tab.run_id, owner=tab.state.owner).drawn == {"a": 0, "b": 0}
