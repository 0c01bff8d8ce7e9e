"""Conversations from the Hugging Face Hub: a published corpus by its name, or any data set."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet

import streamlit as st

from components.problems import problems_shown
from components.state import session
from components.text import as_markdown, plural
from data.dialogues import Corpus
from data.dialogues.hub import HUB_CORPORA, Fetched, fetch_any, fetch_named, some_of
from data.hub_datasets import Report

ANY = "A data set of the Hub …"
MOST, DEFAULT, LEAST = 2000, 200, 8  # conversations that are taken
_POLL_S = 0.2
_KEPT = 3  # corpora of one session


def hub_corpus(source: str) -> tuple[str, str, Corpus] | None:
    """Name, fingerprint and content of what was fetched; None until it is.

    Args:
        source: a name of `HUB_CORPORA`, or `ANY`.
    """
    known = HUB_CORPORA.get(source)
    if known is not None:
        dataset_id, file = known.dataset_id, ""
        st.caption(
            f"{known.about} {known.reference}, from "
            f"[huggingface.co/datasets/{as_markdown(dataset_id)}]"
            f"(https://huggingface.co/datasets/{dataset_id}), where its licence stands."
        )
    else:
        dataset_id, file = _which()
    kept = session().synchrony.fetched
    found = kept.get((dataset_id, file))
    if found is None:
        if dataset_id and st.button("Fetch", icon=":material/download:", key="synchrony.fetch"):
            with problems_shown():
                made = _fetched(
                    lambda report: (
                        fetch_named(known, report=report)
                        if known is not None
                        else fetch_any(dataset_id, file=file, report=report)
                    )
                )
                while len(kept) >= _KEPT:
                    kept.pop(next(iter(kept)))
                kept[dataset_id, file] = made
                st.rerun()
        return None
    count = st.number_input(
        "Conversations to take", LEAST, MOST, DEFAULT, key="synchrony.taken",
        help="Drawn at random, the same ones each time; more are slower to move sliders with.",
        persist_state="session",
    )  # fmt: skip
    there = len(found.corpus.dialogues)
    some = some_of(found.corpus, count)
    if len(some.dialogues) < there:
        st.caption(f"{plural(count, 'conversation')} of {there:,}, drawn at random.")
    return found.name, f"{dataset_id} {file} {there} {count}", some


def _which() -> tuple[str, str]:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        name = st.text_input(
            "Data set", key="synchrony.hub", placeholder="owner/name", persist_state="session"
        )
        file = st.text_input(
            "File", key="synchrony.hub_file", placeholder="the Hub’s own copy",
            help="Without one, the smallest split that the Hub itself keeps in parquet.",
            persist_state="session",
        )  # fmt: skip
    return name.strip(), file.strip()


def _fetched(fetch: Callable[[Report], Fetched]) -> Fetched:
    """Fetch in a thread of its own, and show how far it is; Stop leaves it alone."""
    far = [0, 0]

    def report(done: int, total: int) -> None:
        far[:] = done, total

    pool = ThreadPoolExecutor(1, thread_name_prefix="hub-corpus")
    place = st.empty()
    with place.container(horizontal=True, vertical_alignment="center", gap="small"):
        bar = st.progress(0.0, text="Asking Hugging Face …")
        st.button("Stop", icon=":material/stop:", key="synchrony.fetch.stop")
    try:
        return _awaited(pool.submit(fetch, report), lambda: bar.progress(*_progress(*far)))
    finally:
        place.empty()
        pool.shutdown(wait=False)


def _awaited(work: Future[Fetched], draw: Callable[[], object]) -> Fetched:
    while True:
        try:
            return work.result(timeout=_POLL_S)
        except NotYet:
            if work.done():  # it is the work's own
                raise
            draw()


def _progress(done: int, total: int) -> tuple[float, str]:
    if not total:
        return 0.0, "Asking Hugging Face …"
    if done >= total:
        return 1.0, "Reading …"
    return done / total, f"Downloading, {done / 1e6:.1f} of {total / 1e6:.1f} MB"
