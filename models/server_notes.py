"""What the user should know of a model on a server."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.server_probe import Abilities

_ALWAYS = (
    "A server runs it and shows no full distributions: entropies are missing, and what needs "
    "distributions can only be bounded from below."
)
_KEPT = (
    "The server keeps seeds: the same seed brings the same answers back, unless rounding differs "
    "when it answers more or fewer at once."
)
_UNTOLD = "Whether the server keeps seeds could not be told."
_NOT_KEPT = (
    "The server doesn't keep seeds: each answer is a draw of its own, but can't be repeated."
)
_ONE_AT_A_TIME = (
    "If it does for one request at a time, CHORALE_SERVER_PARALLEL=1 makes it slow and repeatable."
)
_ALIKE = (
    "In the trial all its answers were the same, whatever the seed: it may take the likeliest "
    "token even where it was asked to draw."
)
_NO_LOGPROBS = "The server tells no log-probabilities."
_SCALED = (
    "Its log-probabilities may be those after temperature and truncation, so they are kept only "
    "where both are off."
)


def notes(abilities: Abilities, *, together: int, limit: int) -> tuple[str, ...]:
    """Plain sentences on what a server's model can't do, and on how it is asked.

    Args:
        abilities: found in the trial.
        together: answers per request.
        limit: requests under way at once.
    """
    said = [_ALWAYS]
    if not abilities.varied:
        said.append(_ALIKE)
    said.append(_on_seeds(abilities, together, limit))
    if not abilities.logprobs:
        said.append(_NO_LOGPROBS)
    elif not abilities.unscaled:
        said.append(_SCALED)
    unable = [
        name for name, able in (("top-k", abilities.top_k), ("min-p", abilities.min_p)) if not able
    ]
    if unable:
        said.append(f"The server doesn't draw with {' or '.join(unable)}.")
    return tuple(said)


def _on_seeds(abilities: Abilities, together: int, limit: int) -> str:
    if together > 1:
        return (
            f"Each request asks for {together} answers: independent draws that can't be repeated."
        )
    if abilities.seeds is None:
        return _UNTOLD
    if abilities.seeds:
        return _KEPT
    return f"{_NOT_KEPT} {_ONE_AT_A_TIME}" if limit > 1 else _NOT_KEPT
