"""Distributions of one model, kept in a temporary file until another model can be held to them.

Log-probabilities are kept as halves (float16): each is off by at most 1 part in 2,048, 0.004 at a
probability of 1 in 20,000. In a divergence, as `models.divergence` sums it, such an error δ of one
model's log-probability counts with the difference between the two probabilities, (q − p) δ, and
with q δ²/2: on the bundled model a token's KL changes by less than 2 % or 1e-6 nats, a mean by less
than 0.5 %.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from typing import IO

import numpy as np

from data.errors import ChoraleError
from models.base import Distributions


class Spool:
    """A file that is gone when it is closed. Written once, then read."""

    def __init__(self) -> None:
        self._file: IO[bytes] = tempfile.TemporaryFile(prefix="chorale-spool-")
        self._pieces: list[tuple[int, int, tuple[int, ...]]] = []

    def close(self) -> None:
        """Drop what it holds."""
        self._file.close()

    def write(self, stream: Distributions, *, wrote: Callable[[int], bool]) -> bool:
        """Keep a stream, piece by piece.

        Args:
            stream: from `LanguageModel.distributions`.
            wrote: told the tokens of each piece; False ends the writing.

        Returns:
            Whether all of it is kept.

        Raises:
            ChoraleError: the disk is full or can't be written.
        """
        for answer, first, logprobs in stream:
            try:
                self._file.write(logprobs.astype(np.float16).tobytes())
            except OSError as error:
                raise ChoraleError(
                    f"The distributions could not be put aside ({error.strerror or error}).",
                    "Make room on the disk, or ask for fewer or shorter answers.",
                ) from error
            self._pieces.append((answer, first, logprobs.shape))
            if not wrote(len(logprobs)):
                return False
        return True

    def read(self) -> Distributions:
        """The stream again."""
        return self._read()

    def _read(self) -> Iterator[tuple[int, int, np.ndarray]]:
        self._file.seek(0)
        for answer, first, shape in self._pieces:
            halves = np.frombuffer(self._file.read(2 * int(np.prod(shape))), np.float16)
            yield answer, first, halves.reshape(shape).astype(np.float32)
