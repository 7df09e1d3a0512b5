"""The EC2 instance types that ML clusters use, so that a plan can judge them without asking AWS. A dated catalogue.

As of November 2025: moto 5.2.5's copy of ec2:DescribeInstanceTypes, and AWS's pages for p2 and p3 that it no longer lists. A type
that is not here is not wrong, only not known: nothing is an error because of this table's age.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

DATED = "2025-11"
SUCCESSORS_OF_P2 = ("g4dn.xlarge", "g5.xlarge", "g6.xlarge", "p3.2xlarge")


@dataclass(frozen=True, slots=True)
class InstanceType:
    """What a node of a type has. `device` is the resource that its accelerators are asked for by, empty where it has none."""

    name: str
    architecture: str
    vcpus: int
    memory_mib: int
    interfaces: int
    addresses: int
    accelerator: str = ""
    accelerators: int = 0
    accelerator_mib: int = 0

    @property
    def family(self) -> str:
        """`p2` of `p2.xlarge`."""
        return self.name.partition(".")[0]

    @property
    def nvidia(self) -> bool:
        """Whether it has GPUs of NVIDIA's."""
        return bool(self.accelerator) and not self.neuron

    @property
    def neuron(self) -> bool:
        """Whether it has AWS's own accelerators."""
        return self.accelerator == "Neuron"

    @property
    def pods(self) -> int:
        """How many pods a node takes with the VPC CNI (awslabs/amazon-eks-ami, nodeadm: 110 below 30 vCPUs, else 250)."""
        return min(self.interfaces * (self.addresses - 1) + 2, 110 if self.vcpus < 30 else 250)

    @property
    def offered_cpu(self) -> Fraction:
        """The CPUs that pods may use: without what nodeadm keeps for the kubelet (6, 1, 0.5, 0.5, 0.25 … % of each)."""
        kept = sum((60, 10, 5, 5)[: self.vcpus]) + Fraction(5, 2) * max(0, self.vcpus - 4)
        return self.vcpus - Fraction(kept) / 1000

    @property
    def offered_memory(self) -> int:
        """The bytes that pods may use at the very most: without the kubelet's 255 MiB and 11 a pod, and 100 for eviction.

        A node reports less memory than its type has (m5.large 94 %), and daemon sets take some: what does not fit into
        this fits nowhere.
        """
        return (self.memory_mib - (11 * self.pods + 255) - 100) * 1024 * 1024

    @property
    def device(self) -> str:
        """The extended resource of its accelerators."""
        return "" if not self.accelerator else "aws.amazon.com/neuron" if self.neuron else "nvidia.com/gpu"


