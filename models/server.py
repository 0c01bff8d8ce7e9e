"""A model on any OpenAI-compatible server: vLLM, SGLang, llama.cpp, `transformers serve`, others.

One request is made per draw, with a seed of its own, and many at once. An engine that batches
reads the common prompt once all the same (vLLM makes n requests of one for n answers itself), and
only so does (seed, index) fix a draw. Where a server doesn't keep seeds there is no such promise
to keep, and requests ask for several answers if it can give them.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from data.errors import ModelError, UnsupportedError
from data.schema import Decoding, Message, ModelRef, Sample
from models.base import ModelInfo
from models.chat_template import check_texts
from models.server_address import parse_server, server_at, server_name
from models.server_dialect import chat_request, draw_seed
from models.server_notes import notes
from models.server_scores import WithoutDistributions, chance_of_beginning
from models.spelling import check_choices

if TYPE_CHECKING:
    from models.server_answers import Answer, Reply
    from models.server_client import Payload, ServerClient
    from models.server_probe import Abilities

PARALLEL = 32  # requests under way at once, unless CHORALE_SERVER_PARALLEL says otherwise
TOGETHER = 8  # answers per request where seeds are not kept, unless CHORALE_SERVER_N does
TOP = 20  # likeliest tokens that servers show at most


class ServerModel(WithoutDistributions):
    """A model that a server runs. Used by one thread at a time.

    Args:
        client: asks the server.
        abilities: what it can do.
        ref: what the model is called here.
        together: answers per request.
    """

    def __init__(
        self, client: ServerClient, abilities: Abilities, ref: ModelRef, *, together: int = 1
    ) -> None:
        self._client, self._abilities = client, abilities
        self._ref, self._together = ref, together

    @property
    def info(self) -> ModelInfo:
        """What it is; parameters and context are 0 where the server doesn't tell."""
        return ModelInfo(
            ref=self._ref,
            name=server_name(self._ref.id),
            parameters=self._abilities.parameters,
            context=self._abilities.context,
            device="server",
            has_chat_template=True,
            notes=notes(self._abilities, together=self._together, limit=self._client.limit),
        )

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Tokens of the prompt, as the server counts them when it answers with one token.

        Raises:
            ChoraleError: the prompt can't be read, or the server doesn't say.
        """
        check_texts(messages)
        found = self._reply(messages).prompt_tokens
        if not found:
            raise ModelError(
                f"{self.info.name} doesn't say how many tokens a prompt has.",
                "Count it with a local model of the same family.",
            )
        return found

    def likeliest(self, messages: Sequence[Message]) -> dict[str, float]:
        """The likeliest first tokens of an answer and their log-probabilities, at most 20.

        The nearest to a full distribution that a server shows. What it bounds from below, see
        `metrics.bounds`.

        Raises:
            ChoraleError: the prompt can't be read, or the server shows none of the model's own.
        """
        check_texts(messages)
        if not self._abilities.unscaled:
            raise UnsupportedError(
                f"{self.info.name} doesn't show the log-probabilities of its likeliest tokens.",
                "Use a local model for what needs distributions.",
            )
        answer = self._reply(messages, top_logprobs=TOP).answers[0]
        if not answer.top:
            raise ModelError(f"{self.info.name} showed no tokens this time.", "Try again.")
        # Several tokens may look the same, such as parts of one character: taken together.
        merged: dict[str, float] = {}
        for token, logprob in answer.top[0]:
            merged[token] = float(np.logaddexp(merged.get(token, -math.inf), logprob))
        return merged

    def choice_probabilities(
        self, chats: Sequence[Sequence[Message]], choices: Sequence[str]
    ) -> NDArray[np.float64]:
        """How replies begin, as far as the likeliest first tokens tell; NaN where they don't.

        Unlike a local model's, the mass of all first tokens that begin with a choice; see
        `models.server_scores.chance_of_beginning`.

        Raises:
            ChoraleError: a prompt can't be read, a choice is blank, or the server shows no
                log-probabilities of the model's own.
        """
        check_choices(choices)
        shown = [self.likeliest(chat) for chat in chats]
        rows = [[chance_of_beginning(choice, first) for choice in choices] for first in shown]
        return np.array(rows).reshape(len(chats), len(choices))

    def generate(
        self,
        messages: Sequence[Message],
        *,
        indices: Sequence[int],
        decoding: Decoding,
        seed: int,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> Iterator[Sample]:
        """Draw one answer per index; see `models.base.LanguageModel.generate`.

        Requests under way are given up as soon as `should_stop` is true. When a request fails for
        good, the answers of the others are yielded before its error is raised.
        """
        check_texts(messages)
        self._check(decoding)
        return self._samples(messages, list(indices), decoding, seed, should_stop)

    def generate_each(
        self,
        chats: Sequence[Sequence[Message]],
        *,
        indices: Sequence[int],
        decoding: Decoding,
        seed: int,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> Iterator[Sample]:
        """A request per chat, many at once; see `models.base.LanguageModel.generate_each`."""
        for chat in chats:
            check_texts(chat)
        self._check(decoding)
        requests = (
            (index, self._body(chat, decoding, seed=draw_seed(seed, index)))
            for index, chat in zip(indices, chats, strict=True)
        )
        for index, reply in self._client.answers(requests, should_stop=should_stop):
            yield self._sample(index, reply.answers[0], decoding, seed)

    def _samples(
        self,
        messages: Sequence[Message],
        missing: list[int],
        decoding: Decoding,
        seed: int,
        should_stop: Callable[[], bool],
    ) -> Iterator[Sample]:
        while missing:
            before = len(missing)
            requests = self._requests(messages, missing, decoding, seed)
            drawn: set[int] = set()
            for group, reply in self._client.answers(requests, should_stop=should_stop):
                for index, answer in zip(group, reply.answers, strict=False):
                    drawn.add(index)
                    yield self._sample(index, answer, decoding, seed)
            missing = [index for index in missing if index not in drawn]
            if should_stop() or len(missing) == before:
                return

    def _requests(
        self, messages: Sequence[Message], indices: Sequence[int], decoding: Decoding, seed: int
    ) -> Iterator[tuple[Sequence[int], Payload]]:
        """Which draws each request is for, and its body."""
        # At temperature 0 some servers give no more than one answer.
        size = self._together if decoding.temperature > 0 else 1
        for start in range(0, len(indices), size):
            group = indices[start : start + size]
            yield (
                group,
                self._body(messages, decoding, seed=draw_seed(seed, group[0]), n=len(group)),
            )

    def _body(
        self,
        messages: Sequence[Message],
        decoding: Decoding,
        *,
        seed: int,
        n: int = 1,
        top_logprobs: int = 1,
    ) -> Payload:
        return chat_request(
            self._abilities.dialect,
            self._client.address.model,
            messages,
            decoding,
            seed=seed,
            n=n,
            top_logprobs=top_logprobs,
        )

    def _reply(self, messages: Sequence[Message], *, top_logprobs: int = 1) -> Reply:
        """To a request for one token."""
        one = Decoding(max_new_tokens=1)
        request = self._body(messages, one, seed=0, top_logprobs=top_logprobs)
        ((_, reply),) = self._client.answers([(None, request)])
        return reply

    def _sample(self, index: int, answer: Answer, decoding: Decoding, seed: int) -> Sample:
        from models.server_answers import without_stop

        plain = decoding.temperature == 1 and decoding.top_p == 1
        own = self._abilities.unscaled or (plain and not decoding.top_k and not decoding.min_p)
        count = len(answer.token_ids)
        return Sample(
            index=index,
            call_id=f"{seed}-{index}",
            text=without_stop(answer.text, decoding.stop),
            token_ids=answer.token_ids,
            logprobs=answer.logprobs if own else (math.nan,) * count,
            entropies=(math.nan,) * count,
            finish=answer.finish,
            thinking=answer.thinking,
        )

    def _check(self, decoding: Decoding) -> None:
        asked = {"top-k": decoding.top_k > 0, "min-p": decoding.min_p > 0}
        able = {"top-k": self._abilities.top_k, "min-p": self._abilities.min_p}
        for name in asked:
            if asked[name] and not able[name]:
                raise ModelError(
                    f"{self.info.name} doesn't draw with {name}.",
                    f"Switch {name} off, or choose another model.",
                )


def load_server(ref: ModelRef, *, environment: Mapping[str, str] = os.environ) -> ServerModel:
    """Find a server's model and what it can do.

    Args:
        ref: its id is "server:NAME" or "server:NAME@http://host:port/v1".
        environment: CHORALE_SERVER_URL, _KEY, _PARALLEL and _N are read from it.

    Raises:
        ChoraleError: the server can't be reached, or its model doesn't answer.
    """
    from models.server_client import ServerClient
    from models.server_probe import probe

    address = parse_server(ref.id, environment=environment)
    key = environment.get("CHORALE_SERVER_KEY", "").strip() if address.own else ""
    limit = _whole(environment, "CHORALE_SERVER_PARALLEL") or PARALLEL
    client = ServerClient(address, key=key, limit=limit)
    abilities = probe(client)
    together = _whole(environment, "CHORALE_SERVER_N") or (
        TOGETHER if abilities.several and abilities.seeds is False else 1
    )
    return ServerModel(client, abilities, ref, together=together if abilities.several else 1)


def list_models(url: str, *, environment: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Names of the models that a server lists; some list none though they have one.

    Raises:
        ModelError: the server can't be reached or lists nothing, or this host may not ask it.
    """
    from models.server_client import ServerClient

    address = server_at(url, environment=environment)
    key = environment.get("CHORALE_SERVER_KEY", "").strip() if address.own else ""
    return tuple(str(card["id"]) for card in ServerClient(address, key=key).models())


def _whole(environment: Mapping[str, str], name: str) -> int | None:
    text = environment.get(name, "").strip()
    if not text:
        return None
    if not text.isdecimal() or int(text) == 0:
        raise ModelError(
            f"{name} is “{text}”, which is not a whole number above 0.",
            "Correct it in the environment and start Chorale again.",
        )
    return int(text)
