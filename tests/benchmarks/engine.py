"""How fast the engine draws, beside its peers and beside what memory allows.

`python -m tests.benchmarks.engine` draws n answers of 64 tokens to prompts of 50 and 1,000 tokens
on each device: the bundled model on a CPU, random weights in the shape of Llama 3.1 8B, in NF4 and
in bf16, on a GPU. Ways take turns within each round, the first round is left out, and medians are
compared. A peer that would take too long for a cell, going by its time for the cell before, is left
out, and the table says so. The floor of a step is the time that memory needs to deliver what must
be read:

  bytes = weights but the embedding table (unless it is the head too)
          + bytes of a token in the cache × (prompt + n × tokens / 2)

at the bandwidth measured by copying, where reading and writing both count. `share of floor` is the
floor over the time taken. Small models fit a CPU's cache, whose bandwidth is higher.
"""

from __future__ import annotations

import argparse
import gc
import platform
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import torch
import transformers

from data.schema import ModelRef
from models.continuation import Engine
from models.local import load_local
from models.registry import BUNDLED_FOLDER, BUNDLED_ID
from tests.benchmarks.machine import (
    bandwidth,
    begin_peak,
    floor_bytes,
    parameters,
    process_peak,
    processor,
)
from tests.benchmarks.peers import Ask, Way, ways
from tests.benchmarks.random_models import PRECISIONS, SIZES, random_engine

BUNDLED = "bundled"
CASES = {"cpu": ((BUNDLED, "fp32"),), "cuda": (("llama-8b", "nf4"), ("llama-8b", "bf16"))}
BEGIN = (
    "<!-- engine: written by python -m tests.benchmarks.engine --markdown docs/performance.md -->"
)
END = "<!-- end of engine -->"
HEAD = ("prompt", "n", "way", "tokens/s", "runs", "s (range)", "first answer, s")
HEAD += ("peak memory, GB", "share of floor")


@dataclass(frozen=True)
class Sizes:
    """What is measured.

    Attributes:
        prompts: lengths in tokens, the long one last.
        counts: answers, of which the first is compared with the floor and the second with peers.
        tokens: of each answer.
        rounds: counted, after one that isn't.
        patience: seconds that one run may take.
    """

    prompts: tuple[int, ...] = (50, 1000)
    counts: tuple[int, ...] = (16, 64, 256)
    tokens: int = 64
    rounds: int = 3
    patience: float = 40.0


QUICK = Sizes((10, 60), (4, 16, 32), tokens=8, rounds=1, patience=20.0)


@dataclass
class Cell:
    """What was measured of one way for one prompt and one n.

    Attributes:
        seconds: of each counted run.
        first: seconds to the first finished answer; NaN where it isn't known.
        peak: bytes.
        why: it was not measured; empty if it was.
    """

    ask: Ask
    way: str
    seconds: list[float] = field(default_factory=list)
    first: float = float("nan")
    peak: int = 0
    why: str = ""

    @property
    def rate(self) -> float:
        """Tokens per second, of the median run; NaN without one."""
        if not self.seconds:
            return float("nan")
        return self.ask.n * self.ask.tokens / statistics.median(self.seconds)


def load(name: str, precision: str, device: str) -> Engine:
    """The bundled model as the app loads it, or random weights of a size."""
    if name == BUNDLED and (BUNDLED_FOLDER / "config.json").is_file():
        return load_local(ModelRef(BUNDLED_ID), device=device)._engine
    return random_engine("llama-30m" if name == BUNDLED else name, precision, device)


def measure(
    work: dict[str, Callable[[], int]], rounds: int, expected: int
) -> dict[str, list[float]]:
    """Seconds of each way, round by round; the first round is a warm-up and left out."""
    seconds: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(rounds + 1):
        for name, run in work.items():
            seconds[name].append(timed(run, expected))
    return {name: times[1:] for name, times in seconds.items()}


def timed(run: Callable[[], int], expected: int) -> float:
    """Seconds of one run, which must draw as many tokens as expected."""
    start = time.perf_counter()
    drawn = run()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    seconds = time.perf_counter() - start
    if drawn != expected:
        raise SystemExit(f"Expected {expected} tokens to be drawn but there were {drawn}.")
    return seconds


def measure_cells(engine: Engine, sizes: Sizes) -> list[Cell]:
    """All ways through all sizes."""
    found, cells = ways(engine), list[Cell]()
    vocabulary = engine.model.config.get_text_config().vocab_size
    for length in sizes.prompts:
        pace = dict.fromkeys(found, 0.0)  # seconds per answer in the cell before
        generator = torch.Generator().manual_seed(length)
        prompt = torch.randint(vocabulary, (length,), generator=generator).tolist()
        for n in sizes.counts:
            row = [Cell(Ask(prompt, n, sizes.tokens), name) for name in found]
            for cell in row:
                expected = pace[cell.way] * n
                if expected > sizes.patience and cell.way != "engine":
                    cell.why = f"left out: it would take about {expected:.0f} s"
            measure_row(engine, row, found, sizes)
            for cell in row:
                if cell.seconds:
                    pace[cell.way] = max(cell.seconds) / n
                say(cell)
            cells += row
    return cells


