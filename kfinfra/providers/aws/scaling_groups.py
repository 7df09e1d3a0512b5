"""The Auto Scaling groups behind node groups: what the cluster autoscaler is told there of nodes that do not exist yet.

EKS does not copy a node group's labels and taints to these tags, and without them no group grows from zero
(github.com/eksctl-io/eksctl/issues/7543).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from kfinfra.diag import DiagnosticError
from kfinfra.model.address import Address
from kfinfra.model.plain import Attributes
from kfinfra.model.ports import Observed
from kfinfra.providers.aws.client import Aws, translated
from kfinfra.providers.aws.nodegroup_translate import items, scaling_tags

BATCH = 50


def tag(aws: Aws, names: Sequence[str], wanted: Attributes, had: Attributes) -> None:
    """Sets what a node group of the attributes `wanted` has to say, and takes away what one of `had` said besides."""
    new, old = scaling_tags(wanted), scaling_tags(had)
    for name in names:
        about = {"ResourceId": name, "ResourceType": "auto-scaling-group"}
        with translated(f"tag the Auto Scaling group {name}"):
            gone = [{**about, "Key": k} for k in sorted(old.keys() - new.keys())]
            if gone:
                aws.service("autoscaling").delete_tags(Tags=gone)
            put = [{**about, "Key": k, "Value": v, "PropagateAtLaunch": False} for k, v in sorted(new.items())]
            if put:
                aws.service("autoscaling").create_or_update_tags(Tags=put)


def compared(aws: Aws, found: Mapping[Address, Observed]) -> dict[Address, Observed]:
    """The same, with `autoscaler_tags` false where a tag is missing: a plan then sets them (again).

    Asks only about groups that have something to say, many in one call.
    """
    talking = {a: o.attributes for a, o in found.items() if o.attributes is not None and scaling_tags(o.attributes)}
    names = sorted({str(n) for attributes in talking.values() for n in items(attributes.get("asg_names"))})
    try:
        told = _told(aws, names)
    except DiagnosticError as problem:
        return {a: Observed(None, problem.diagnostics) if a in talking else o for a, o in found.items()}
    out = dict(found)
    for address, attributes in talking.items():
        wanted, groups = scaling_tags(attributes).items(), [str(n) for n in items(attributes.get("asg_names"))]
        complete = bool(groups) and all(wanted <= told.get(name, {}).items() for name in groups)
        out[address] = replace(found[address], attributes={**attributes, "autoscaler_tags": complete})
    return out


def _told(aws: Aws, names: Sequence[str]) -> dict[str, dict[str, str]]:
    """The tags of Auto Scaling groups, by group."""
    out: dict[str, dict[str, str]] = {}
    with translated("read the tags of the Auto Scaling groups"):
        for start in range(0, len(names), BATCH):
            wanted = [{"Name": "auto-scaling-group", "Values": list(names[start : start + BATCH])}]
            for page in aws.service("autoscaling").get_paginator("describe_tags").paginate(Filters=wanted):
                for found in page["Tags"]:
                    out.setdefault(found["ResourceId"], {})[found["Key"]] = found.get("Value") or ""
    return out
