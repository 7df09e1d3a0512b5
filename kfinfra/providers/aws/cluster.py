"""What a data source tells of an EKS cluster, which kfinfra reads and never makes. Pure data."""

from __future__ import annotations

from kfinfra.model.schema import Attribute, ResourceType
from kfinfra.providers.aws.nodegroup_checks import check_cluster
from kfinfra.values.types import BOOL, STRING, ListType, MapType

EKS_CLUSTER = ResourceType(
    "eks_cluster",
    "aws",
    {
        "name": Attribute(STRING, check=check_cluster, doc="The cluster's name; the label where it is not written."),
        "arn": Attribute(STRING, computed=True, doc="The ARN."),
        "version": Attribute(STRING, computed=True, doc="The Kubernetes version."),
        "platform_version": Attribute(STRING, computed=True, doc="EKS's own."),
        "status": Attribute(STRING, computed=True, doc="ACTIVE, UPDATING, …"),
        "endpoint": Attribute(STRING, computed=True, doc="The API server's URL."),
        "certificate_authority": Attribute(STRING, computed=True, doc="The API server's CA, as base64."),
        "oidc_issuer": Attribute(STRING, computed=True, doc="The issuer of service accounts' tokens, for roles."),
        "role_arn": Attribute(STRING, computed=True, doc="The role that the control plane takes."),
        "vpc": Attribute(STRING, computed=True, doc="The VPC's id."),
        "subnets": Attribute(ListType(STRING), computed=True, doc="Subnet ids."),
        "security_groups": Attribute(ListType(STRING), computed=True, doc="Additional security groups of the control plane."),
        "cluster_security_group": Attribute(STRING, computed=True, doc="The one that EKS made for control plane and nodes."),
        "endpoint_public_access": Attribute(BOOL, computed=True, doc="Whether the API server is reached from the internet."),
        "endpoint_private_access": Attribute(BOOL, computed=True, doc="Whether it is reached from within the VPC."),
        "service_cidr": Attribute(STRING, computed=True, doc="Where services' addresses come from."),
        "tags": Attribute(MapType(STRING), computed=True, doc="Tags."),
    },
    ("name",),
    doc="An EKS cluster: docs.aws.amazon.com/eks/latest/APIReference/API_Cluster.html.",
)
