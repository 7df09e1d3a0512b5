"""Whether a node group's instance types and its image fit: architecture, GPU drivers, and the p2 family that EKS left behind.

Without `ami_type` and launch template EKS takes its standard x86 image, which drives no accelerator. Its GPU images hold
drivers newer than 470, the last that knows the K80 of p2 (github.com/eksctl-io/eksctl/issues/8226).
"""

from __future__ import annotations

from collections.abc import Iterator

from kfinfra.diag import did_you_mean
from kfinfra.facts.instance_types import DATED, INSTANCE_TYPES, SUCCESSORS_OF_P2, InstanceType, known
from kfinfra.model.plain import UNKNOWN, Attributes, Plain, is_known
from kfinfra.model.schema import Problem

_PATH = ("instance_types",)


def check(attributes: Attributes) -> Iterator[Problem]:
    """Problems of `instance_types` and `ami_type` together; nothing where either is not known yet."""
    names, ami, template = (attributes.get(n) for n in ("instance_types", "ami_type", "launch_template"))
    if not isinstance(names, list) or not is_known(names):
        return
    yield from _strangers(names)
    types = known(names)
    architectures = sorted({t.architecture for t in types})
    if len(architectures) > 1:
        detail = f"{_list(types)} are of both {' and '.join(architectures)}; a group's nodes have one image."
        yield Problem(_PATH, "Mixed architectures", detail, "make one node group for each architecture")
        return
    if not types or ami is UNKNOWN or (ami is None and template is not None):
        return
    yield from _unfit(types, ami)


def _strangers(names: list[Plain]) -> Iterator[Problem]:
    for index, name in enumerate(names):
        if name not in INSTANCE_TYPES:
            detail = f'"{name}" is not in the catalogue of {DATED}, so nothing can be said about it.'
            guess = did_you_mean(str(name), INSTANCE_TYPES)
            yield Problem((*_PATH, index), "Unknown instance type", detail + guess, warning=True)


def _unfit(types: list[InstanceType], ami: Plain) -> Iterator[Problem]:
    wanted = types[0].architecture
    given = "arm64" if isinstance(ami, str) and "ARM_64" in ami else "x86_64"
    path, image = (("ami_type",), f"The AMI type {ami}") if ami is not None else (_PATH, "EKS's default image")
    gpus, neurons = [t for t in types if t.nvidia], [t for t in types if t.neuron]
    if given != wanted:
        hint = _write(f"AL2023_{'ARM_64' if wanted == 'arm64' else wanted}_{'NVIDIA' if gpus else 'STANDARD'}")
        yield Problem(path, "Wrong architecture", f"{image} is for {given}, and {_list(types)} is {wanted}.", hint)
    elif gpus and not drives_gpus(ami) and not (ami is None and all(t.family == "p2" for t in gpus)):
        hint = _write(f"AL2023_{'ARM_64' if wanted == 'arm64' else wanted}_NVIDIA")
        detail = f"{image} has no driver for the GPUs of {_list(gpus)}: pods that ask for one would never be placed."
        yield Problem(path, "GPU instances without a GPU image", detail, hint)
    elif neurons and not _drives_neurons(ami):
        detail = f"{image} has no driver for the accelerators of {_list(neurons)}."
        yield Problem(path, "Neuron instances without a Neuron image", detail, _write("AL2023_x86_64_NEURON"))
    elif drives_gpus(ami) and len(gpus) < len(types) and not neurons:
        plain = [t for t in types if not t.nvidia]
        yield Problem(path, "GPU image without GPUs", f"{image} is for GPU instances, and {_list(plain)} has none.")
    elif any(t.family == "p2" for t in gpus):
        yield _old(next(t for t in gpus if t.family == "p2"))


def _old(p2: InstanceType) -> Problem:
    detail = (
        f"{p2.name} has the {p2.accelerator}, which needs an NVIDIA driver no newer than 470. EKS's GPU images have newer ones: "
        "only a custom AMI, in a launch template, drives it. Nodes of EKS's own images join without a GPU."
    )
    hint = f'its successors are {", ".join(SUCCESSORS_OF_P2)}, with ami_type = "AL2023_x86_64_NVIDIA"'
    return Problem(_PATH, "GPU that EKS's images no longer drive", detail, hint, warning=True)


def drives_gpus(ami: Plain) -> bool:
    """Whether an AMI type has NVIDIA's driver."""
    return isinstance(ami, str) and ("NVIDIA" in ami or ami == "AL2_x86_64_GPU")


def _drives_neurons(ami: Plain) -> bool:
    return isinstance(ami, str) and (ami in ("AL2023_x86_64_NEURON", "AL2_x86_64_GPU") or ami.startswith("BOTTLEROCKET_x86_64"))


def _list(types: list[InstanceType]) -> str:
    return ", ".join(t.name for t in types)


def _write(ami: str) -> str:
    return f'write: ami_type = "{ami}"'
