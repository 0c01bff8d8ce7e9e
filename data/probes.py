"""Ready-made questions that test a persona, as YAML that a person can edit.

Three kinds: `stability` (judged by rule), `stance` (options with a place between −1 and 1) and
`asker` (one question from different people, compared in pairs).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, get_args

import yaml

from data.errors import ChoraleError

Kind = Literal["stability", "stance", "asker"]

FOLDER = Path(__file__).parent / "examples" / "probes"
MAX_BYTES, MAX_PROBES, MAX_LETTERS = 1_000_000, 500, 2000
_PROBE_KEYS: Mapping[Kind, set[str]] = {
    "stability": {"id", "question", "expect", "forbid"},
    "stance": {"id", "question", "topic", "reversed"},
    "asker": {"id", "question"},
}
_SET_KEYS: Mapping[Kind, set[str]] = {
    "stability": set(),
    "stance": {"options"},
    "asker": {"askers"},
}


_DECLINES = re.compile(
    r"\b(I (can(no|['’])t|won['’]t|will not|do(n['’]t| not) (know|want to|wish to)|"
    r"am (not able|unable))|I['’]d rather not|I would rather not|no comment|as an AI)\b",
    re.IGNORECASE,
)


def declines(reply: str) -> bool:
    """Whether a reply says that it won't answer; an empty one says nothing and doesn't."""
    return bool(_DECLINES.search(reply))


class ProbeError(ChoraleError):
    """A probe set that can't be used."""


