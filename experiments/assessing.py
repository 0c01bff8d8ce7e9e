"""Judgements in the background: of pairs of answers, and of how good each is. They outlive the tab.

A judgement goes on until it is done, stopped or fails; what was judged is in the store before
anybody sees it, so that it is never asked for twice.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from data.errors import ChoraleError, QueueError
from experiments.background import Background
from experiments.limits import Limits


@dataclass(frozen=True, slots=True)
class Assessment:
    """How far a judgement is; nothing in it ever changes.

    Attributes:
        run_id: the run whose answers are judged.
        owner: who asked for it.
        done: part of the way, in [0, 1].
        judged: pairs or answers judged by now.
        active: whether it goes on by itself.
        error: why it failed; None otherwise.
    """

    run_id: str
    owner: str
    done: float = 0.0
    judged: int = 0
    active: bool = True
    error: ChoraleError | None = None


class Stopped(Exception):
    """The judgement was stopped: no error, somebody pressed the button."""


@dataclass(frozen=True, slots=True)
class Progress:
    """What a judgement tells of itself while it goes on.

    Attributes:
        tell: how far it is, in [0, 1], and how many more were judged just now.
        should_stop: whether it was stopped.
    """

    tell: Callable[[float, int], None]
    should_stop: Callable[[], bool]

    def check(self) -> None:
        """End here if it was stopped.

        Raises:
            Stopped: it was.
        """
        if self.should_stop():
            raise Stopped


Work = Callable[[Progress], object]  # does a judgement; raises `Stopped` where it was stopped


class Assessments(Background[str, Assessment]):
    """All judgements of this process, by the name of the task.

    Args:
        limits: caps per visitor; the environment's by default.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        super().__init__("judgement")
        self._limits = limits or Limits.from_environment()

    @property
    def limits(self) -> Limits:
        """What a visitor may ask for."""
        return self._limits

    def start(self, task: str, work: Work, *, run_id: str, owner: str) -> None:
        """Judge in the background; nothing happens while this task is going on.

        Args:
            task: its name; one at a time of each.
            work: does it.
            run_id: whose answers are judged.
            owner: who asks.

        Raises:
            QueueError: this visitor has too many going.
        """

        def first(_: Assessment | None) -> Assessment:
            going = sum(one.active and one.owner == owner for one in self._shown.values())
            if going >= self._limits.runs:
                raise QueueError(
                    f"You have {going} judgements going, and this host takes "
                    f"{self._limits.runs} per visitor.",
                    "Wait for one to end, or stop it.",
                )
            return Assessment(run_id, owner)

        self.begin(task, first, lambda stop: self._judge(task, work, stop))

    def active(self, run_id: str) -> bool:
        """Whether anything of this run is being judged."""
        return self.any_active(lambda _, shown: shown.run_id == run_id)

    def _judge(self, task: str, work: Work, stop: threading.Event) -> None:
        def tell(done: float, more: int) -> None:
            self.change(task, lambda now: replace(now, done=done, judged=now.judged + more))

        with suppress(Stopped):
            work(Progress(tell, stop.is_set))
