"""The sandbox's EKS through boto3: no kinder than EKS in what it refuses, how long things take, and how they fail."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from kfinfra.sandbox.eks.app import make_app
from kfinfra.sandbox.http import Served

ROLE = "arn:aws:iam::123456789012:role/nodes"


class Clock:
    """The server's time; a change takes one second of it."""

    now = 1_764_000_000.0

    def __call__(self) -> float:
        return self.now


CLOCK = Clock()


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    served = Served(make_app(1, CLOCK))
    yield served.url
    served.stop()


def client(url: str, service: str, region: str = "eu-west-1") -> Any:
    config = Config(parameter_validation=False, retries={"total_max_attempts": 1})
    keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "region_name": region}
    return boto3.client(service, endpoint_url=url, config=config, **keys)


@pytest.fixture(scope="module")
def eks(url: str) -> Any:
    return client(url, "eks")


@pytest.fixture(scope="module")
def make(eks: Any) -> Callable[..., Any]:
    def call(name: str, **more: Any) -> Any:
        said = {"clusterName": "sandbox", "nodegroupName": name, "subnets": ["subnet-1"], "nodeRole": ROLE, **more}
        return eks.create_nodegroup(**said)["nodegroup"]

    return call


def passes() -> None:
    CLOCK.now += 1


def group(eks: Any, name: str) -> Any:
    return eks.describe_nodegroup(clusterName="sandbox", nodegroupName=name)["nodegroup"]


def test_a_group_is_created_in_time_with_what_eks_chooses(eks: Any, make: Callable[..., Any]) -> None:
    assert make("life")["status"] == "CREATING" and not group(eks, "life")["resources"]["autoScalingGroups"]
    passes()
    found = group(eks, "life")
    assert found["nodegroupArn"].startswith("arn:aws:eks:eu-west-1:123456789012:nodegroup/sandbox/life/")
    chosen = ("status", "amiType", "capacityType", "diskSize", "instanceTypes", "version", "updateConfig")
    assert [found[n] for n in chosen] == [
        *("ACTIVE", "AL2023_x86_64_STANDARD", "ON_DEMAND", 20),
        *(["t3.medium"], "1.33", {"maxUnavailable": 1}),
    ]
    assert found["resources"]["autoScalingGroups"][0]["name"].startswith("eks-life-")


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"scalingConfig": {"minSize": 3, "maxSize": 2, "desiredSize": 2}}, "can't be greater than maximum"),
    ({"scalingConfig": {"minSize": 0, "maxSize": 0, "desiredSize": 0}}, "Invalid value for maxSize"),
    ({"scalingConfig": {"minSize": 0, "maxSize": 2, "desiredSize": 3}}, "can't be greater than max size"),
    ({"taints": [{"key": "a", "effect": "NoSchedule"}]}, "Invalid value for taint effect"),
    ({"taints": [{"key": f"k{i}", "effect": "NO_EXECUTE"} for i in range(51)]}, "Taints list"),
    ({"capacityType": "CHEAP"}, "Invalid value for capacityType"),
    ({"amiType": "AL2023"}, "Invalid value for amiType"),
    ({"instanceTypes": ["m5.huge"]}, r"do not exist: \[m5.huge\]"),
    ({"instanceTypes": ["m6g.large"]}, "not a valid instance type for requested amiType"),
    ({"instanceTypes": ["m5.large"], "amiType": "AL2023_x86_64_NVIDIA"}, "not a valid instance type"),
    ({"instanceTypes": [f"m{i}.large" for i in range(21)]}, "more than 20"),
    ({"subnets": []}, "required: subnets"),
    ({"subnets": ["vpc-1"]}, "does not exist"),
    ({"nodeRole": "nodes"}, "role ARN"),
    ({"launchTemplate": {"name": "t"}, "diskSize": 20}, "within the launch template"),
    ({"launchTemplate": {"name": "t"}, "remoteAccess": {"ec2SshKey": "k"}}, "launch template"),
    ({"launchTemplate": {"name": "t", "id": "lt-1"}}, "Exactly one"),
    ({"labels": {"kubernetes.io/a": "b"}}, "reserved prefixes"),
    ({"labels": {"a": "b c"}}, "not valid"),
    ({"updateConfig": {"maxUnavailable": 1, "maxUnavailablePercentage": 1}}, "Exactly one"),
    ({"tags": {"aws:a": "b"}}, "aws: prefixed"),
    ({"version": "1.34"}, "can't be newer"),
    ({"version": "1.2"}, "unsupported"),
]