class _OnceLoader(yaml.SafeLoader):
    """Plain values as from `yaml.safe_load`, which would keep the last of a key given twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        values = super().construct_mapping(node, deep=deep)
        if len(values) < len(node.value):
            raise yaml.constructor.ConstructorError(
                problem="a key is there twice", problem_mark=node.start_mark
            )
        return values


@dataclass(frozen=True, slots=True)
class Probe:
    """One question.

    Attributes:
        expect: regular expression that a reply in character matches; "" asks for nothing.
        forbid: regular expression that it doesn't match; "" forbids nothing.
        topic: what a stance is about; statements on one topic belong together.
        reversed: whether agreeing is a vote against.
    """

    id: str
    question: str
    expect: str = ""
    forbid: str = ""
    topic: str = ""
    reversed: bool = False

    def holds(self, reply: str, persona: Mapping[str, str]) -> bool:
        """Whether a reply is in character by the probe's rule; an empty reply never is.

        Args:
            reply: what the model said.
            persona: values of the placeholders, such as name and trade; taken literally.
        """
        wanted, unwanted = (
            _filled(rule, {k: re.escape(v) for k, v in persona.items()})
            for rule in (self.expect, self.forbid)
        )
        if not reply.strip() or (wanted and not re.search(wanted, reply, re.IGNORECASE)):
            return False
        return not (unwanted and re.search(unwanted, reply, re.IGNORECASE))


@dataclass(frozen=True, slots=True)
class ProbeSet:
    """Questions of one kind.

    Attributes:
        options: of a stance, the place of each answer between −1 and 1.
        askers: what each asker says around {question}, the one to compare with first.
    """

    kind: Kind
    about: str
    probes: tuple[Probe, ...]
    options: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    askers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def asked(self, probe: Probe, asker: str) -> str:
        """The question as this asker puts it."""
        return self.askers[asker].replace("{question}", probe.question)


def example_probe_sets() -> dict[str, ProbeSet]:
    """The sets that come with the app, by file name."""
    files = sorted(FOLDER.glob("*.yaml"))
    return {file.stem: read_probes(file.read_bytes(), name=file.name) for file in files}


def read_probes(content: bytes, *, name: str) -> ProbeSet:
    """Read a probe set.

    Args:
        content: YAML in UTF-8.
        name: what to call it in messages.

    Raises:
        ProbeError: it isn't YAML, or a key is missing, unknown or of the wrong kind; names the
            probe.
    """
    entries = _mapping(_parsed(content, name), name)
    kind = _kind(entries, name)
    _check_keys(entries, {"kind", "about", "probes", *_SET_KEYS[kind]}, name)
    listed = entries.get("probes")
    if not isinstance(listed, list) or not 0 < len(listed) <= MAX_PROBES:
        raise _wrong(name, f"“probes” must be a list of 1 to {MAX_PROBES} probes")
    probes = tuple(_probe(entry, kind, f"{name}, probe {i}") for i, entry in enumerate(listed, 1))
    _check_unique([probe.id for probe in probes], name)
    return ProbeSet(
        kind=kind,
        about=_text(entries, "about", name),
        probes=probes,
        options=_options(entries, name) if kind == "stance" else MappingProxyType({}),
        askers=_askers(entries, name) if kind == "asker" else MappingProxyType({}),
    )


def _kind(entries: Mapping[str, Any], name: str) -> Kind:
    given = entries.get("kind")
    known: tuple[Kind, ...] = get_args(Kind)
    for kind in known:
        if kind == given:
            return kind
    raise _wrong(name, f"“kind” must be one of {', '.join(known)}, not {given!r}")


def _parsed(content: bytes, name: str) -> Any:
    if len(content) > MAX_BYTES:
        raise _wrong(name, f"it is larger than {MAX_BYTES // 1000} kB")
    try:
        return _OnceLoader(content.decode("utf-8-sig")).get_single_data()
    except UnicodeDecodeError as error:
        raise _wrong(name, f"it isn't UTF-8 at byte {error.start}") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark else ""
        raise _wrong(
            name, f"it isn't YAML{where}: {getattr(error, 'problem', None) or error}"
        ) from error
    except RecursionError as error:
        raise _wrong(name, "it is nested too deeply") from error


def _probe(entry: Any, kind: Kind, where: str) -> Probe:
    values = _mapping(entry, where)
    _check_keys(values, _PROBE_KEYS[kind], where)
    rules = {key: _rule(values, key, where) for key in ("expect", "forbid") if key in values}
    if kind == "stability" and not rules:
        raise _wrong(where, "“expect” or “forbid” is needed")
    if not isinstance(values.get("reversed", False), bool):
        raise _wrong(where, "“reversed” must be true or false")
    return Probe(
        id=_text(values, "id", where),
        question=_text(values, "question", where),
        topic=_text(values, "topic", where) if kind == "stance" else "",
        reversed=values.get("reversed", False),
        **rules,
    )


def _rule(values: Mapping[str, Any], key: str, where: str) -> str:
    rule = _text(values, key, where)
    try:
        re.compile(_filled(rule, {"name": "x", "trade": "x"}))
    except re.error as error:
        raise _wrong(where, f"“{key}” is no regular expression ({error})") from error
    return rule


def _options(entries: Mapping[str, Any], name: str) -> Mapping[str, float]:
    given = _mapping(entries.get("options"), f"{name}, “options”")
    for option, place in given.items():
        if not isinstance(option, str):
            raise _wrong(name, f"option {option!r} must be a text: put it in quotes")
        if type(place) not in (int, float) or not -1 <= place <= 1:
            raise _wrong(name, f"the place of option “{option}” must be from -1 to 1")
    if len(given) < 2 or len(set(given.values())) < 2:
        raise _wrong(name, "“options” must hold two or more answers with different places")
    return MappingProxyType({option: float(place) for option, place in given.items()})


def _askers(entries: Mapping[str, Any], name: str) -> Mapping[str, str]:
    given = entries.get("askers")
    if not isinstance(given, list) or len(given) < 2:
        raise _wrong(name, "“askers” must be a list of two or more")
    found: dict[str, str] = {}
    for number, entry in enumerate(given, 1):
        where = f"{name}, asker {number}"
        values = _mapping(entry, where)
        _check_keys(values, {"id", "says"}, where)
        says = _text(values, "says", where)
        if says.count("{question}") != 1:
            raise _wrong(where, "“says” must hold {question} once")
        _check_unique([*found, _text(values, "id", where)], name)
        found[values["id"]] = says
    return MappingProxyType(found)


def _mapping(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict) or not value:
        raise _wrong(where, "there should be keys with values")
    return value


def _text(values: Mapping[str, Any], key: str, where: str) -> str:
    text = values.get(key)
    if not isinstance(text, str) or not text.strip():
        raise _wrong(
            where, f"“{key}” must be a text" + ("" if key in values else "; it is missing")
        )
    if len(text) > MAX_LETTERS:
        raise _wrong(where, f"“{key}” is longer than {MAX_LETTERS} letters")
    return text


def _check_keys(values: Mapping[str, Any], allowed: set[str], where: str) -> None:
    unknown = [str(key) for key in values if key not in allowed]
    if unknown:
        raise _wrong(where, f"“{unknown[0]}” is unknown; known are {', '.join(sorted(allowed))}")


def _check_unique(ids: list[str], name: str) -> None:
    twice = [one for one in ids if ids.count(one) > 1]
    if twice:
        raise _wrong(name, f"“id” {twice[0]} is there twice")


def _filled(rule: str, persona: Mapping[str, str]) -> str:
    for key, value in persona.items():
        rule = rule.replace(f"{{{key}}}", value)
    return rule


def _wrong(where: str, why: str) -> ProbeError:
    return ProbeError(f"The probe file is wrong ({where}): {why}.", "Correct it there.")
