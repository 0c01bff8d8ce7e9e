"""Every kind of experiment, and how one is made again of its stored run."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from data.schema import Run
from experiments.audits.again import audit_again
from experiments.audits.asking import AuditExperiment
from experiments.base import Experiment
from experiments.closed_loop import ClosedLoopExperiment
from experiments.conversation import ConversationExperiment
from experiments.quantization import QuantizationExperiment
from experiments.raters import RatersExperiment
from experiments.sampling import SamplingExperiment

KINDS: Mapping[str, Callable[[Run], Experiment]] = {
    kind.kind: kind.of
    for kind in (
        SamplingExperiment,
        QuantizationExperiment,
        ConversationExperiment,
        ClosedLoopExperiment,
        RatersExperiment,
    )
} | {AuditExperiment.kind: audit_again}
