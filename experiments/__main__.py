"""Run an experiment from a YAML file, without a screen: `python -m experiments run.yaml`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from data.divergences import DivergenceStore, Place, TokenDivergence
from data.errors import ChoraleError
from data.exports import to_csv, to_parquet
from data.recorded_divergences import divergence_columns
from data.store import Store
from experiments.base import Experiment
from experiments.comparing import Comparisons
from experiments.jobs import JobManager
from experiments.layout import warm_up
from experiments.limits import Limits
from experiments.quantization import QuantizationExperiment
from experiments.settings_file import read_experiment
from experiments.snapshot import Phase, Snapshot
from models.base import Embedder
from models.manager import ModelManager

OWNER = ""  # runs from the command line are everyone's on this machine


def main(arguments: list[str] | None = None) -> int:
    """Run it.

    Returns:
        0 when the run is complete, 1 when it was stopped or failed, 2 when nothing was begun.
    """
    options = _options().parse_args(arguments)
    try:
        experiment = read_experiment(options.file.read_text("utf-8"))
        store = Store(options.database)
    except (ChoraleError, OSError, UnicodeDecodeError) as error:
        print(error, file=sys.stderr)
        return 2
    try:
        return _run(experiment, store, options)
    finally:
        store.close()


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m experiments", description=__doc__)
    parser.add_argument("file", type=Path, help="the experiment as YAML")
    parser.add_argument("--database", help="where the run is kept: a path or an SQLAlchemy URL")
    parser.add_argument("--embedder", default=os.environ.get("CHORALE_EMBEDDER", "minilm"))
    parser.add_argument("--parquet", type=Path, metavar="OUT", help="write everything")
    parser.add_argument("--csv", type=Path, metavar="OUT", help="write the answers as a table")
    parser.add_argument(
        "--quick-map", action="store_true", help="principal components instead of UMAP"
    )
    return parser


def _run(experiment: Experiment, store: Store, options: argparse.Namespace) -> int:
    if not options.quick_map:
        print("preparing the map", file=sys.stderr)
        warm_up()

    def embedder() -> Embedder:
        from models.embedding import load_embedder

        return load_embedder(options.embedder)

    models, divergences = ModelManager(), DivergenceStore(options.database)
    jobs = JobManager(store, models, embedder, divergences=divergences, limits=Limits())
    try:
        run_id = jobs.submit(experiment, owner=OWNER)
        print(run_id, flush=True)
        shown = _follow(jobs, run_id)
        _compare(run_id, store, divergences, models)
        found = divergences.load(run_id)
    except ChoraleError as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        jobs.shutdown()
        divergences.close()
    for key, wanted in shown.wanted.items():
        print(f"{key}: {shown.drawn[key]} of {wanted}")
    try:
        _write(shown, found, options)
    except OSError as error:
        print(f"{error}. The run is kept in the database.", file=sys.stderr)
        return 1
    return 0 if shown.phase is Phase.DONE else 1


def _compare(run_id: str, store: Store, divergences: DivergenceStore, models: ModelManager) -> None:
    """Find what precision changed at each token; nothing for runs of another kind.

    Raises:
        ChoraleError: a model can't read the answers.
    """
    if store.run(run_id).kind != QuantizationExperiment.kind:
        return
    print("comparing token by token", file=sys.stderr)
    comparisons = Comparisons(store, divergences, models)
    comparisons.start(run_id, owner=OWNER)
    comparisons.wait(run_id)
    shown = comparisons.shown(run_id)
    if shown is not None and shown.error is not None:
        raise shown.error


def _write(
    shown: Snapshot, found: dict[Place, TokenDivergence], options: argparse.Namespace
) -> None:
    if options.parquet:
        options.parquet.write_bytes(to_parquet(shown.data, divergence_columns(shown.data, found)))
    if options.csv:
        options.csv.write_bytes(to_csv(shown.data))


def _follow(jobs: JobManager, run_id: str) -> Snapshot:
    """Report on stderr about once a second; Ctrl-C stops the run and keeps what came."""
    said = ""
    while True:
        try:
            shown = jobs.wait(run_id, timeout=1.0)
        except KeyboardInterrupt:
            jobs.stop(run_id, owner=OWNER)
            continue
        if (line := _line(shown)) != said:
            print(line, file=sys.stderr)
            said = line
        if not shown.active:
            return shown


def _line(shown: Snapshot) -> str:
    words = [
        str(shown.phase),
        f"{sum(shown.drawn.values())} of {sum(shown.wanted.values())} answers",
        f"{shown.placed} placed",
    ]
    if shown.rate > 0:
        words.append(f"{shown.rate:.3g} per second")
    if shown.seconds_left > 0:
        words.append(f"{shown.seconds_left:.0f} s left")
    if shown.error is not None:
        words.append(str(shown.error))
    elif shown.message:
        words.append(shown.message)
    return ", ".join(words)


if __name__ == "__main__":
    sys.exit(main())