# name, architecture, vCPUs, MiB, network interfaces, IPv4 addresses of each, accelerator, how many, MiB of each
_TABLE = """
t3.medium x86_64 2 4096 3 6
t3.large x86_64 2 8192 3 12
t3.xlarge x86_64 4 16384 4 15
t3.2xlarge x86_64 8 32768 4 15
t3a.medium x86_64 2 4096 3 6
t3a.large x86_64 2 8192 3 12
t3a.xlarge x86_64 4 16384 4 15
t4g.medium arm64 2 4096 3 6
t4g.large arm64 2 8192 3 12
t4g.xlarge arm64 4 16384 4 15
m4.large x86_64 2 8192 2 10
m4.xlarge x86_64 4 16384 4 15
m4.2xlarge x86_64 8 32768 4 15
m4.4xlarge x86_64 16 65536 8 30
m5.large x86_64 2 8192 3 10
m5.xlarge x86_64 4 16384 4 15
m5.2xlarge x86_64 8 32768 4 15
m5.4xlarge x86_64 16 65536 8 30
m5.8xlarge x86_64 32 131072 8 30
m5.12xlarge x86_64 48 196608 8 30
m5.24xlarge x86_64 96 393216 15 50
m5a.large x86_64 2 8192 3 10
m5a.xlarge x86_64 4 16384 4 15
m5a.2xlarge x86_64 8 32768 4 15
m5a.4xlarge x86_64 16 65536 8 30
m6i.large x86_64 2 8192 3 10
m6i.xlarge x86_64 4 16384 4 15
m6i.2xlarge x86_64 8 32768 4 15
m6i.4xlarge x86_64 16 65536 8 30
m6i.8xlarge x86_64 32 131072 8 30
m6a.large x86_64 2 8192 3 10
m6a.xlarge x86_64 4 16384 4 15
m6a.2xlarge x86_64 8 32768 4 15
m6a.4xlarge x86_64 16 65536 8 30
m6g.large arm64 2 8192 3 10
m6g.xlarge arm64 4 16384 4 15
m6g.2xlarge arm64 8 32768 4 15
m6g.4xlarge arm64 16 65536 8 30
m7i.large x86_64 2 8192 3 10
m7i.xlarge x86_64 4 16384 4 15
m7i.2xlarge x86_64 8 32768 4 15
m7i.4xlarge x86_64 16 65536 8 30
m7g.large arm64 2 8192 3 10
m7g.xlarge arm64 4 16384 4 15
m7g.2xlarge arm64 8 32768 4 15
m7g.4xlarge arm64 16 65536 8 30
c5.large x86_64 2 4096 3 10
c5.xlarge x86_64 4 8192 4 15
c5.2xlarge x86_64 8 16384 4 15
c5.4xlarge x86_64 16 32768 8 30
c5.9xlarge x86_64 36 73728 8 30
c6i.large x86_64 2 4096 3 10
c6i.xlarge x86_64 4 8192 4 15
c6i.2xlarge x86_64 8 16384 4 15
c6i.4xlarge x86_64 16 32768 8 30
c7g.large arm64 2 4096 3 10
c7g.xlarge arm64 4 8192 4 15
c7g.2xlarge arm64 8 16384 4 15
c7g.4xlarge arm64 16 32768 8 30
r5.large x86_64 2 16384 3 10
r5.xlarge x86_64 4 32768 4 15
r5.2xlarge x86_64 8 65536 4 15
r5.4xlarge x86_64 16 131072 8 30
r5.8xlarge x86_64 32 262144 8 30
r6i.large x86_64 2 16384 3 10
r6i.xlarge x86_64 4 32768 4 15
r6i.2xlarge x86_64 8 65536 4 15
r6i.4xlarge x86_64 16 131072 8 30
r6i.8xlarge x86_64 32 262144 8 30
p2.xlarge x86_64 4 62464 4 15 K80 1 12288
p2.8xlarge x86_64 32 499712 8 30 K80 8 12288
p2.16xlarge x86_64 64 749568 8 30 K80 16 12288
p3.2xlarge x86_64 8 62464 4 15 V100 1 16384
p3.8xlarge x86_64 32 249856 8 30 V100 4 16384
p3.16xlarge x86_64 64 499712 8 30 V100 8 16384
p3dn.24xlarge x86_64 96 786432 15 50 V100 8 32768
p4d.24xlarge x86_64 96 1179648 60 50 A100 8 40960
p5.48xlarge x86_64 192 2097152 64 50 H100 8 81920
g4dn.xlarge x86_64 4 16384 3 10 T4 1 16384
g4dn.2xlarge x86_64 8 32768 3 10 T4 1 16384
g4dn.4xlarge x86_64 16 65536 3 10 T4 1 16384
g4dn.8xlarge x86_64 32 131072 4 15 T4 1 16384
g4dn.12xlarge x86_64 48 196608 8 30 T4 4 16384
g4dn.16xlarge x86_64 64 262144 4 15 T4 1 16384
g4dn.metal x86_64 96 393216 15 50 T4 8 16384
g5.xlarge x86_64 4 16384 4 15 A10G 1 22888
g5.2xlarge x86_64 8 32768 4 15 A10G 1 22888
g5.4xlarge x86_64 16 65536 8 30 A10G 1 22888
g5.8xlarge x86_64 32 131072 8 30 A10G 1 22888
g5.12xlarge x86_64 48 196608 15 50 A10G 4 22888
g5.16xlarge x86_64 64 262144 8 30 A10G 1 22888
g5.24xlarge x86_64 96 393216 15 50 A10G 4 22888
g5.48xlarge x86_64 192 786432 7 50 A10G 8 22888
g5g.xlarge arm64 4 8192 4 15 T4g 1 16384
g5g.2xlarge arm64 8 16384 4 15 T4g 1 16384
g5g.4xlarge arm64 16 32768 8 30 T4g 1 16384
g6.xlarge x86_64 4 16384 4 15 L4 1 22888
g6.2xlarge x86_64 8 32768 4 15 L4 1 22888
g6.4xlarge x86_64 16 65536 8 30 L4 1 22888
g6.8xlarge x86_64 32 131072 8 30 L4 1 22888
g6.12xlarge x86_64 48 196608 8 30 L4 4 22888
g6.16xlarge x86_64 64 262144 15 50 L4 1 22888
g6.24xlarge x86_64 96 393216 15 50 L4 4 22888
g6.48xlarge x86_64 192 786432 15 50 L4 8 22888
g6e.xlarge x86_64 4 32768 4 15 L40S 1 45776
g6e.2xlarge x86_64 8 65536 4 15 L40S 1 45776
g6e.4xlarge x86_64 16 131072 8 30 L40S 1 45776
g6e.8xlarge x86_64 32 262144 8 30 L40S 1 45776
g6e.12xlarge x86_64 48 393216 10 30 L40S 4 45776
inf1.xlarge x86_64 4 8192 4 10 Neuron 1 0
inf1.2xlarge x86_64 8 16384 4 10 Neuron 1 0
inf2.xlarge x86_64 4 16384 4 15 Neuron 1 0
inf2.8xlarge x86_64 32 131072 8 30 Neuron 1 0
trn1.2xlarge x86_64 8 32768 4 15 Neuron 1 0
trn1.32xlarge x86_64 128 524288 40 50 Neuron 16 0
"""


def _row(line: str) -> InstanceType:
    name, architecture, *rest = line.split()
    vcpus, memory, interfaces, addresses = map(int, rest[:4])
    accelerator = (rest[4], int(rest[5]), int(rest[6])) if len(rest) > 4 else ("", 0, 0)
    return InstanceType(name, architecture, vcpus, memory, interfaces, addresses, *accelerator)


INSTANCE_TYPES = {t.name: t for t in map(_row, _TABLE.strip().splitlines())}


def known(names: Iterable[object]) -> list[InstanceType]:
    """Those of `names` that the catalogue has, in their order."""
    return [INSTANCE_TYPES[n] for n in names if isinstance(n, str) and n in INSTANCE_TYPES]
