"""Auto Scaling's query protocol, for the groups behind node groups: their tags, and what they are.

Shapes and limits: botocore's autoscaling/2011-01-01/service-2.json and docs.aws.amazon.com/autoscaling/ec2/APIReference.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from xml.sax.saxutils import escape

from starlette.responses import Response

from kfinfra.sandbox.eks.groups import Wire
from kfinfra.sandbox.eks.world import Region

MAX_TAGS = 50
_SPACE = "http://autoscaling.amazonaws.com/doc/2011-01-01/"
_MEMBER = re.compile(r"Tags\.member\.(\d+)\.(\w+)")


class _Fault(Exception):
    """What Auto Scaling refuses: its code and its words."""


def answer(region: Region, form: Mapping[str, str]) -> Response:
    """The answer to one call."""
    action = form.get("Action", "")
    try:
        match action:
            case "CreateOrUpdateTags":
                inside = _put(region, _tags(form))
            case "DeleteTags":
                inside = _delete(region, _tags(form))
            case "DescribeTags":
                inside = _describe_tags(region, form)
            case "DescribeAutoScalingGroups":
                inside = _describe_groups(region, form)
            case _:
                raise _Fault("InvalidAction", f"Could not find operation {action} for version 2011-01-01")
    except _Fault as fault:
        return refused(str(fault.args[0]), str(fault.args[1]), 400)
    result = f"<{action}Result>{inside}</{action}Result>"
    return _xml(f'<{action}Response xmlns="{_SPACE}">{result}{_META}</{action}Response>', 200)


_META = "<ResponseMetadata><RequestId>00000000-0000-0000-0000-000000000000</RequestId></ResponseMetadata>"


def refused(code: str, message: str, status: int) -> Response:
    """A refusal as the query protocol words it."""
    error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
    return _xml(f'<ErrorResponse xmlns="{_SPACE}">{error}<RequestId>0</RequestId></ErrorResponse>', status)


def _xml(text: str, status: int) -> Response:
    return Response(text, status, media_type="text/xml")


def _tags(form: Mapping[str, str]) -> list[dict[str, str]]:
    table: dict[int, dict[str, str]] = {}
    for key, value in form.items():
        found = _MEMBER.fullmatch(key)
        if found:
            table.setdefault(int(found[1]), {})[found[2]] = value
    if not table:
        raise _Fault("ValidationError", "1 validation error detected: Value null at 'tags' failed to satisfy constraint")
    return [tag for _, tag in sorted(table.items())]


def _groups(region: Region) -> dict[str, Wire]:
    """The Auto Scaling groups that there are: name to node group."""
    wires = (g.wire for c in region.clusters.values() for g in c.groups.values())
    return {a["name"]: w for w in wires for a in w["resources"]["autoScalingGroups"]}


def _put(region: Region, tags: Iterable[Mapping[str, str]]) -> str:
    groups = _groups(region)
    for tag in tags:
        name, key = tag.get("ResourceId", ""), tag.get("Key", "")
        if tag.get("ResourceType", "auto-scaling-group") != "auto-scaling-group" or name not in groups:
            raise _Fault("ValidationError", f"AutoScalingGroup name not found - No such auto scaling group: {name}")
        if not 1 <= len(key) <= 128 or len(tag.get("Value", "")) > 256 or key.lower().startswith("aws:"):
            raise _Fault("ValidationError", f"Tag key {key} or its value is not valid")
        held = {**_own(name, groups[name]), **region.scaling_tags.get(name, {}), key: dict(tag)}
        if len(held) > MAX_TAGS:
            raise _Fault("LimitExceeded", f"Tag limit of {MAX_TAGS} exceeded for {name}")
        region.scaling_tags.setdefault(name, {})[key] = dict(tag)
    return ""


def _delete(region: Region, tags: Iterable[Mapping[str, str]]) -> str:
    for tag in tags:
        region.scaling_tags.get(tag.get("ResourceId", ""), {}).pop(tag.get("Key", ""), None)
    return ""


def _own(name: str, group: Wire) -> dict[str, Wire]:
    """The tags that EKS itself gives to the group."""
    cluster = group["clusterName"]
    own = {
        "eks:cluster-name": cluster,
        "eks:nodegroup-name": group["nodegroupName"],
        "k8s.io/cluster-autoscaler/enabled": "true",
        f"k8s.io/cluster-autoscaler/{cluster}": "owned",
        f"kubernetes.io/cluster/{cluster}": "owned",
    }
    return {k: {"ResourceId": name, "Key": k, "Value": v, "PropagateAtLaunch": "true"} for k, v in own.items()}


def _tag_members(region: Region, name: str, group: Wire) -> str:
    held = {**_own(name, group), **region.scaling_tags.get(name, {})}
    return "".join(
        f"<member><ResourceId>{escape(name)}</ResourceId><ResourceType>auto-scaling-group</ResourceType>"
        f"<Key>{escape(key)}</Key><Value>{escape(str(tag.get('Value', '')))}</Value>"
        f"<PropagateAtLaunch>{tag.get('PropagateAtLaunch', 'false')}</PropagateAtLaunch></member>"
        for key, tag in sorted(held.items())
    )


def _describe_tags(region: Region, form: Mapping[str, str]) -> str:
    if form.get("Filters.member.1.Name", "auto-scaling-group") != "auto-scaling-group" or "Filters.member.2.Name" in form:
        raise _Fault("ValidationError", "The sandbox has the filter auto-scaling-group only")
    wanted = {v for k, v in form.items() if k.startswith("Filters.member.1.Values.member.")}
    found = ((n, g) for n, g in _groups(region).items() if not wanted or n in wanted)
    return "<Tags>" + "".join(_tag_members(region, n, g) for n, g in found) + "</Tags>"


def _describe_groups(region: Region, form: Mapping[str, str]) -> str:
    wanted = {v for k, v in form.items() if k.startswith("AutoScalingGroupNames.member.")}
    members = [_group(region, n, g) for n, g in _groups(region).items() if not wanted or n in wanted]
    return f"<AutoScalingGroups>{''.join(members)}</AutoScalingGroups>"


def _group(region: Region, name: str, group: Wire) -> str:
    sizes = group["scalingConfig"]
    arn = f"arn:aws:autoscaling:{region.name}:123456789012:autoScalingGroup:{group['nodegroupArn'][-36:]}"
    return (
        f"<member><AutoScalingGroupName>{escape(name)}</AutoScalingGroupName>"
        f"<AutoScalingGroupARN>{arn}:autoScalingGroupName/{escape(name)}</AutoScalingGroupARN>"
        f"<MinSize>{sizes['minSize']}</MinSize><MaxSize>{sizes['maxSize']}</MaxSize>"
        f"<DesiredCapacity>{sizes['desiredSize']}</DesiredCapacity><DefaultCooldown>300</DefaultCooldown>"
        f"<AvailabilityZones><member>{region.name}a</member></AvailabilityZones><HealthCheckType>EC2</HealthCheckType>"
        f"<VPCZoneIdentifier>{','.join(group['subnets'])}</VPCZoneIdentifier>"
        f"<CreatedTime>2025-01-01T00:00:00Z</CreatedTime><Tags>{_tag_members(region, name, group)}</Tags></member>"
    )
