"""What a server can do, found out by asking it a dozen small questions."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from data.errors import ChoraleError, ModelError
from data.schema import Decoding, Message
from models import server_errors as errors
from models.server_answers import Answer, Reply
from models.server_client import ONCE, Payload, ServerClient
from models.server_dialect import DIALECTS, Dialect, chat_request

_QUESTION = (Message("user", "Write some random words, whatever comes to your mind."),)
_PLAIN = Decoding(max_new_tokens=8)
_SEEDS = {"a": 11, "b": 22}
_RISKY = ("several", "top_k", "min_p")  # some servers refuse or break on these
_TOLERANCE = 0.25  # of the gap between the two likeliest tokens; doubling it is told apart


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a server's model can do.

    Attributes:
        dialect: in which it is asked.
        several: whether one request brings several different answers.
        seeds: whether a seed brings the same answer back while other requests are under way; None
            where the trial could not tell.
        top_k: whether it draws from the k likeliest tokens only, when asked to.
        min_p: likewise for min-p.
        logprobs: whether it tells the log-probability of each token it draws.
        unscaled: whether those are the model's own, at temperature 1 and before truncation.
        varied: whether different seeds brought different answers.
        context: tokens of prompt and answer together; 0 where it doesn't say.
        parameters: of the model; 0 where it doesn't say.
    """

    dialect: Dialect
    several: bool = False
    seeds: bool | None = None
    top_k: bool = False
    min_p: bool = False
    logprobs: bool = False
    unscaled: bool = False
    varied: bool = False
    context: int = 0
    parameters: int = 0


def probe(client: ServerClient) -> Abilities:
    """Try a server's model.

    Raises:
        ChoraleError: it can't be reached, doesn't take any request, or answers nothing.
    """
    card, listed = _card(client)
    try:
        dialect, first = _first_answer(client)
    except errors.RefusedError as error:
        raise _with_list(error, listed) from error
    trials = _trials(client, dialect)
    seen = {"a": first, "b": _one(client, trials.pop("b"))}
    seen |= _parallel(client, trials)
    if not any(answer.text.strip() for answers in seen.values() for answer in answers):
        raise ModelError(
            f"{client.address.model} answered nothing in every trial.",
            "Choose another model, or look at what the server sends.",
        )
    return replace(
        _concluded(dialect, seen),
        context=_first_count(card, "max_model_len", "context_length", "n_ctx", "n_ctx_train"),
        parameters=_first_count(card, "n_params"),
    )


def _card(client: ServerClient) -> tuple[Mapping[str, Any], list[str]]:
    """What the list says of our model, and the names on it. Not every server has a list."""
    try:
        cards = client.models()
    except ModelError:
        return {}, []
    own = next((card for card in cards if card["id"] == client.address.model), {})
    return own, [card["id"] for card in cards]


def _first_answer(client: ServerClient) -> tuple[Dialect, tuple[Answer, ...]]:
    """The first dialect that the server takes, and its first answer."""
    refused: ChoraleError | None = None
    for dialect in DIALECTS:
        try:
            return dialect, _one(client, _request(client, dialect, seed=_SEEDS["a"]))
        except errors.RefusedError as error:
            refused = error
    raise refused or ValueError("Expected at least one dialect.")


def _with_list(error: ModelError, listed: list[str]) -> ModelError:
    """The same, with the models that the server would have had."""
    names = ", ".join(listed[:8]) + (" …" if len(listed) > 8 else "")
    advice = f"The server lists these models: {names}." if listed else error.what_to_do
    return ModelError(error.what_happened, advice)


def _trials(client: ServerClient, dialect: Dialect) -> dict[str, Payload]:
    hot = replace(_PLAIN, temperature=2.0)
    truncated = {"top_k": replace(hot, top_k=1), "min_p": replace(hot, min_p=0.999)}
    return {
        "b": _request(client, dialect, seed=_SEEDS["b"]),
        **{
            f"{name} again {turn}": _request(client, dialect, seed=seed)
            for turn in range(2)
            for name, seed in _SEEDS.items()
        },
        "several": _request(client, dialect, seed=33, n=2),
        "cool": _request(client, dialect, replace(_PLAIN, temperature=0.5), seed=44),
        "likeliest": _request(client, dialect, replace(_PLAIN, temperature=0.0), seed=55),
        **{
            name: _request(client, dialect, decoding, seed=66)
            for name, decoding in truncated.items()
            if dialect.truncates
        },
    }


def _request(
    client: ServerClient, dialect: Dialect, decoding: Decoding = _PLAIN, *, seed: int, n: int = 1
) -> Payload:
    model = client.address.model
    return chat_request(dialect, model, _QUESTION, decoding, seed=seed, n=n, top_logprobs=2)


def _one(client: ServerClient, request: Payload) -> tuple[Answer, ...]:
    ((_, reply),) = client.answers([(None, request)])
    return reply.answers


def _parallel(client: ServerClient, trials: dict[str, Payload]) -> dict[str, tuple[Answer, ...]]:
    """Replies to requests made at once; those that are refused are missing."""
    risky = {name: trials.pop(name) for name in _RISKY if name in trials}
    found = _answers(client.answers(trials.items()))
    for name, request in risky.items():
        try:
            found |= _answers(client.answers([(name, request)], patience=ONCE))
        except ChoraleError:  # this it can't do
            found[name] = ()
    return found


def _answers(replies: Iterable[tuple[str, Reply]]) -> dict[str, tuple[Answer, ...]]:
    return {name: reply.answers for name, reply in replies}


def _concluded(dialect: Dialect, seen: Mapping[str, tuple[Answer, ...]]) -> Abilities:
    text = {name: answers[0].text for name, answers in seen.items() if answers}
    a, b = ({text[name], text[f"{name} again 0"], text[f"{name} again 1"]} for name in _SEEDS)
    varied = len(a | b) > 1
    kept = len(a) == len(b) == 1
    drawn = [answer for answers in seen.values() for answer in answers]
    return Abilities(
        dialect,
        several=len({answer.text for answer in seen["several"]}) > 1,
        seeds=kept if varied else None,
        top_k=text.get("top_k") == text["likeliest"],
        min_p=text.get("min_p") == text["likeliest"],
        logprobs=any(math.isfinite(p) for answer in drawn for p in answer.logprobs),
        unscaled=_same_gap(seen["a"][0], seen["cool"][0]),
        varied=varied,
    )


def _same_gap(warm: Answer, cool: Answer) -> bool:
    """Whether log-probabilities stay the same when the temperature is halved.

    Compared at the first token, whose distribution no earlier draw has changed. Temperature T
    divides the gap between two log-probabilities by T.
    """
    if not (warm.top and cool.top and len(warm.top[0]) > 1 and len(cool.top[0]) > 1):
        return False
    gaps = [abs(answer.top[0][0][1] - answer.top[0][1][1]) for answer in (warm, cool)]
    return abs(gaps[1] - gaps[0]) <= _TOLERANCE * gaps[0] + 1e-3


def _first_count(card: Mapping[str, Any], *names: str) -> int:
    """The first of these that the card, or its details, tells; 0 when none is."""
    meta = card.get("meta")
    places = (card, meta if isinstance(meta, dict) else {})
    found = (place.get(name) for name in names for place in places)
    return next((n for n in found if isinstance(n, int) and n > 0), 0)
