"""How a stored audit is gone on with."""

from __future__ import annotations

from collections.abc import Mapping

from data.schema import Run
from experiments.audits.asking import AuditExperiment, audit_of
from experiments.audits.completions import NAME as COMPLETIONS
from experiments.audits.thinking import ThinkingAudit
from experiments.audits.values import NAME as VALUES
from experiments.audits.worldviews import NAME as WORLDVIEWS
from experiments.audits.written import WrittenAudit

_MADE: Mapping[str, type[AuditExperiment]] = {
    VALUES: ThinkingAudit,
    WORLDVIEWS: WrittenAudit,
    COMPLETIONS: WrittenAudit,
}


def audit_again(run: Run) -> AuditExperiment:
    """The experiment that a stored audit asked for; most only weigh given answers."""
    return _MADE.get(audit_of(run.conditions[0]), AuditExperiment).of(run)
