"""A recorder for CPUs: what a CUDA graph does, one level above kernels.

The operations of one step are written down with the very tensors they met, and replayed on them.
As in a graph, a number in the program is frozen when it is recorded, and to look at a tensor's
values from the program is an error.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

LOOKS = "_local_scalar_dense item is_nonzero nonzero argwhere equal masked_select unique".split()

Step = Callable[[], torch.Tensor]


class _Recorder(TorchDispatchMode):
    def __init__(self) -> None:
        super().__init__()
        self.ops: list[tuple[Any, tuple[Any, ...], dict[str, Any], Any]] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if _looks(func.overloadpacket.__name__, args):
            raise RuntimeError(f"{func} waits for the device, which can't be recorded.")
        output = func(*args, **(kwargs or {}))
        self.ops.append((func, args, kwargs or {}, output))
        return output


def _looks(name: str, args: Any) -> bool:
    """Whether an operation brings values to the program, if only to count what is true."""
    chosen = tree_leaves(args[1]) if name in ("index", "index_put", "index_put_") else []
    masks = [t for t in chosen if isinstance(t, torch.Tensor) and t.dtype == torch.bool]
    return name in LOOKS or bool(masks)


def record_ops(step: Step) -> Step:
    """Record a step's operations; see `models.replay.cuda_graph`."""
    recorder = _Recorder()
    with recorder:
        output = step()

    def replay() -> torch.Tensor:
        for func, args, kwargs, before in recorder.ops:
            again = func(*args, **kwargs)
            for old, new in zip(tree_leaves(before), tree_leaves(again), strict=True):
                if isinstance(old, torch.Tensor) and old.data_ptr() != new.data_ptr():
                    old.copy_(new)
        return output

    return replay
