"""What may be written of an EKS managed node group. Pure data; the rules between attributes are in `nodegroup_checks`.

In place or not: docs.aws.amazon.com/eks/latest/APIReference (UpdateNodegroupConfig, UpdateNodegroupVersion, TagResource);
what these cannot change replaces the group. What EKS chooses where nothing is written is never drift.
"""

from __future__ import annotations

from kfinfra.model.schema import Attribute, ResourceType, Shape
from kfinfra.providers.aws import nodegroup_checks as check
from kfinfra.providers.aws import nodegroup_upkeep as upkeep
from kfinfra.providers.aws.tags import check_tags
from kfinfra.values.types import BOOL, NUMBER, STRING, ListType, MapType, SetType

TAINT = {
    "key": Attribute(STRING, required=True, check=check.check_key, doc="The taint's key."),
    "value": Attribute(STRING, default="", check=check.check_value, doc="The taint's value."),
    "effect": Attribute(STRING, required=True, check=check.check_effect, doc="NoSchedule, PreferNoSchedule or NoExecute."),
}

SCALING = {
    "min": Attribute(NUMBER, required=True, check=check.check_size, doc="The fewest nodes; 0 lets the group be empty."),
    "max": Attribute(NUMBER, required=True, check=check.check_size, doc="The most nodes; at least 1."),
    "desired": Attribute(
        NUMBER,
        initial_only=True,
        check=check.check_size,
        doc="How many nodes there are at first; `min` where it is not written. Afterwards the autoscaler's.",
    ),
}

LAUNCH_TEMPLATE = {
    "id": Attribute(STRING, unmanaged_if_null=True, replaces=True, doc="The template's id; this or `name`."),
    "name": Attribute(STRING, unmanaged_if_null=True, replaces=True, doc="The template's name; this or `id`."),
    "version": Attribute(STRING, unmanaged_if_null=True, doc="Its version; the template's default where it is not written."),
}

REMOTE_ACCESS = {
    "ec2_ssh_key": Attribute(STRING, required=True, doc="The EC2 key pair's name."),
    "source_security_groups": Attribute(SetType(STRING), doc="From where; without it from everywhere."),
}

NODE_GROUP = ResourceType(
    "node_group",
    "aws",
    {
        "cluster": Attribute(STRING, required=True, check=check.check_cluster, doc="The EKS cluster's name."),
        "name": Attribute(STRING, check=check.check_name, doc="The group's name; the label where it is not written."),
        "subnets": Attribute(SetType(STRING), required=True, replaces=True, check=check.check_subnets, doc="Subnet ids."),
        "node_role": Attribute(
            STRING, required=True, replaces=True, check=check.check_role, doc="The ARN of the role that nodes take."
        ),
        "instance_types": Attribute(
            ListType(STRING),
            computed=True,
            settable=True,
            replaces=True,
            check=check.check_instance_types,
            doc="EC2 instance types, at most 20, the preferred one first.",
        ),
        "ami_type": Attribute(
            STRING, computed=True, settable=True, replaces=True, check=check.check_ami_type, doc="The image, as EKS names it."
        ),
        "capacity_type": Attribute(
            STRING,
            computed=True,
            settable=True,
            replaces=True,
            check=check.check_capacity_type,
            doc="ON_DEMAND, SPOT or CAPACITY_BLOCK.",
        ),
        "disk_size": Attribute(
            NUMBER, computed=True, settable=True, replaces=True, check=check.check_disk, doc="GiB of each node's disk."
        ),
        "launch_template": Attribute(
            fields=LAUNCH_TEMPLATE, replaces=check.template_appears, doc="An EC2 launch template; its version changes in place."
        ),
        "labels": Attribute(MapType(STRING), check=check.check_labels, doc="Kubernetes labels of the nodes."),
        "taints": Attribute(fields=TAINT, shape=Shape.SET, check=check.check_taints, doc="Kubernetes taints of the nodes."),
        "scaling": Attribute(fields=SCALING, required=True, doc="How many nodes there may be."),
        "update_config": Attribute(
            fields=upkeep.UPDATE_CONFIG, computed=True, settable=True, doc="How many nodes an update may take away at once."
        ),
        "node_repair": Attribute(BOOL, default=False, doc="Whether EKS repairs nodes that are unhealthy."),
        "node_repair_config": Attribute(
            fields=upkeep.REPAIR_CONFIG, unmanaged_if_null=True, doc="How it does; EKS's own way where it is not written."
        ),
        "warm_pool": Attribute(fields=upkeep.WARM_POOL, doc="Nodes that are kept ready, and join at once."),
        "version": Attribute(
            STRING, computed=True, settable=True, check=check.check_version, doc="The Kubernetes version, such as 1.33."
        ),
        "release_version": Attribute(STRING, computed=True, settable=True, recomputed=True, doc="The AMI's release."),
        "force_update": Attribute(BOOL, default=False, doc="Whether a version update goes on where pods cannot be evicted."),
        "remote_access": Attribute(fields=REMOTE_ACCESS, replaces=True, doc="SSH access to the nodes."),
        "autoscaler_tags": Attribute(
            BOOL,
            default=True,
            doc="Whether the Auto Scaling group is told labels, taints and devices, so that it can grow from zero.",
        ),
        "tags": Attribute(MapType(STRING), check=check_tags, doc="Tags of the node group."),
        "arn": Attribute(STRING, computed=True, doc="The ARN."),
        "status": Attribute(STRING, computed=True, volatile=True, doc="EKS' word for how it is: ACTIVE, UPDATING, DEGRADED, …"),
        "asg_names": Attribute(ListType(STRING), computed=True, doc="The names of its Auto Scaling groups."),
    },
    ("cluster", "name"),
    check=check.check_node_group,
    timeouts={"create": 3600.0, "update": 3600.0, "delete": 3600.0},
    doc="An EKS managed node group.",
)
