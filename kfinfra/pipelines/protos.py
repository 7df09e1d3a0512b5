"""The shape of a compiled package, because a server reads it strictly and this room must know as much without protobuf.

Taken from kubeflow/pipelines at 2.17.0: api/v2alpha1/pipeline_spec.proto and
kubernetes_platform/proto/kubernetes_executor_config.proto. A test compares the tables with the installed protos.

Each line is a message and its fields: `name:type`, `[type]` repeated, `{type}` a map from text, `?` keeps its presence,
`@group` one of a group of which only one may be set. Where the protos say Struct though the server reads a message out of
it later (executors), the table names that message.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

FORMAT = (2, 17)
"""The version of kfp whose fields these are."""

ENUMS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "PrimitiveType": ("PRIMITIVE_TYPE_UNSPECIFIED", "INT", "DOUBLE", "STRING"),
        "ParameterType": (
            *("PARAMETER_TYPE_ENUM_UNSPECIFIED", "NUMBER_DOUBLE", "NUMBER_INTEGER", "STRING", "BOOLEAN", "LIST", "STRUCT"),
            *("TASK_FINAL_STATUS", "TASK_CONFIG"),
        ),
        "TriggerStrategy": ("TRIGGER_STRATEGY_UNSPECIFIED", "ALL_UPSTREAM_TASKS_SUCCEEDED", "ALL_UPSTREAM_TASKS_COMPLETED"),
        "PassthroughType": (
            *("NONE", "RESOURCES", "ENV", "KUBERNETES_AFFINITY", "KUBERNETES_TOLERATIONS", "KUBERNETES_NODE_SELECTOR"),
            "KUBERNETES_VOLUMES",
        ),
    }
)

_PIPELINE = """
PipelineSpec pipeline_info:PipelineInfo deployment_spec:DeploymentConfig sdk_version:string schema_version:string
  components:{ComponentSpec} root:ComponentSpec default_pipeline_root:string
PipelineInfo name:string display_name:string description:string
ComponentSpec input_definitions:ComponentInputs output_definitions:ComponentOutputs dag:DagSpec@implementation
  executor_label:string@implementation single_platform_specs:[SinglePlatformSpec] task_config_passthroughs:[Passthrough]
ComponentInputs artifacts:{InputArtifact} parameters:{InputParameter}
InputArtifact artifact_type:ArtifactType is_artifact_list:bool is_optional:bool description:string
ArtifactType schema_title:string@kind schema_uri:string@kind instance_schema:string@kind schema_version:string
InputParameter type:PrimitiveType parameter_type:ParameterType default_value:Value is_optional:bool description:string
  literals:[Value]
ComponentOutputs artifacts:{OutputArtifact} parameters:{OutputParameter}
OutputArtifact artifact_type:ArtifactType properties:{ValueOrParameter} custom_properties:{ValueOrParameter}
  metadata:Struct is_artifact_list:bool description:string
ValueOrParameter constant_value:OldValue@value runtime_parameter:string@value constant:Value@value
OldValue int_value:int64@value double_value:double@value string_value:string@value
OutputParameter type:PrimitiveType parameter_type:ParameterType description:string
DagSpec tasks:{TaskSpec} outputs:DagOutputs
TaskSpec task_info:TaskInfo inputs:TaskInputs dependent_tasks:[string] caching_options:CachingOptions
  component_ref:ComponentRef trigger_policy:TriggerPolicy artifact_iterator:ArtifactIterator@iterator
  parameter_iterator:ParameterIterator@iterator retry_policy:RetryPolicy iterator_policy:IteratorPolicy
TaskInfo name:string
TaskInputs parameters:{TaskParameter} artifacts:{TaskArtifact}
TaskParameter task_output_parameter:OutputParameterRef@kind runtime_value:ValueOrParameter@kind
  component_input_parameter:string@kind task_final_status:FinalStatusRef@kind parameter_expression_selector:string
OutputParameterRef producer_task:string output_parameter_key:string
FinalStatusRef producer_task:string
TaskArtifact task_output_artifact:OutputArtifactRef@kind component_input_artifact:string@kind
OutputArtifactRef producer_task:string output_artifact_key:string
CachingOptions enable_cache:bool cache_key:string
ComponentRef name:string
TriggerPolicy condition:string strategy:TriggerStrategy
ArtifactIterator items:ArtifactItems item_input:string
ArtifactItems input_artifact:string
ParameterIterator items:ParameterItems item_input:string
ParameterItems raw:string@kind input_parameter:string@kind
RetryPolicy max_retry_count:int32 backoff_duration:Duration backoff_factor:double backoff_max_duration:Duration
IteratorPolicy parallelism_limit:int32
DagOutputs artifacts:{DagOutputArtifact} parameters:{DagOutputParameter}
DagOutputArtifact artifact_selectors:[ArtifactSelector]
ArtifactSelector producer_subtask:string output_artifact_key:string
DagOutputParameter value_from_parameter:ParameterSelector@kind value_from_oneof:ParameterSelectors@kind
ParameterSelector producer_subtask:string output_parameter_key:string
ParameterSelectors parameter_selectors:[ParameterSelector]
Passthrough field:PassthroughType apply_to_task:bool
DeploymentConfig executors:{ExecutorSpec}
ExecutorSpec container:Container@spec importer:Importer@spec resolver:Resolver@spec custom_job:CustomJob@spec
Container image:string command:[string] args:[string] lifecycle:Lifecycle resources:Resources env:[EnvVar]
Lifecycle pre_cache_check:Exec
Exec command:[string] args:[string]
Resources cpu_limit:double memory_limit:double cpu_request:double memory_request:double resource_cpu_limit:string
  resource_memory_limit:string resource_cpu_request:string resource_memory_request:string accelerator:Accelerator
