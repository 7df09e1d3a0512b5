"""Reading what anybody may have made: node groups and buckets as resources have them, and clusters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kfinfra.diag import error
from kfinfra.model.plain import Attributes, Plain
from kfinfra.model.ports import Observed, ReadRequest
from kfinfra.providers.aws import nodegroup_watch as watch
from kfinfra.providers.aws.client import Aws
from kfinfra.providers.aws.nodegroup_translate import OWNER


def cluster(aws: Aws, name: str) -> Observed:
    """A cluster as EKS describes it. Raises DiagnosticError."""
    eks = aws.service("eks")
    answer = watch.ask(f"read the cluster {name}", eks.describe_cluster, watch.MISSING, name=name)
    if answer is None:
        return missing(aws, "eks", f"EKS cluster {name}")
    return Observed(_cluster(answer["cluster"]))


def _cluster(wire: Mapping[str, Any]) -> Attributes:
    network, place = wire.get("kubernetesNetworkConfig") or {}, wire.get("resourcesVpcConfig") or {}
    tags: dict[str, Plain] = {k: v for k, v in (wire.get("tags") or {}).items() if k != OWNER}
    return {
        "name": wire["name"],
        "arn": wire.get("arn"),
        "version": wire.get("version"),
        "platform_version": wire.get("platformVersion"),
        "status": wire.get("status"),
        "endpoint": wire.get("endpoint"),
        "certificate_authority": (wire.get("certificateAuthority") or {}).get("data"),
        "oidc_issuer": ((wire.get("identity") or {}).get("oidc") or {}).get("issuer"),
        "role_arn": wire.get("roleArn"),
        "vpc": place.get("vpcId"),
        "subnets": list(place.get("subnetIds") or []),
        "security_groups": list(place.get("securityGroupIds") or []),
        "cluster_security_group": place.get("clusterSecurityGroupId"),
        "endpoint_public_access": place.get("endpointPublicAccess"),
        "endpoint_private_access": place.get("endpointPrivateAccess"),
        "service_cidr": network.get("serviceIpv4Cidr") or network.get("serviceIpv6Cidr"),
        "tags": tags or None,
    }


def not_there(aws: Aws, request: ReadRequest) -> Observed:
    """That there is no such node group, bucket or synced prefix."""
    named = request.identity
    match request.address.type:
        case "node_group":
            return missing(aws, "eks", f"node group {named['name']} of the EKS cluster {named['cluster']}")
        case "s3_sync":
            return missing(aws, "s3", f"synced folder in s3://{named['bucket']}/{named['prefix']}")
        case _:
            return missing(aws, "s3", f"bucket {named['name']}")


def missing(aws: Aws, service: str, what: str) -> Observed:
    """That an object does not exist, and where it was looked for."""
    meta = aws.service(service).meta
    where = "at" if service == "s3" else f"in {meta.region_name}, at"
    hint = "check the name, and the region and account in use"
    return Observed(None, (error("Data source not found", f"There is no {what} {where} {meta.endpoint_url}.", hint=hint),))
