"""The most memory that was in use at one time."""

from __future__ import annotations

import sys
from dataclasses import dataclass

import psutil


@dataclass(frozen=True, slots=True)
class PeakMemory:
    """A high-water mark.

    Attributes:
        bytes: in use at one time at most.
        whole_process: whether everything the process has ever held counts, as on a CPU, where no
            finer mark is kept; else what torch held on the device since `forget_peak`.
    """

    bytes: int
    whole_process: bool


def forget_peak(device: str) -> None:
    """Begin a new mark, where the device can."""
    if device.startswith("cuda"):
        import torch

        torch.cuda.reset_peak_memory_stats(device)


def peak_memory(device: str) -> PeakMemory:
    """The mark of a device, "cpu" or "cuda"."""
    if device.startswith("cuda"):
        import torch

        return PeakMemory(int(torch.cuda.max_memory_allocated(device)), whole_process=False)
    return PeakMemory(_process_peak(), whole_process=True)


def _process_peak() -> int:
    if sys.platform == "win32":
        return int(psutil.Process().memory_info().peak_wset)
    import resource  # not on Windows

    unit = 1 if sys.platform == "darwin" else 1024
    highest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    return max(highest, psutil.Process().memory_info().rss)  # kernels count each their own way
