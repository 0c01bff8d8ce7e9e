"""Turns that wait for a model, given out fairly, and what is left of those that failed."""

from __future__ import annotations

import time
import traceback
from collections import OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from models.base import LanguageModel

Work = Callable[[LanguageModel], Any]


@dataclass(slots=True)
class Turn:
    """One piece of work for a model, and where its outcome goes."""

    work: Work
    future: Future[Any]

    def run(self, model: LanguageModel) -> None:
        """Do it, unless it has been cancelled."""
        if not self.future.set_running_or_notify_cancel():
            return
        try:
            result = self.work(model)
        except BaseException as error:
            del model  # the error's frames lead back to this one
            self.future.set_exception(without_frames(error))
        else:
            self.future.set_result(result)

    def fail(self, error: BaseException) -> None:
        """Let it end in an error, unless it has been cancelled."""
        if self.future.set_running_or_notify_cancel():
            self.future.set_exception(error)


@dataclass(slots=True)
class Queue:
    """Turns that wait for one model, by visitor; the visitor served last goes to the end."""

    since: float = 0.0  # when the eldest turn came
    visitors: OrderedDict[str, deque[Turn]] = field(default_factory=OrderedDict)

    def put(self, visitor: str, turn: Turn) -> None:
        """Add a turn."""
        if not self.visitors:
            self.since = time.monotonic()
        self.visitors.setdefault(visitor, deque()).append(turn)

    def take(self) -> Turn:
        """The next turn; there must be one."""
        visitor, turns = self.visitors.popitem(last=False)
        turn = turns.popleft()
        if turns:
            self.visitors[visitor] = turns
        self.since = time.monotonic()
        return turn

    def take_all(self) -> list[Turn]:
        """Every turn, and none is left."""
        taken = [turn for turns in self.visitors.values() for turn in turns]
        self.visitors.clear()
        return taken

    def take_of(self, visitor: str) -> list[Turn]:
        """Every turn of one visitor."""
        return list(self.visitors.pop(visitor, ()))

    def drop_cancelled(self) -> None:
        """Forget turns that nobody waits for."""
        for visitor, turns in list(self.visitors.items()):
            left = deque(turn for turn in turns if not turn.future.cancelled())
            if left:
                self.visitors[visitor] = left
            else:
                del self.visitors[visitor]

    @property
    def wanted(self) -> bool:
        """Whether somebody still waits."""
        return any(not t.future.cancelled() for turns in self.visitors.values() for t in turns)


def without_frames(error: BaseException) -> BaseException:
    """An error that keeps its story but no local variables.

    Whoever keeps the error (a failed run shows it for long) would keep the model in memory too.
    """
    chain, cleared = [error], set[int]()
    while chain:
        link = chain.pop()
        if id(link) not in cleared:  # an error can be its own cause
            cleared.add(id(link))
            traceback.clear_frames(link.__traceback__)
            chain.extend(e for e in (link.__cause__, link.__context__) if e is not None)
    return error
