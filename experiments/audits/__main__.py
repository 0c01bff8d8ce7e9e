"""Record an audit that fills its page on first sight: `python -m experiments.audits OUT.parquet`.

Run it again whenever the bundled model or its tokenizer changes.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from data.audits import town_decisions
from data.divergences import DivergenceStore
from data.exports import to_parquet
from data.schema import ModelRef
from data.store import Store
from data.town_value_sets import town_values
from experiments.audits.asking import AuditExperiment
from experiments.audits.decisions import NAME as DECISIONS
from experiments.audits.decisions import decision_audit
from experiments.audits.values import NAME as VALUES
from experiments.audits.values import value_audit
from experiments.jobs import JobManager
from experiments.limits import Limits
from experiments.snapshot import Phase
from models.base import Embedder
from models.known import BUNDLED_ID
from models.manager import ModelManager


def main(arguments: list[str] | None = None) -> int:
    """Ask the bundled model the town's decisions or marks, and keep them in a file.

    Returns:
        0 when all were asked, else 1.
    """
    parser = argparse.ArgumentParser(prog="python -m experiments.audits", description=__doc__)
    parser.add_argument("out", type=Path, metavar="OUT.parquet")
    parser.add_argument("--model", default=BUNDLED_ID)
    parser.add_argument("--audit", choices=[DECISIONS, VALUES], default=DECISIONS)
    parser.add_argument("--count", type=int, default=60, help="of decisions, or of marked replies")
    options = parser.parse_args(arguments)
    experiment = _experiment(options.audit, options.count, ModelRef(options.model))
    with tempfile.TemporaryDirectory() as room:
        store, divergences = Store(f"{room}/runs.db"), DivergenceStore(f"{room}/runs.db")
        jobs = JobManager(
            store, ModelManager(), _no_embedder, divergences=divergences, limits=Limits()
        )
        shown = jobs.wait(jobs.submit(experiment, owner=""))
        jobs.shutdown()
        divergences.close()
        store.close()
    print(f"{shown.phase}: {len(shown.data.voids)} judgements", file=sys.stderr)
    if shown.phase is not Phase.DONE:
        print(shown.error or "It was stopped.", file=sys.stderr)
        return 1
    options.out.write_bytes(to_parquet(shown.data))
    return 0


def _experiment(audit: str, count: int, model: ModelRef) -> AuditExperiment:
    if audit == VALUES:
        return value_audit(town_values(count), model, thinking=False)
    return decision_audit(town_decisions(count), model)


def _no_embedder() -> Embedder:
    raise RuntimeError("Judgements have no place on a map.")


if __name__ == "__main__":
    sys.exit(main())
