"""What a training that was killed goes on from: weights, moments, and the losses so far."""

import json
import logging
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from finerweb.tables.io import replacing

KEPT = 2
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Progress:
    """How far a training is: steps taken, and of each epoch begun what its metrics are made of.

    ``sums`` are the summed parts of the loss of an epoch's steps, ``steps`` how many those were.
    """

    step: int = 0
    steps: list[int] = field(default_factory=list)
    sums: list[dict[str, float]] = field(default_factory=list)

    def add(self, epoch: int, parts: dict[str, float]) -> None:
        """Count a step of an epoch."""
        self.step += 1
        if epoch == len(self.steps):
            self.steps.append(0)
            self.sums.append({})
        self.steps[epoch] += 1
        for name, value in parts.items():
            self.sums[epoch][name] = self.sums[epoch].get(name, 0.0) + value


Parameters = Iterable[tuple[str, Any]]
"""Names and tensors of what is learnt; frozen weights are not kept."""


def save(
    folder: Path,
    progress: Progress,
    parameters: Parameters,
    optimizer: Any,
    is_finished: bool = False,
) -> None:
    """Write a checkpoint; of earlier ones the last is left.

    Of a training that is finished the weights stay alone: a sixth of what one under way takes.
    """
    from safetensors.torch import save_file

    tensors = {}
    for name, parameter in parameters:
        tensors[f"weight/{name}"] = parameter.detach()
        moments = {} if is_finished else optimizer.state.get(parameter, {})
        for key, value in moments.items():
            tensors[f"{key}/{name}"] = value
    folder.mkdir(parents=True, exist_ok=True)
    contiguous = {name: tensor.contiguous() for name, tensor in tensors.items()}
    with replacing(folder / f"{progress.step:08d}.safetensors") as temporary:
        save_file(contiguous, temporary, {"progress": json.dumps(asdict(progress))})
    for path in sorted(folder.glob("*.safetensors"))[: -1 if is_finished else -KEPT]:
        path.unlink()


def restore(folder: Path, parameters: Parameters, optimizer: Any) -> Progress:
    """Return how far the newest whole checkpoint is, its weights and moments put in place."""
    import torch
    from safetensors import SafetensorError, safe_open

    for path in sorted(folder.glob("*.safetensors"), reverse=True):
        try:
            with safe_open(path, framework="pt") as file:
                known = Progress(**json.loads(file.metadata()["progress"]))
                tensors = {name: file.get_tensor(name) for name in file.keys()}
        except (SafetensorError, OSError, TypeError, KeyError, ValueError):
            log.warning("%s: damaged; training goes on from an earlier one", path)
            continue
        with torch.no_grad():
            for name, parameter in parameters:
                parameter.copy_(tensors.pop(f"weight/{name}"))
                keys = [key for key in tensors if key.partition("/")[2] == name]
                moments = {key.partition("/")[0]: tensors.pop(key) for key in keys}
                if moments:
                    device = parameter.device
                    on = {k: v if k == "step" else v.to(device) for k, v in moments.items()}
                    optimizer.state[parameter] = on
        log.info("training goes on after step %d, from %s", known.step, path)
        return known
    return Progress()
