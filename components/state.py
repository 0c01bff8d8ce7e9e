"""One visitor's session as one typed object: the only place that touches st.session_state."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field

import streamlit as st

from data.dialogues.hub import Fetched
from data.errors import ChoraleError
from data.schema import ModelRef
from experiments.speech import Speech
from models.loading_hub import HubFacts

_KEY = "chorale"


@dataclass
class DiversityState:
    """What the Diversity page remembers between reruns.

    Attributes:
        run_id: the run on show; "" shows the recorded one.
        selection: (condition key, sample index) of the points picked on the map.
        keys: letters of the conditions on the page, in order.
        deleted: the run that "Undo" would bring back.
        kind: the only kind of run that the page shows; "" shows any.
        problem: why what was just asked for could not be started; shown once.
        starred: what "Undo" gives back, the latest last: run, condition key and sample index, and
            the stars it had before; None for none.
        skipped: answers that were passed over when rating one by one.
    """

    run_id: str = ""
    selection: frozenset[tuple[str, int]] = frozenset()
    keys: tuple[str, ...] = ("a", "b", "c")
    deleted: str = ""
    kind: str = ""
    problem: ChoraleError | None = None
    starred: tuple[tuple[str, tuple[str, int], float | None], ...] = ()
    skipped: frozenset[tuple[str, str, int]] = frozenset()


def _diversity() -> DiversityState:
    return DiversityState(kind="sampling")


def _quantization() -> DiversityState:
    return DiversityState(kind="quantization")


@dataclass
class SynchronyState(DiversityState):
    """What the Synchrony page remembers besides.

    Attributes:
        turned_to: the run whose replies the page has turned to by itself.
        fetched: what came from the Hub, by the data set and file that were asked for.
        heard: corpora in the main directions of an embedding, by what determines them.
    """

    turned_to: str = ""
    fetched: dict[tuple[str, str], Fetched] = field(default_factory=dict)
    heard: dict[tuple[str, ...], Speech] = field(default_factory=dict)


def _synchrony() -> SynchronyState:
    return SynchronyState(kind="closed_loop")


def _drift() -> DiversityState:
    return DiversityState(kind="conversation")


@dataclass
class GroupsState(DiversityState):
    """What the Groups page remembers besides.

    Attributes:
        runs: id of the run on show whose answers groups choose among ("best"), and of the one in
            which their rewards were mixed while decoding ("mixed").
    """

    runs: dict[str, str] = field(default_factory=dict)


def _groups() -> GroupsState:
    return GroupsState(kind="raters")


@dataclass
class AuditsState(DiversityState):
    """What the Audits page remembers besides.

    Attributes:
        turned_to: the run to whose audit the page has turned by itself.
    """

    turned_to: str = ""


def _audits() -> AuditsState:
    return AuditsState(kind="audit")


@dataclass
class State:
    """A visitor's session.

    Attributes:
        token: what the visitor's cookie holds, until their browser has stored it.
        owner: hash of the token; what the visitor makes belongs to it.
        model: the model that new conditions use; None until one is picked takes the host's.
        models: models picked in this session, the latest first.
        picking: whether the picker of models is open.
        loads: what came of "Load now", per model.
        looked_up: what the Hub told of a model, per id and revision.
        served: names of the models that a server listed, per address.
        rates: answers per second last seen, per model id.
        group_files: names and contents of the files that the Groups page shows.
        page: the field of the page on show.
    """

    token: str = ""
    owner: str = ""
    model: ModelRef | None = None
    models: tuple[ModelRef, ...] = ()
    picking: bool = False
    loads: dict[ModelRef, Future[None]] = field(default_factory=dict)
    looked_up: dict[tuple[str, str], HubFacts] = field(default_factory=dict)
    served: dict[str, tuple[str, ...]] = field(default_factory=dict)
    rates: dict[str, float] = field(default_factory=dict)
    diversity: DiversityState = field(default_factory=_diversity)
    quantization: DiversityState = field(default_factory=_quantization)
    drift: DiversityState = field(default_factory=_drift)
    synchrony: SynchronyState = field(default_factory=_synchrony)
    groups: GroupsState = field(default_factory=_groups)
    group_files: tuple[tuple[str, bytes], ...] = ()
    audits: AuditsState = field(default_factory=_audits)
    page: str = "diversity"

    @property
    def here(self) -> DiversityState:
        """What the page on show remembers."""
        found: DiversityState = getattr(self, self.page)
        return found


def session() -> State:
    """This session's state, made on first use."""
    if _KEY not in st.session_state:
        st.session_state[_KEY] = State()
    state: State = st.session_state[_KEY]
    return state


def fill_widgets(values: Mapping[str, object]) -> None:
    """Set widgets by key: from a callback, or before they are first drawn."""
    for key, value in values.items():
        st.session_state[key] = value


def has_widget(key: str) -> bool:
    """Whether this widget has been drawn or filled in this session."""
    return key in st.session_state


def widget_value(key: str) -> object:
    """What a widget holds now, for callbacks; None when it was never drawn."""
    return st.session_state.get(key)
