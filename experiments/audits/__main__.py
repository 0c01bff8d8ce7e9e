"""Record the audit that fills its page on first sight: `python -m experiments.audits OUT.parquet`.

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
from experiments.audits.decisions import decision_audit
from experiments.jobs import JobManager
from experiments.limits import Limits
from experiments.snapshot import Phase
from models.base import Embedder
from models.known import BUNDLED_ID
from models.manager import ModelManager


def main(arguments: list[str] | None = None) -> int:
    """Ask the bundled model the town's decisions, and keep them in a file.

    Returns:
        0 when all were asked, else 1.
    """
    parser = argparse.ArgumentParser(prog="python -m experiments.audits", description=__doc__)
    parser.add_argument("out", type=Path, metavar="OUT.parquet")
    parser.add_argument("--model", default=BUNDLED_ID)
    parser.add_argument("--decisions", type=int, default=60)
    options = parser.parse_args(arguments)
    experiment = decision_audit(town_decisions(options.decisions), ModelRef(options.model))
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


def _no_embedder() -> Embedder:
    raise RuntimeError("Judgements have no place on a map.")


if __name__ == "__main__":
    sys.exit(main())
