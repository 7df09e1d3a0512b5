"""What may be written of a task in `defaults { }` and `override "name" { }`. Pure data; no SDK, no YAML."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from kfinfra.model.plain import Attributes, Plain
from kfinfra.model.schema import Attribute, Ref, Shape
from kfinfra.pipelines import checks
from kfinfra.values.types import ANY, BOOL, NUMBER, STRING, ListType, MapType

_GROUP = Ref(("node_group",), ("name", "taints", "labels", "instance_types", "ami_type", "capacity_type"), text=False)
_USED_OF_GROUP = ("name", "taints")

_RESOURCES = {
    "requests": Attribute(MapType(STRING), doc="What the scheduler keeps free for the task: cpu, memory, ephemeral-storage."),
    "limits": Attribute(MapType(STRING), doc="What the task may use at most; devices such as nvidia.com/gpu stand here."),
}
_MOUNT = {
    "pvc": Attribute(required=True, ref=Ref(("pvc",), text=False), doc="The claim."),
    "path": Attribute(required=True, check=checks.check_path, doc="Where the task finds it."),
    "sub_path": Attribute(check=checks.check_sub_path, doc="A folder of the volume, instead of its root."),
}
_ENV_FROM = {
    "config_map": Attribute(ref=Ref(("config_map",)), doc="The config map, or its name where it is not declared here."),
    "secret": Attribute(ref=Ref(("secret",)), doc="The secret, or its name where it is not declared here."),
    "keys": Attribute(MapType(STRING), required=True, check=checks.check_keys, doc="The object's key to the variable's name."),
}
_SECRET_ENV = {
    "secret": Attribute(required=True, ref=Ref(("secret",)), doc="The secret, or its name where it is not declared here."),
    "key": Attribute(required=True, doc="The secret's key."),
    "name": Attribute(required=True, check=checks.check_variable, doc="The variable's name."),
}
_S3 = {
    "bucket": Attribute(required=True, ref=Ref(("s3_bucket",)), doc="The bucket, or its name where it is not declared here."),
    "prefix": Attribute(default="", doc="Where in the bucket; the whole bucket where left out."),
    "path": Attribute(required=True, check=checks.check_path, doc="The folder, on a claim of `mounts` or on `scratch`."),
}
_SCRATCH = {
    "path": Attribute(required=True, check=checks.check_path, doc="Where the task finds it."),
    "size": Attribute(required=True, check=checks.check_quantity, doc="How large it may grow."),
    "storage_class": Attribute(ref=Ref(("storage_class",)), doc="A volume of this class; else space on the node."),
    "medium": Attribute(check=checks.check_medium, doc="Memory: held in RAM, and counted against the memory limit."),
}
_RETRY = {
    "count": Attribute(NUMBER, required=True, check=checks.check_count, doc="How often a failed task is tried again."),
    "backoff": Attribute(check=checks.check_duration, doc="The wait before the first retry."),
    "factor": Attribute(NUMBER, check=checks.check_factor, doc="How much longer each wait is than the one before."),
    "max_backoff": Attribute(
        check=checks.check_duration, doc="How long from its first start a failed task is tried again; an hour where left out."
    ),
    "policy": Attribute(
        check=checks.check_policy, doc="When to retry. KFP knows OnFailure only; the plan says what becomes of others."
    ),
}
_REQUIREMENT = {
    "key": Attribute(required=True, doc="The node's label."),
    "operator": Attribute(required=True, check=checks.check_operator, doc="In, NotIn, Exists, DoesNotExist, Gt or Lt."),
    "values": Attribute(ListType(STRING), doc="What the label is compared with."),
}
_AFFINITY = {
    "match_expressions": Attribute(fields=_REQUIREMENT, shape=Shape.LIST, doc="Requirements of labels, all of which must hold."),
    "match_fields": Attribute(fields=_REQUIREMENT, shape=Shape.LIST, doc="Requirements of the node's fields (metadata.name)."),
    "weight": Attribute(NUMBER, check=checks.check_weight, doc="Makes it a preference instead of a requirement."),
}
_TOLERATION = {
    "key": Attribute(doc="The taint's key; all taints where left out."),
    "operator": Attribute(check=checks.check_toleration_operator, doc="Equal, or Exists, which takes any value."),
    "value": Attribute(doc="The taint's value."),
    "effect": Attribute(check=checks.check_effect, doc="The taint's effect; all where left out."),
    "seconds": Attribute(NUMBER, doc="How long a NoExecute taint is tolerated."),
}

TASK_SETTINGS: Mapping[str, Attribute] = MappingProxyType(
    {
        "node_group": Attribute(ANY, ref=_GROUP, doc="Where the task runs: a node group, or several in order of preference."),
        "resources": Attribute(fields=_RESOURCES, check=checks.check_resources, doc="Requests and limits."),
        "mounts": Attribute(fields=_MOUNT, shape=Shape.LIST, doc="Claims that the task mounts."),
        "env": Attribute(MapType(STRING), check=checks.check_env, doc="Environment variables."),
        "env_from": Attribute(
            fields=_ENV_FROM, shape=Shape.LIST, check=checks.check_env_from, doc="Variables from config maps and secrets."
        ),
        "secret_env": Attribute(fields=_SECRET_ENV, shape=Shape.LIST, doc="Variables from single keys of secrets."),
        "scratch": Attribute(fields=_SCRATCH, doc="A volume that lives as long as the task."),
        "s3_inputs": Attribute(fields=_S3, shape=Shape.LIST, doc="Folders that are copied from S3 before the task."),
        "s3_outputs": Attribute(fields=_S3, shape=Shape.LIST, doc="Folders that are copied to S3 after the task has succeeded."),
        "shared_memory": Attribute(check=checks.check_quantity, doc="The size of /dev/shm."),
        "retry": Attribute(fields=_RETRY, doc="Trying a failed task again."),
        "after": Attribute(ListType(STRING), doc="Names of tasks beside it that it waits for."),
        "timeout": Attribute(check=checks.check_timeout, doc="How long one attempt may take."),
        "cache": Attribute(BOOL, doc="Whether an earlier result of the same inputs may be used."),
        "image": Attribute(doc="The container's image."),
        "labels": Attribute(MapType(STRING), check=checks.check_labels, doc="Labels of the task's pods."),
        "annotations": Attribute(MapType(STRING), check=checks.check_annotations, doc="Annotations of the task's pods."),
        "affinity": Attribute(fields=_AFFINITY, shape=Shape.LIST, doc="Node affinity as Kubernetes has it."),
        "tolerations": Attribute(
            fields=_TOLERATION, shape=Shape.LIST, doc="Tolerations besides those for the node group's taints."
        ),
        "node_selector": Attribute(MapType(STRING), check=checks.check_labels, doc="Labels that a node must have."),
    }
)


def relevant(settings: Attributes) -> dict[str, Plain]:
    """The settings without what no package is made from: of node groups the name and the taints remain, and "SPOT".

    The rest of a node group is there for the checks of a plan, and may be unknown before the group exists. A group is of
    spot nodes only where that is written, so this much is known; the notes on a plan want it.
    """
    return {name: _of_groups(value) if name == "node_group" else value for name, value in settings.items() if value is not None}


def _of_groups(value: Plain) -> Plain:
    match value:
        case list():
            return [_of_groups(item) for item in value]
        case dict():
            used = {name: value.get(name) for name in _USED_OF_GROUP}
            return used | ({"capacity_type": "SPOT"} if value.get("capacity_type") == "SPOT" else {})
        case _:
            return value
