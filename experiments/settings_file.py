"""An experiment written down as YAML, with errors that name the line."""

from __future__ import annotations

import difflib
import string
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import cycle
from typing import Any, get_args

import yaml

from data.errors import ChoraleError
from data.mirroring import Mirroring
from data.schema import (
    Condition,
    Decoding,
    ModelRef,
    Plan,
    Quantization,
    Reference,
    Speaker,
    Strategy,
)
from experiments.base import Experiment
from experiments.closed_loop import ClosedLoopExperiment
from experiments.conversation import ConversationExperiment
from experiments.quantization import QuantizationExperiment
from experiments.sampling import SamplingExperiment
from experiments.settings_fields import (
    CONDITION,
    DECODING,
    EXPERIMENT,
    KINDS,
    MIRRORING,
    MODEL,
    PLAN,
    REF,
    SPEAKER,
    TEXTS,
    TURNS,
    WORDS,
)
from experiments.strategies.registry import strategy


@dataclass(frozen=True, slots=True)
class _Entry:
    node: yaml.Node
    line: int
    value: Any


def read_experiment(text: str) -> Experiment:
    """The experiment that a YAML text describes.

    ```yaml
    kind: sampling     # if left out; quantization compares two precisions
    prompt: What should the harbour become?
    seed: 7            # 0 if left out
    conditions:        # 1 to 8; keys a, b, c, … unless given
      - name: Cool
        model: saltmere
        temperature: 0.4
        n: 64
      - {name: Hot, model: saltmere, temperature: 1.2, n: 64, system: You are a fisher.}
    ```

    A condition may also have key, revision, quantization, top_p, top_k, min_p, max_new_tokens and
    stop, a list of texts; strategy, by its name in `experiments.strategies.registry`, with its
    options (`strategy: verbalized` and `options: {answers: 4}`); and choir, a list of more models
    that take turns with the first.

    Of `kind: conversation`, each condition has a plan instead of n, with the fields of
    `data.schema.Plan`; its lines are what the user says, turn by turn. An empty line is said by
    the plan's user, a model of its own: `user: {model: saltmere, system: You are Ines.}`. So it
    is of `kind: closed_loop`, with a mirroring, whose fields are those of
    `data.mirroring.Mirroring`.

    Raises:
        ChoraleError: it isn't YAML, or a key is missing, unknown or out of range; names the line
            where there is one.
    """
    entries = _entries(_root(text), EXPERIMENT, needed=("prompt", "conditions"))
    kind = _kind(entries)
    listed = entries["conditions"].node.value
    return kind(
        prompt=entries["prompt"].value,
        conditions=tuple(map(_condition, listed, cycle(string.ascii_lowercase))),
        seed=entries["seed"].value if "seed" in entries else 0,
    )


def _kind(
    entries: Mapping[str, _Entry],
) -> type[SamplingExperiment | ConversationExperiment | ClosedLoopExperiment]:
    if "kind" not in entries:
        return SamplingExperiment
    offered = (
        SamplingExperiment, QuantizationExperiment, ConversationExperiment, ClosedLoopExperiment,
    )  # fmt: skip
    kinds = {kind.kind: kind for kind in offered}
    named = entries["kind"]
    if named.value not in kinds:
        raise _wrong(named.line, f"“kind” must be {' or '.join(f'“{kind}”' for kind in kinds)}")
    return kinds[named.value]


def _root(text: str) -> yaml.Node:
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error)
        raise _wrong(mark.line + 1 if mark else 1, f"it is no YAML ({problem})") from error
    if root is None:
        raise _wrong(1, "it is empty")
    return root


def _entries(
    node: yaml.Node, allowed: tuple[str, ...], *, needed: tuple[str, ...]
) -> Mapping[str, _Entry]:
    """A mapping's entries by key, each of the kind it should have."""
    line = node.start_mark.line + 1
    if not isinstance(node, yaml.MappingNode):
        raise _wrong(line, f"there should be keys ({', '.join(allowed)})")
    found: dict[str, _Entry] = {}
    for key_node, value_node in node.value:
        name, line = str(key_node.value), key_node.start_mark.line + 1
        if name not in allowed:
            close = difflib.get_close_matches(name, allowed, n=1)
            hint = f"; did you mean “{close[0]}”?" if close else f"; known are {', '.join(allowed)}"
            raise _wrong(line, f"“{name}” is unknown{hint}")
        if name in found:
            raise _wrong(line, f"“{name}” is there twice")
        found[name] = _Entry(value_node, line, _value(name, value_node, line))
    missing = [name for name in needed if name not in found]
    if missing:
        raise _wrong(node.start_mark.line + 1, f"“{missing[0]}” is missing")
    return found


