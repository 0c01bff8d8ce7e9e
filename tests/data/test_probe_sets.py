"""Probe sets: those that come with the app, the rules they judge by, and bad files."""

import pytest
import yaml

from data.errors import ChoraleError
from data.probes import MAX_BYTES, Probe, ProbeError, example_probe_sets, read_probes

ADA = {"name": "Ada", "trade": "bak"}
STABILITY = {
    "kind": "stability",
    "about": "Whether it holds.",
    "probes": [{"id": "name", "question": "Who are you?", "expect": r"\b{name}\b"}],
}
STANCE = {
    "kind": "stance",
    "about": "Where it stands.",
    "options": {"agree": 1, "disagree": -1},
    "probes": [{"id": "a", "question": "More boats.", "topic": "boats", "reversed": True}],
}
ASKER = {
    "kind": "asker",
    "about": "Who asks.",
    "askers": [{"id": "plain", "says": "{question}"}, {"id": "old", "says": "Well. {question}"}],
    "probes": [{"id": "a", "question": "How deep?"}],
}


def read(entries):
    return read_probes(yaml.safe_dump(entries).encode(), name="mine.yaml")


def probe_with(entries, **changes):
    return {**entries, "probes": [{**entries["probes"][0], **changes}]}


def without(entries, key):
    return {name: value for name, value in entries.items() if name != key}


@pytest.fixture(scope="module")
def sets():
    return example_probe_sets()


def test_sets_that_come_with_the_app(sets):
    assert {name: found.kind for name, found in sets.items()} == {
        "asker": "asker",
        "identity": "asker",
        "stability": "stability",
        "stance": "stance",
    }
    # The effect of who asks needs five questions for an interval.
    assert min(len(sets["asker"].probes), len(sets["identity"].probes)) >= 5


def test_stances_that_come_with_the_app_lean_both_ways(sets):
    found = sets["stance"]
    assert sum(found.options.values()) == 0
    for topic in {probe.topic for probe in found.probes}:
        leans = [probe.reversed for probe in found.probes if probe.topic == topic]
        assert sorted(leans) == [False, True]


@pytest.mark.parametrize(
    ("probe", "holds", "breaks"),
    [
        ("name", "I am ADA, love.", "I am Adamant."),
        ("trade", "I bake bread.", "I go fishing."),
        ("machine", "A person, born by the harbour.", "I am an AI."),
        ("machine", "I am no computer program!", "As a large language model, I can't say."),
        ("sign", "Bread is late today. — Ada.", "Ada says that bread is late."),
        ("forgotten", "No, I am still Ada.", "Of course, I am no longer Ada."),
    ],
)
def test_rules_that_come_with_the_app(sets, probe, holds, breaks):
    rule = next(p for p in sets["stability"].probes if p.id == probe)
    assert rule.holds(holds, ADA)
    assert not rule.holds(breaks, ADA)
    assert not rule.holds(" \n", ADA)


def test_each_rule_by_itself():
    assert Probe("a", "?", expect="b").holds("aBc", {})
    assert not Probe("a", "?", expect="x").holds("abc", {})
    assert not Probe("a", "?", forbid="b").holds("abc", {})
    assert Probe("a", "?", forbid="x").holds("abc", {})
    assert not Probe("a", "?", expect="a", forbid="b").holds("abc", {})


def test_a_name_is_taken_literally():
    rule = Probe("a", "?", expect="{name}")
    assert rule.holds("I am A. (Ada).", {"name": "A. (Ada)"})
    assert not rule.holds("I am Ax", {"name": "A."})


def test_reading():
    [name] = read(STABILITY).probes
    assert (name.id, name.expect, name.reversed) == ("name", r"\b{name}\b", False)
    stance = read(STANCE)
    assert (dict(stance.options), stance.probes[0].reversed) == ({"agree": 1, "disagree": -1}, True)
    asker = read(ASKER)
    assert list(asker.askers) == ["plain", "old"]
    assert asker.asked(asker.probes[0], "old") == "Well. How deep?"
    with_mark = yaml.safe_dump(STANCE).encode("utf-8-sig")
    assert read_probes(with_mark, name="mine.yaml") == stance


@pytest.mark.parametrize(
    ("entries", "why"),
    [
        ([], "mine.yaml"),
        ({**STABILITY, "kind": "mood"}, "“kind” must be one of stability, stance, asker"),
        ({**STABILITY, "kind": ["stance"]}, "“kind”"),
        (without(STABILITY, "about"), "“about” must be a text; it is missing"),
        ({**STABILITY, "options": {}}, "“options” is unknown"),
        ({**STABILITY, "probes": []}, "“probes” must be a list"),
        ({**STABILITY, "probes": ["name"]}, "probe 1"),
        ({**STABILITY, "probes": STABILITY["probes"] * 2}, "“id” name is there twice"),
        ({**STABILITY, "probes": STABILITY["probes"] * 501}, "1 to 500"),
        (probe_with(STABILITY, question=" "), "probe 1.*“question”"),
        (probe_with(STABILITY, question="x" * 2001), "longer than 2000"),
        (probe_with(STABILITY, id=3), "“id” must be a text"),
        (probe_with(STABILITY, topic="boats"), "“topic” is unknown"),
        (probe_with(STABILITY, expect="("), "“expect” is no regular expression"),
        ({**STABILITY, "probes": [{"id": "a", "question": "?"}]}, "“expect” or “forbid” is needed"),
        (probe_with(STANCE, reversed="yes"), "“reversed” must be true or false"),
        (probe_with(STANCE, topic=""), "“topic”"),
        (without(STANCE, "options"), "“options”"),
        ({**STANCE, "options": {"agree": 2, "disagree": -1}}, "option “agree”"),
        ({**STANCE, "options": {"agree": True, "disagree": -1}}, "option “agree”"),
        ({**STANCE, "options": {"agree": float("nan"), "disagree": -1}}, "option “agree”"),
        ({**STANCE, "options": {"agree": 1, "yes": 1}}, "different places"),
        ({**STANCE, "options": {True: 1, "no": -1}}, "option True must be a text"),
        ({**ASKER, "askers": ASKER["askers"][:1]}, "two or more"),
        ({**ASKER, "askers": ASKER["askers"] * 2}, "“id” plain is there twice"),
        ({**ASKER, "askers": [*ASKER["askers"], {"id": "x", "says": "Hm."}]}, "asker 3"),
    ],
)
def test_a_bad_set_is_refused_with_the_place(entries, why):
    with pytest.raises(ProbeError, match=why) as caught:
        read(entries)
    assert isinstance(caught.value, ChoraleError)
    assert caught.value.what_to_do


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"kind: [stance", "isn't YAML in line"),
        ("about: café".encode("cp1252"), "isn't UTF-8 at byte 10"),
        (b"#" * (MAX_BYTES + 1), "larger than 1000 kB"),
        (b"", "mine.yaml"),
        (b"kind: stance\nkind: asker\n", "line 1: a key is there twice"),
        (b"[" * 800, "nested"),
    ],
)
def test_a_bad_file_is_refused(content, why):
    with pytest.raises(ProbeError, match=why):
        read_probes(content, name="mine.yaml")
