"""The resource and provider types that this program knows. Schemas only: nothing here imports an SDK."""

from __future__ import annotations

from collections.abc import Mapping

from kfinfra.hcl.functions.function import Function
from kfinfra.model.data import with_data
from kfinfra.model.schema import ProviderType, ResourceType
from kfinfra.providers.aws import functions as aws_functions
from kfinfra.providers.aws import schema as aws
from kfinfra.providers.kfp import schema as kfp
from kfinfra.providers.kubernetes import functions as kubernetes_functions
from kfinfra.providers.kubernetes import schema as kubernetes

SCHEMAS = (aws, kubernetes, kfp)


def resource_types() -> Mapping[str, ResourceType]:
    """All resource types by name, and all data sources by `data.` and name."""
    resources = [t for module in SCHEMAS for t in module.RESOURCE_TYPES]
    return with_data(resources, [t for module in SCHEMAS for t in module.DATA_TYPES])


def provider_types() -> Mapping[str, ProviderType]:
    """All provider types by name."""
    return {module.PROVIDER.name: module.PROVIDER for module in SCHEMAS}


def provider_functions() -> tuple[Function, ...]:
    """The functions that providers bring, named `provider::NAME::FUNCTION` as Terraform's providers' are."""
    return (*aws_functions.FUNCTIONS, *kubernetes_functions.FUNCTIONS)
