"""Bytes that tensors hold at one time at most, while something runs."""

from __future__ import annotations

import weakref
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class LiveBytes(TorchDispatchMode):
    """Watches every operation; what a kernel holds while it runs is not seen.

    Attributes:
        peak: bytes of all storages that came while watching, at one time at most.
    """

    def __init__(self) -> None:
        super().__init__()
        self.peak = 0
        self._live: dict[int, int] = {}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        known = {_place(leaf) for leaf in tree_leaves((args, kwargs))}
        output = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(output):
            if isinstance(leaf, torch.Tensor) and _place(leaf) not in known | set(self._live):
                self._watch(leaf.untyped_storage())
        self.peak = max(self.peak, sum(self._live.values()))
        return output

    def _watch(self, storage: torch.UntypedStorage) -> None:
        place = storage.data_ptr()
        self._live[place] = storage.nbytes()
        weakref.finalize(storage, self._live.pop, place, None)


def _place(leaf: Any) -> int | None:
    return leaf.untyped_storage().data_ptr() if isinstance(leaf, torch.Tensor) else None