@pytest.mark.parametrize(("said", "words"), REFUSED)
def test_what_eks_refuses_is_refused(make: Callable[..., Any], eks: Any, said: dict[str, Any], words: str) -> None:
    with pytest.raises(ClientError, match=words) as caught:
        make("refused", **said)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert caught.value.response["Error"]["Code"] in ("InvalidParameterException", "InvalidRequestException")
    assert "refused" not in eks.list_nodegroups(clusterName="sandbox")["nodegroups"]


def test_a_token_makes_a_repeated_create_the_same_create(make: Callable[..., Any]) -> None:
    first = make("token", clientRequestToken="t1")
    assert make("token", clientRequestToken="t1")["nodegroupArn"] == first["nodegroupArn"]
    with pytest.raises(ClientError, match="InvalidRequestException"):
        make("token", clientRequestToken="t1", labels={"a": "b"})
    with pytest.raises(ClientError, match=r"ResourceInUseException.*already exists"):
        make("token", clientRequestToken="t2")


def test_one_change_at_a_time_and_updates_end(eks: Any, make: Callable[..., Any]) -> None:
    make("updates")
    named = {"clusterName": "sandbox", "nodegroupName": "updates"}
    with pytest.raises(ClientError, match="while it is CREATING"):
        eks.update_nodegroup_version(**named)
    passes()
    update = eks.update_nodegroup_config(**named, labels={"addOrUpdateLabels": {"a": "b"}})["update"]
    about = {"name": "sandbox", "nodegroupName": "updates"}
    assert update["status"] == "InProgress" and group(eks, "updates")["status"] == "UPDATING"
    assert group(eks, "updates")["labels"] == {}
    for call in (lambda: eks.update_nodegroup_version(**named), lambda: eks.delete_nodegroup(**named)):
        with pytest.raises(ClientError, match="ResourceInUseException") as caught:
            call()
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 409
    passes()
    assert eks.describe_update(**about, updateId=update["id"])["update"]["status"] == "Successful"
    assert group(eks, "updates")["labels"] == {"a": "b"} and group(eks, "updates")["status"] == "ACTIVE"
    assert eks.list_updates(**about)["updateIds"] == [update["id"]]


def test_versions_go_forward_only(eks: Any, make: Callable[..., Any]) -> None:
    make("forward", version="1.32")
    passes()
    named = {"clusterName": "sandbox", "nodegroupName": "forward"}
    with pytest.raises(ClientError, match="older"):
        eks.update_nodegroup_version(**named, version="1.31")
    eks.update_nodegroup_version(**named)
    passes()
    assert group(eks, "forward")["version"] == "1.32"
    eks.update_nodegroup_version(**named, version="1.33")
    passes()
    assert group(eks, "forward")["version"] == "1.33" and group(eks, "forward")["releaseVersion"].startswith("1.33.")


def test_things_go_wrong_on_demand(eks: Any, make: Callable[..., Any]) -> None:
    size = {"minSize": 1, "maxSize": 1, "desiredSize": 1}
    make("unlucky", instanceTypes=["u-6tb1.56xlarge"], scalingConfig=size)
    make("dead", subnets=["subnet-0dead"])
    make("ill", labels={"sandbox/degraded": "yes"})
    passes()
    found = {n: (g["status"], g["health"]["issues"][0]["code"]) for n in ("unlucky", "dead", "ill") for g in [group(eks, n)]}
    assert found == {
        "unlucky": ("CREATE_FAILED", "AsgInstanceLaunchFailures"),
        "dead": ("CREATE_FAILED", "Ec2SubnetNotFound"),
        "ill": ("DEGRADED", "IamNodeRoleNotFound"),
    }


def test_a_deletion_takes_its_time(eks: Any, make: Callable[..., Any]) -> None:
    make("deleted")
    passes()
    assert eks.delete_nodegroup(clusterName="sandbox", nodegroupName="deleted")["nodegroup"]["status"] == "DELETING"
    assert group(eks, "deleted")["status"] == "DELETING"
    passes()
    with pytest.raises(ClientError, match=r"ResourceNotFoundException.*No node group found for name: deleted"):
        group(eks, "deleted")