def measure_row(engine: Engine, row: list[Cell], found: dict[str, Way], sizes: Sizes) -> None:
    """One prompt and one n: rounds in which the ways take turns, the first one not counted."""
    device = engine.model.device.type
    for turn in range(sizes.rounds + 1):
        for cell in row:
            # What is slow is not run again: its first run counts, and the table says how many did.
            if cell.why or (turn > 0 and cell.seconds and cell.seconds[0] > sizes.patience / 2):
                continue
            if turn == 1:
                cell.seconds.clear()
            gc.collect()
            begin_peak(device)
            try:
                cell.seconds.append(timed_draw(found[cell.way], cell.ask))
            except Exception as error:  # a peer that can't do it is no reason to end
                cell.why = f"failed: {type(error).__name__} {str(error)[:80]}".replace("\n", " ")
            cell.peak = max(cell.peak, process_peak(device))
    for cell in row:
        first = found[cell.way].first
        if not cell.why and cell.seconds:
            # What gives all answers together gives the first one with the last.
            cell.first = statistics.median(cell.seconds) if first is None else first(cell.ask)


def timed_draw(way: Way, ask: Ask) -> float:
    """Seconds of one run of a way."""
    return timed(lambda: way.draw(ask), ask.n * ask.tokens)


def floor_share(engine: Engine, cell: Cell, speed: float) -> float:
    """The time that memory needs over the time taken, of the steps; NaN where not measured."""
    floor = floor_bytes(engine.model, cell.ask) / speed
    return floor * cell.rate / cell.ask.n


def rows(engine: Engine, cells: Iterable[Cell], speed: float) -> list[tuple[str, ...]]:
    """The table's rows."""
    found = []
    for cell in cells:
        place = (f"{len(cell.ask.prompt):,}", str(cell.ask.n), cell.way)
        if cell.why or not cell.seconds:
            found.append((*place, cell.why, *[""] * (len(HEAD) - 4)))
            continue
        spread = f"{min(cell.seconds):.2f}–{max(cell.seconds):.2f}"
        share = f"{floor_share(engine, cell, speed):.3f}"
        numbers = (f"{cell.rate:,.0f}", str(len(cell.seconds)), spread, f"{cell.first:.2f}")
        found.append((*place, *numbers, f"{cell.peak / 1e9:.2f}", share))
    return found


def markdown(title: str, body: Iterable[tuple[str, ...]]) -> str:
    """A title and a table."""
    lines = (HEAD, tuple("---" for _ in HEAD), *body)
    return "\n".join((title, "", *(f"| {' | '.join(line)} |" for line in lines), ""))


def title(name: str, engine: Engine, precision: str, speed: float) -> str:
    """What was measured on what, and when."""
    model, on_gpu = engine.model, engine.model.device.type == "cuda"
    machine = torch.cuda.get_device_name() if on_gpu else processor()
    return (
        f"**{name}, {precision}** ({parameters(model):,} parameters) on {machine}, "
        f"{torch.get_num_threads()} threads, {speed / 1e9:.1f} GB/s; steps recorded: "
        f"{'yes' if engine.replays else 'no'}; torch {torch.__version__}, transformers "
        f"{transformers.__version__}, Python {platform.python_version()}; {date.today()}."
    )


def summary(device: str, engine: Engine, cells: list[Cell], sizes: Sizes, speed: float) -> str:
    """The last line. All but the share are quotients of rates, for the long prompt."""
    long, few, some = sizes.prompts[-1], *sizes.counts[:2]
    at = {(c.way, c.ask.n): c for c in cells if len(c.ask.prompt) == long}

    def over(peer: str) -> float:
        theirs = at.get((peer, some))
        return at["engine", some].rate / theirs.rate if theirs else float("nan")

    share = floor_share(engine, at["engine", few], speed)
    return (
        f"device={device} vs_generate_64={over('generate'):.1f} vs_vllm_64={over('vLLM'):.2f} "
        f"floor_share_16={share:.3f} long_prompt_ratio={over('generate'):.1f}"
    )


def write_tables(file: Path, tables: str) -> None:
    """Write a file of tables, or put them between the markers of a page that has some."""
    page = file.read_text("utf-8") if file.exists() else ""
    if page.count(BEGIN) == page.count(END) == 1:
        before, after = page.split(BEGIN)[0], page.split(END)[1]
        tables = f"{before}{BEGIN}\n{tables}{END}{after}"
    file.write_text(tables, encoding="utf-8")


def say(cell: Cell) -> None:
    """Progress, one line per cell."""
    told = cell.why or f"{cell.rate:,.0f} tokens/s"
    print(f"  prompt {len(cell.ask.prompt)}, n = {cell.ask.n}, {cell.way}: {told}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="tiny sizes: does it work?")
    parser.add_argument("--model", choices=(BUNDLED, *SIZES))
    parser.add_argument("--precision", choices=tuple(PRECISIONS))
    parser.add_argument("--device", choices=("cpu", "cuda"))
    parser.add_argument("--patience", type=float, help="seconds that one run of a peer may take")
    parser.add_argument("--markdown", type=Path, help="file or page for the tables")
    options = parser.parse_args()
    sizes = QUICK if options.quick else Sizes()
    sizes = replace(sizes, patience=options.patience or sizes.patience)
    here = ("cpu", "cuda") if torch.cuda.is_available() else ("cpu",)
    tables, lines = [], []
    for device in (options.device,) if options.device else here:
        for usual, narrow in CASES[device]:
            name, precision = options.model or usual, options.precision or narrow
            name = "llama-tiny" if options.quick and options.model is None else name
            engine, speed = load(name, precision, device), bandwidth(device)
            print(title(name, engine, precision, speed), flush=True)
            cells = measure_cells(engine, sizes)
            tables.append(
                markdown(title(name, engine, precision, speed), rows(engine, cells, speed))
            )
            lines.append(summary(device, engine, cells, sizes, speed))
            del engine
            if options.model:
                break
    print("\n".join(("", *tables)))
    if options.markdown:
        write_tables(options.markdown, "\n".join(tables))
    print("\n".join(lines))


if __name__ == "__main__":
    main()