def _value(name: str, node: yaml.Node, line: int) -> Any:
    kinds = KINDS[name]
    try:
        value = yaml.constructor.SafeConstructor().construct_document(node)
    except yaml.YAMLError as error:
        raise _wrong(line, f"“{name}” can't be read ({error})") from error
    if type(value) not in kinds:
        raise _wrong(line, f"“{name}” must be {WORDS[kinds[0]]}, but it is {value!r}")
    return value


def _condition(node: yaml.Node, key: str) -> Condition:
    planned = isinstance(node, yaml.MappingNode) and any(
        name.value == "plan" for name, _ in node.value
    )
    entries = _entries(node, CONDITION, needed=("model",) if planned else ("model", "n"))
    plan = _plan(entries["plan"].node) if planned else None
    model = _model_of(entries)
    values = {name: entry.value for name, entry in entries.items()}
    if "stop" in values:
        if not all(isinstance(text, str) for text in values["stop"]):
            raise _wrong(entries["stop"].line, "“stop” must be a list of texts")
        values["stop"] = tuple(values["stop"])
    key = values.get("key", key)
    return Condition(
        key=key,
        name=values.get("name", key.upper()),
        model=model,
        decoding=Decoding(**{k: values[k] for k in DECODING if k in values}),
        system=values.get("system", ""),
        n=values.get("n", plan.draws if plan else 0),
        strategy=_strategy(entries),
        choir=_choir(entries),
        plan=plan,
    )


def _model_of(entries: Mapping[str, _Entry]) -> ModelRef:
    values = {name: entries[name].value for name in ("model", *MODEL) if name in entries}
    if values.get("quantization", "bf16") not in get_args(Quantization):
        choices = ", ".join(get_args(Quantization))
        raise _wrong(entries["quantization"].line, f"“quantization” must be one of {choices}")
    return ModelRef(values.pop("model"), **values)


def _plan(node: yaml.Node) -> Plan:
    entries = _entries(node, PLAN, needed=("lines",))
    for names, kind, told in ((TEXTS, str, "texts"), (TURNS, int, "turns")):
        for name in names:
            if name in entries and not all(type(each) is kind for each in entries[name].value):
                raise _wrong(entries[name].line, f"“{name}” must be a list of {told}")
    if "reference" in entries and entries["reference"].value not in get_args(Reference):
        choices = ", ".join(get_args(Reference))
        raise _wrong(entries["reference"].line, f"“reference” must be one of {choices}")
    values: dict[str, Any] = {
        name: tuple(entry.value) if isinstance(entry.value, list) else entry.value
        for name, entry in entries.items()
    }
    if "user" in entries:
        values["user"] = _speaker(entries["user"].node)
    if "larger" in entries:
        values["larger"] = _model_of(_entries(entries["larger"].node, REF, needed=("model",)))
    if "mirroring" in entries:
        settings = _entries(entries["mirroring"].node, MIRRORING, needed=("policy",))
        values["mirroring"] = Mirroring(**{name: each.value for name, each in settings.items()})
    return Plan(**values)


def _speaker(node: yaml.Node) -> Speaker:
    entries = _entries(node, SPEAKER, needed=("model", "system"))
    values = {name: entry.value for name, entry in entries.items()}
    return Speaker(_model_of(entries), values["system"])


def _strategy(entries: Mapping[str, _Entry]) -> Strategy:
    name, options = entries.get("strategy"), entries.get("options")
    try:
        return strategy(name.value if name else "plain", options.value if options else None)
    except ChoraleError as error:
        line = next(entry.line for entry in (options, name) if entry)
        raise _wrong(line, error.what_happened.rstrip(".")) from error


def _choir(entries: Mapping[str, _Entry]) -> tuple[ModelRef, ...]:
    """Further models by their ids, in the usual precision."""
    if "choir" not in entries:
        return ()
    entry = entries["choir"]
    if not all(isinstance(model, str) for model in entry.value):
        raise _wrong(entry.line, "“choir” must be a list of models")
    return tuple(ModelRef(model) for model in entry.value)


def _wrong(line: int, why: str) -> ChoraleError:
    return ChoraleError(f"The settings file is wrong in line {line}: {why}.", "Correct it there.")