Accelerator type:string count:int64 resource_type:string resource_count:string
EnvVar name:string value:string
Importer artifact_uri:ValueOrParameter type_schema:ArtifactType properties:{ValueOrParameter}
  custom_properties:{ValueOrParameter} reimport:bool metadata:Struct download_to_workspace:bool
Resolver output_artifact_queries:{ArtifactQuery}
ArtifactQuery filter:string limit:int32
CustomJob custom_job:Struct
"""

_PLATFORM = """
PlatformSpec platforms:{SinglePlatformSpec}
SinglePlatformSpec deployment_spec:PlatformDeployment platform:string config:Struct pipelineConfig:PipelineConfig
PlatformDeployment executors:{ExecutorConfig}
PipelineConfig resource_ttl_on_completion:int32 workspace:Workspace resource_ttl_on_success:int32
  resource_ttl_on_failure:int32 active_deadline_seconds:int32
Workspace size:string kubernetes:KubernetesWorkspace
KubernetesWorkspace pvc_spec_patch:Struct
ExecutorConfig secret_as_volume:[SecretAsVolume] secret_as_env:[SecretAsEnv] pvc_mount:[PvcMount]
  node_selector:NodeSelector pod_metadata:PodMetadata image_pull_secret:[ImagePullSecret] image_pull_policy:string
  config_map_as_volume:[ConfigMapAsVolume] config_map_as_env:[ConfigMapAsEnv] active_deadline_seconds:int64
  field_path_as_env:[FieldPathAsEnv] tolerations:[Toleration] generic_ephemeral_volume:[EphemeralVolume]
  node_affinity:[NodeAffinityTerm] pod_affinity:[PodAffinityTerm] enabled_shared_memory:SharedMemory
  empty_dir_mounts:[EmptyDirMount] security_context:SecurityContext init_containers:[InitContainer]
SecretAsVolume secret_name:string mount_path:string optional:bool? secret_name_parameter:TaskParameter
SecretAsEnv secret_name:string key_to_env:[SecretKeyToEnv] optional:bool? secret_name_parameter:TaskParameter
SecretKeyToEnv secret_key:string env_var:string
PvcMount task_output_parameter:OutputParameterRef@pvc_reference constant:string@pvc_reference
  component_input_parameter:string@pvc_reference mount_path:string pvc_name_parameter:TaskParameter sub_path:string
NodeSelector labels:{string} node_selector_json:TaskParameter
PodMetadata labels:{string} annotations:{string}
ImagePullSecret secret_name:string secret_name_parameter:TaskParameter
ConfigMapAsVolume config_map_name:string mount_path:string optional:bool? config_map_name_parameter:TaskParameter
ConfigMapAsEnv config_map_name:string key_to_env:[ConfigMapKeyToEnv] config_map_name_parameter:TaskParameter optional:bool?
ConfigMapKeyToEnv config_map_key:string env_var:string
FieldPathAsEnv name:string field_path:string
Toleration key:string operator:string value:string effect:string toleration_seconds:int64? toleration_json:TaskParameter
EphemeralVolume volume_name:string mount_path:string access_modes:[string] size:string default_storage_class:bool
  storage_class_name:string metadata:PodMetadata
NodeAffinityTerm match_expressions:[Requirement] match_fields:[Requirement] weight:int32? node_affinity_json:TaskParameter
Requirement key:string operator:string values:[string]
PodAffinityTerm match_pod_expressions:[Requirement] match_pod_labels:{string} topology_key:string namespaces:[string]
  match_namespace_expressions:[Requirement] match_namespace_labels:{string} weight:int32? anti:bool?
SharedMemory volume_name:string size:string
EmptyDirMount volume_name:string mount_path:string medium:string? size_limit:string?
SecurityContext run_as_user:int64? run_as_group:int64? run_as_non_root:bool?
InitContainer name:string image:string command:[string] args:[string] env:[EnvVar] volume_mounts:[VolumeMount]
  restart_policy:string? resources:InitResources
VolumeMount volume_name:string mount_path:string
InitResources requests:{string} limits:{string}
"""


@dataclass(frozen=True, slots=True)
class Field:
    """A field: its JSON name and its name in the proto, its type, how it repeats ("", "list", "map"), and its group."""

    json: str
    proto: str
    type: str
    repeats: str = ""
    group: str = ""
    present: bool = False


def camel(name: str) -> str:
    """A field's JSON name, made as protobuf makes it: `max_retry_count` is `maxRetryCount`."""
    head, *rest = name.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in rest)


@cache
def messages() -> Mapping[str, Mapping[str, Field]]:
    """Every message's fields, under both of a field's names."""
    out: dict[str, dict[str, Field]] = {}
    name = ""
    for line in (_PIPELINE + _PLATFORM).strip().split("\n"):
        words = line.split()
        if words and not line.startswith(" "):
            name, *words = words
            out[name] = {}
        for word in words:
            found = _field(word)
            out[name][found.json] = out[name][found.proto] = found
    return out


def _field(word: str) -> Field:
    name, _, kind = word.partition(":")
    kind, _, group = kind.partition("@")
    present = kind.endswith("?") or bool(group)
    kind = kind.removesuffix("?")
    repeats = {"[": "list", "{": "map"}.get(kind[0], "")
    return Field(camel(name), name, kind.strip("[]{}"), repeats, group, present)