def test_tags_of_a_group_are_set_and_taken(eks: Any, make: Callable[..., Any]) -> None:
    arn = make("tagged", tags={"a": "1"})["nodegroupArn"]
    eks.tag_resource(resourceArn=arn, tags={"b": "2 + 3"})
    eks.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert eks.list_tags_for_resource(resourceArn=arn)["tags"] == {"b": "2 + 3"} == group(eks, "tagged")["tags"]
    with pytest.raises(ClientError, match="NotFoundException"):
        eks.tag_resource(resourceArn=arn + "x", tags={"a": "b"})


def test_lists_come_in_pages_and_end_at_thirty_groups(url: str) -> None:
    eks = client(url, "eks", "us-east-1")
    for index in range(30):
        eks.create_nodegroup(clusterName="sandbox", nodegroupName=f"g{index:02}", subnets=["subnet-1"], nodeRole=ROLE)
    with pytest.raises(ClientError, match="ResourceLimitExceededException"):
        eks.create_nodegroup(clusterName="sandbox", nodegroupName="more", subnets=["subnet-1"], nodeRole=ROLE)
    pages = list(eks.get_paginator("list_nodegroups").paginate(clusterName="sandbox", PaginationConfig={"PageSize": 8}))
    assert [len(p["nodegroups"]) for p in pages] == [8, 8, 8, 6]
    assert len({n for p in pages for n in p["nodegroups"]}) == 30


def test_a_cluster_lives_in_its_region_and_goes_when_it_is_empty(url: str) -> None:
    eks = client(url, "eks", "eu-central-1")
    assert eks.list_clusters()["clusters"] == ["sandbox"] and eks.describe_cluster(name="sandbox")["cluster"]["version"] == "1.33"
    eks.create_cluster(name="other", roleArn=ROLE, resourcesVpcConfig={"subnetIds": ["subnet-1"]})
    assert client(url, "eks").list_clusters()["clusters"] == ["sandbox"]
    eks.create_nodegroup(clusterName="other", nodegroupName="g", subnets=["subnet-1"], nodeRole=ROLE)
    with pytest.raises(ClientError, match="ResourceInUseException"):
        eks.delete_cluster(name="other")
    passes()
    eks.delete_nodegroup(clusterName="other", nodegroupName="g")
    passes()
    eks.delete_cluster(name="other")
    with pytest.raises(ClientError, match="No cluster found for name: other"):
        eks.describe_cluster(name="other")


def test_auto_scaling_groups_have_tags(url: str, eks: Any, make: Callable[..., Any]) -> None:
    scaling = client(url, "autoscaling")
    make("scaled", scalingConfig={"minSize": 0, "maxSize": 3, "desiredSize": 1})
    passes()
    name = group(eks, "scaled")["resources"]["autoScalingGroups"][0]["name"]
    (found,) = scaling.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"]
    assert [found[n] for n in ("MinSize", "MaxSize", "DesiredCapacity")] == [0, 3, 1]
    about = {"ResourceId": name, "ResourceType": "auto-scaling-group"}
    scaling.create_or_update_tags(Tags=[{**about, "Key": "a", "Value": "<&>", "PropagateAtLaunch": False}])

    def tags() -> dict[str, str]:
        tagged = scaling.describe_tags(Filters=[{"Name": "auto-scaling-group", "Values": [name]}])["Tags"]
        return {t["Key"]: t["Value"] for t in tagged}

    assert tags()["a"] == "<&>" and tags()["eks:nodegroup-name"] == "scaled"
    scaling.delete_tags(Tags=[{**about, "Key": "a"}])
    assert "a" not in tags()
    with pytest.raises(ClientError, match="not found"):
        scaling.create_or_update_tags(Tags=[{**about, "ResourceId": "none", "Key": "a", "Value": "b"}])
    with pytest.raises(ClientError, match="LimitExceeded"):
        many = [{**about, "Key": f"k{i}", "Value": "", "PropagateAtLaunch": False} for i in range(46)]
        scaling.create_or_update_tags(Tags=many)


def test_what_is_not_signed_or_not_known_is_refused(url: str) -> None:
    for path, status in (("/clusters", 403), ("/elsewhere", 404)):
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(url + path)
        assert caught.value.code == status and caught.value.headers["x-amzn-ErrorType"]
        caught.value.close()
