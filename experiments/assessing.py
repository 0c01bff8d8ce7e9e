"""Judgements in the background: of pairs of answers, and of how good each is. They outlive the tab.

A judgement goes on until it is done, stopped or fails; what was judged is in the store before
anybody sees it, so that it is never asked for twice.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

from data.errors import ChoraleError, QueueError
from experiments.limits import Limits

log = logging.getLogger(__name__)


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


class Assessments:
    """All judgements of this process, by the name of the task.

    Args:
        limits: caps per visitor; the environment's by default.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits.from_environment()
        self._lock = threading.Lock()
        self._shown: dict[str, Assessment] = {}
        self._stops: dict[str, threading.Event] = {}
        self._threads: dict[str, threading.Thread] = {}

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
        with self._lock:
            if (shown := self._shown.get(task)) is not None and shown.active:
                return
            going = sum(one.active and one.owner == owner for one in self._shown.values())
            if going >= self._limits.runs:
                raise QueueError(
                    f"You have {going} judgements going, and this host takes "
                    f"{self._limits.runs} per visitor.",
                    "Wait for one to end, or stop it.",
                )
            self._shown[task] = Assessment(run_id, owner)
            self._stops[task] = threading.Event()
            thread = threading.Thread(
                target=self._live, args=(task, work), name="assessment", daemon=True
            )
            self._threads[task] = thread
            thread.start()

    def stop(self, task: str) -> None:
        """Judge no more; what was judged is kept."""
        with self._lock:
            if task in self._stops:
                self._stops[task].set()

    def shown(self, task: str) -> Assessment | None:
        """How a task stands; None where it was not started since the app was."""
        with self._lock:
            return self._shown.get(task)

    def active(self, run_id: str) -> bool:
        """Whether anything of this run is being judged."""
        with self._lock:
            return any(one.active and one.run_id == run_id for one in self._shown.values())

    def wait(self, task: str, timeout: float | None = None) -> None:
        """Until it ends."""
        with self._lock:
            thread = self._threads.get(task)
        if thread is not None:
            thread.join(timeout)

    def shutdown(self) -> None:
        """Stop all of them and wait for that."""
        for task in list(self._stops):
            self.stop(task)
        for task in list(self._threads):
            self.wait(task)

    def _live(self, task: str, work: Work) -> None:
        def tell(done: float, more: int) -> None:
            with self._lock:
                now = self._shown[task]
                self._shown[task] = replace(now, done=done, judged=now.judged + more)

        try:
            work(Progress(tell, self._stops[task].is_set))
        except Stopped:
            pass
        except ChoraleError as error:
            self._change(task, error=error)
        except Exception:
            log.exception("Judgement %s broke", task)
            broke = ChoraleError(
                "Something in Chorale broke and ended the judgement.",
                "Start it again, or look into the log if it happens again.",
            )
            self._change(task, error=broke)
        finally:
            self._change(task, active=False)

    def _change(self, task: str, **changes: object) -> None:
        with self._lock:
            self._shown[task] = replace(self._shown[task], **changes)  # type: ignore[arg-type]
