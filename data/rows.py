"""Between the frozen values of `data.schema` and rows of the store."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import RowMapping

from data.mirroring import Mirroring
from data.schema import (
    Condition,
    Decoding,
    FinishReason,
    ModelRef,
    Option,
    Plan,
    Run,
    RunState,
    Sample,
    Speaker,
    Step,
    Strategy,
)

Row = RowMapping | Mapping[str, Any]


def run_to_row(run: Run) -> dict[str, Any]:
    """Columns of table `runs`."""
    return {
        "id": run.id,
        "owner": run.owner,
        "kind": run.kind,
        "prompt": run.prompt,
        "seed": str(run.seed),
        "state": run.state.value,
        "created": run.created.astimezone(UTC).replace(tzinfo=None),
        "embedder": run.embedder,
        "note": run.note,
    }


def run_from_row(row: Row, conditions: Sequence[Condition]) -> Run:
    """Undo `run_to_row`."""
    return Run(
        id=row["id"],
        owner=row["owner"],
        kind=row["kind"],
        prompt=row["prompt"],
        conditions=tuple(conditions),
        seed=int(row["seed"]),
        state=RunState(row["state"]),
        created=row["created"].replace(tzinfo=UTC),
        embedder=row["embedder"],
        note=row["note"],
    )


def condition_to_row(condition: Condition) -> dict[str, Any]:
    """Columns of table `conditions`, run and position aside."""
    decoding = condition.decoding
    return {
        "key": condition.key,
        "name": condition.name,
        "model": condition.model.id,
        "revision": condition.model.revision,
        "quantization": condition.model.quantization,
        "temperature": decoding.temperature,
        "top_p": decoding.top_p,
        "top_k": decoding.top_k,
        "min_p": decoding.min_p,
        "max_new_tokens": decoding.max_new_tokens,
        "stop": json.dumps(decoding.stop),
        "system": condition.system,
        "n": condition.n,
        "strategy": condition.strategy.name,
        "options": json.dumps(condition.strategy.options),
        "choir": json.dumps([(m.id, m.revision, m.quantization) for m in condition.choir]),
        "plan": json.dumps(asdict(condition.plan)) if condition.plan is not None else "",
    }


def condition_from_row(row: Row) -> Condition:
    """Undo `condition_to_row`. Files of earlier versions lack what came later."""
    return Condition(
        key=row["key"],
        name=row["name"],
        model=ModelRef(row["model"], row["revision"], row["quantization"]),
        decoding=Decoding(
            temperature=row["temperature"],
            top_p=row["top_p"],
            top_k=row["top_k"],
            min_p=row["min_p"],
            max_new_tokens=row["max_new_tokens"],
            stop=tuple(json.loads(row.get("stop", "[]"))),
        ),
        system=row["system"],
        n=row["n"],
        strategy=Strategy(row.get("strategy", "plain"), _options(row.get("options", "[]"))),
        choir=tuple(ModelRef(*model) for model in json.loads(row.get("choir", "[]"))),
        plan=_plan(row.get("plan", "")),
    )


def _plan(text: str) -> Plan | None:
    if not text:
        return None
    kept: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in json.loads(text).items()
    }
    if (user := kept.get("user")) is not None:
        kept["user"] = Speaker(ModelRef(**user["model"]), user["system"])
    if (larger := kept.get("larger")) is not None:
        kept["larger"] = ModelRef(**larger)
    if kept.get("mirroring") is not None:
        kept["mirroring"] = Mirroring(**kept["mirroring"])
    return Plan(**kept)


def _options(text: str) -> tuple[tuple[str, Option], ...]:
    """JSON knows no tuples: lists of texts become some again."""
    return tuple(
        (name, tuple(value) if isinstance(value, list) else value)
        for name, value in json.loads(text)
    )


def steps_to_json(steps: Sequence[Step]) -> str:
    """Labels and texts, in ASCII."""
    return json.dumps([(step.label, step.text) for step in steps])


def steps_from_json(text: str) -> tuple[Step, ...]:
    """Undo `steps_to_json`.

    Raises:
        TypeError, ValueError: it isn't what that wrote.
    """
    steps = tuple(Step(label, said) for label, said in json.loads(text))
    if not all(isinstance(part, str) for step in steps for part in (step.label, step.text)):
        raise TypeError("a step is no text")
    return steps


def run_to_json(run: Run) -> dict[str, Any]:
    """What may be handed on of a run, as JSON takes it: all but its owner."""
    return {
        **run_to_row(run),
        "owner": "",
        "created": run.created.isoformat(),
        "conditions": [condition_to_row(condition) for condition in run.conditions],
    }


def run_from_json(value: Mapping[str, Any]) -> Run:
    """Undo `run_to_json`.

    Raises:
        KeyError, TypeError, ValueError: something is missing or of another kind.
    """
    created = datetime.fromisoformat(value["created"]).astimezone(UTC).replace(tzinfo=None)
    asked = [condition_from_row(condition) for condition in value["conditions"]]
    return run_from_row({**value, "created": created}, asked)


def sample_to_row(run_id: str, key: str, sample: Sample) -> dict[str, Any]:
    """Columns of table `samples`, the id aside. Numbers are kept in full, as arrays of bytes."""
    return {
        "run_id": run_id,
        "key": key,
        "index": sample.index,
        "call_id": sample.call_id,
        "text": sample.text,
        "token_ids": np.asarray(sample.token_ids, dtype="<i8").tobytes(),
        "logprobs": np.asarray(sample.logprobs, dtype="<f8").tobytes(),
        "entropies": np.asarray(sample.entropies, dtype="<f8").tobytes(),
        "finish": sample.finish.value,
        "thinking": sample.thinking,
        "origin": sample.origin,
        "steps": steps_to_json(sample.steps),
        "spent": sample.spent,
    }


def sample_from_row(row: Row) -> Sample:
    """Undo `sample_to_row`."""
    return Sample(
        index=row["index"],
        call_id=row["call_id"],
        text=row["text"],
        token_ids=tuple(np.frombuffer(row["token_ids"], dtype="<i8").tolist()),
        logprobs=tuple(np.frombuffer(row["logprobs"], dtype="<f8").tolist()),
        entropies=tuple(np.frombuffer(row["entropies"], dtype="<f8").tolist()),
        finish=FinishReason(row["finish"]),
        thinking=row["thinking"],
        origin=row["origin"],
        steps=steps_from_json(row["steps"]),
        spent=row["spent"],
    )


def void_to_json(key: str, sample: Sample) -> dict[str, Any]:
    """A draw without an answer, or a judgement, as JSON takes it."""
    return {
        "condition": key,
        "index": sample.index,
        "call_id": sample.call_id,
        "finish": sample.finish.value,
        "origin": sample.origin,
        "steps": steps_to_json(sample.steps),
        "spent": sample.spent,
        **({"logprobs": sample.logprobs} if sample.logprobs else {}),
    }


def void_from_json(value: Mapping[str, Any]) -> tuple[str, Sample]:
    """Undo `void_to_json`.

    Raises:
        KeyError, TypeError, ValueError: something is missing or of another kind.
    """
    finish, steps = FinishReason(value["finish"]), steps_from_json(value["steps"])
    logprobs = tuple(value.get("logprobs", ()))
    sample = Sample(
        value["index"], value["call_id"], "", (), logprobs, (), finish,
        origin=value["origin"], steps=steps, spent=value["spent"],
    )  # fmt: skip
    if sample.answered:
        raise ValueError("a draw without an answer has one")
    return value["condition"], sample


def unit_rows(vectors: NDArray[np.floating]) -> NDArray[np.float32]:
    """L2-normalised float32 rows of any (m, d) array; a row of zeros stays zero.

    float16 loses the norm in the fourth digit: whoever reads vectors from the store, and whoever
    shows them before they were read from it, passes them through here to get the same numbers.
    """
    rows = np.asarray(vectors, dtype=np.float32)
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(norms == 0, 1, norms), dtype=np.float32)


def read_only(array: NDArray[np.float32]) -> NDArray[np.float32]:
    """The same array, which nobody can change any more."""
    array.flags.writeable = False
    return array
