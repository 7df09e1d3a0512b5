"""What may be written of KFP: the provider block, experiments, pipelines, recurring runs. Pure data; no SDK."""

from __future__ import annotations

import re

from kfinfra.model.data import data_type
from kfinfra.model.plain import Plain, is_known
from kfinfra.model.schema import Attribute, BlockType, ProviderType, Ref, ResourceType
from kfinfra.model.urls import host_check
from kfinfra.pipelines.settings import TASK_SETTINGS
from kfinfra.providers.kfp import checks
from kfinfra.providers.kfp.cron import check_cron
from kfinfra.providers.kfp.parameters import check_parameters, same_json
from kfinfra.values.types import ANY, BOOL, NUMBER, STRING, ListType

_COUNTER = re.compile(r"(v-[0-9a-f]+)(-\d+)?")


def same_version(old: Plain, new: Plain) -> bool:
    """Whether two version names say the same content: `v-12ab` and its later upload `v-12ab-2`."""
    found = [_COUNTER.fullmatch(str(value)) for value in (old, new)]
    return old == new or (None not in found and len({m.group(1) for m in found if m}) == 1)


def same_pipeline(old: Plain, new: Plain) -> bool:
    """Whether two references are to one pipeline: a newer version of it is no change."""
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return old == new
    return is_known(new.get("id")) and old.get("id") == new.get("id")


_NAMESPACE = Attribute(
    STRING,
    ref=Ref(("namespace",)),
    check=checks.name_check("namespace", 63),
    doc="The profile's namespace; the provider's where it is not written. A single-user KFP keeps everything in one place.",
)

EXPERIMENT = ResourceType(
    "experiment",
    "kfp",
    {
        "namespace": _NAMESPACE,
        "name": Attribute(STRING, check=checks.name_check("experiment", 128), doc="The label where it is not written."),
        "description": Attribute(
            STRING,
            check=checks.check_description,
            replaces=True,
            doc="KFP has no call that changes it: a change replaces the experiment, and its runs stay behind without one.",
        ),
        "archived": Attribute(BOOL, default=False, doc="Archived: hidden, and its recurring runs disabled."),
        "id": Attribute(STRING, computed=True, doc="The id that KFP gave it."),
    },
    ("namespace", "name"),
    doc="A group of runs. Destroying it leaves its runs and recurring runs behind.",
)

PIPELINE = ResourceType(
    "pipeline",
    "kfp",
    {
        "namespace": _NAMESPACE,
        "name": Attribute(STRING, check=checks.name_check("pipeline", 128, path=True), doc="The label if not written."),
        "display_name": Attribute(STRING, doc="What the UI shows; the label if not written. KFP 2.17 can change it."),
        "description": Attribute(
            STRING,
            check=checks.check_description,
            doc="The description of the version: KFP cannot change one in place, so a change uploads the content again.",
        ),
        "source": Attribute(STRING, doc="A Python file with a @dsl.pipeline."),
        "package": Attribute(STRING, doc="A compiled pipeline (YAML), relative to the configuration."),
        "function": Attribute(STRING, doc="The pipeline in `source`, where it holds more than one."),
        "dag": Attribute(
            ANY,
            volatile=True,
            check=checks.read_only("dag"),
            doc="The pipeline that its own blocks declare. What differs in it is told by the digest.",
        ),
        "keep_versions": Attribute(
            NUMBER,
            default=10,
            check=checks.whole_check("number of versions", 1),
            doc="How many older versions of kfinfra's are kept; those that a recurring run pins are kept besides.",
        ),
        "id": Attribute(STRING, computed=True, doc="The id that KFP gave it."),
        "version_id": Attribute(STRING, computed=True, recomputed=True, doc="The newest version."),
        "version": Attribute(
            STRING,
            computed=True,
            doc="The name of its content: `v-` and a digest's beginning. KFP takes for the latest what was uploaded last, so "
            "content that is to run again is uploaded again, under its name with a counter: `v-…-2`.",
        ),
        "digest": Attribute(STRING, computed=True, doc="Of the package, without what the SDK adds."),
        "tasks": Attribute(ANY, computed=True, equal=same_json, doc="What a plan shows of the content."),
        "parameters": Attribute(
            ANY, computed=True, equal=same_json, doc="Its parameters' types, with a `?` where a run need not give a value."
        ),
    },
    ("namespace", "name"),
    blocks={
        "defaults": BlockType(TASK_SETTINGS, doc="Settings of every task."),
        "override": BlockType(TASK_SETTINGS, ("task",), doc="Settings of the task that the label names."),
    },
    check=checks.check_pipeline,
    dag="dag",
    doc="A pipeline and its versions, which are named by their content and never changed.",
)

RECURRING_RUN = ResourceType(
    "recurring_run",
    "kfp",
    {
        "namespace": Attribute(
            STRING,
            ref=Ref(("namespace",)),
            check=checks.name_check("namespace", 63),
            doc="The profile's namespace; the pipeline's where it is not written, else the provider's.",
        ),
        "name": Attribute(STRING, check=checks.check_schedule_name, doc="The label where it is not written."),
        "description": Attribute(STRING, check=checks.check_description, doc="What it is for."),
        "pipeline": Attribute(
            ANY,
            required=True,
            ref=Ref(("pipeline",), take=("id", "name", "namespace", "version", "parameters"), text=False),
            equal=same_pipeline,
            doc="The pipeline; the run follows its newest version.",
        ),
        "version": Attribute(STRING, equal=same_version, doc="The name of the one version to run."),
        "experiment": Attribute(
            STRING,
            ref=Ref(("experiment",), take="id"),
            unmanaged_if_null=True,
            doc="The experiment, or its name; KFP's default one where it is not written.",
        ),
        "cron": Attribute(STRING, check=check_cron, doc="Six fields, seconds first; UTC."),
        "interval": Attribute(STRING, check=checks.check_interval, equal=checks.same_interval, doc='Such as "1h".'),
        "start": Attribute(STRING, check=checks.check_time, equal=checks.same_time, doc="RFC 3339."),
        "end": Attribute(STRING, check=checks.check_time, equal=checks.same_time, doc="RFC 3339."),
        "parameters": Attribute(ANY, check=check_parameters, equal=same_json, doc="Values, by parameter."),
        "enabled": Attribute(BOOL, default=True, doc="Whether it starts runs."),
        "max_concurrency": Attribute(
            NUMBER,
            default=1,
            check=checks.whole_check("concurrency", 1, 10),
            doc="How many of its runs there may be at once.",
        ),
        "catchup": Attribute(BOOL, default=False, doc="Whether runs that were missed are made up for."),
        "service_account": Attribute(
            STRING, unmanaged_if_null=True, doc="The service account of its pods; KFP's own where it is not written."
        ),
        "pipeline_root": Attribute(STRING, unmanaged_if_null=True, doc="Where artifacts go."),
        "leftovers": Attribute(
            ListType(STRING),
            check=checks.read_only("leftovers"),
            doc="Earlier recurring runs of this resource that an interrupted apply left; the next one takes them away.",
        ),
        "id": Attribute(STRING, computed=True, recomputed=True, doc="The id that KFP gave it; a changed run has another one."),
        "version_id": Attribute(STRING, computed=True, recomputed=True, doc="The version that it runs."),
    },
    ("namespace", "name"),
    check=checks.check_recurring_run,
    doc="A schedule. KFP cannot change one: the new one is made, then the old one goes, and runs in flight are left alone.",
)

RESOURCE_TYPES = (EXPERIMENT, PIPELINE, RECURRING_RUN)
DATA_TYPES = (
    data_type(EXPERIMENT),
    data_type(PIPELINE, without=("source", "package", "function", "keep_versions", "defaults", "override", "dag")),
)

PROVIDER = ProviderType(
    "kfp",
    {
        "host": Attribute(
            STRING, check=host_check, doc="The address before /apis/v2beta1; KF_PIPELINES_ENDPOINT where it is not written."
        ),
        "namespace": Attribute(STRING, check=checks.name_check("namespace", 63), doc="Where resources go that name none."),
        "token": Attribute(STRING, sensitive=True, doc="A bearer token."),
        "token_file": Attribute(STRING, doc="A file that holds it, read for each call; KF_PIPELINES_SA_TOKEN_PATH."),
        "user_header": Attribute(
            fields={
                "name": Attribute(STRING, required=True, doc="The header's name, such as kubeflow-userid."),
                "value": Attribute(STRING, required=True, doc="The user."),
            },
            doc='Whom to act for, as in { name = "kubeflow-userid", value = "ada@example.org" }.',
        ),
        "ca_certificate": Attribute(STRING, doc="The server's authority: a file, or its PEM text."),
        "insecure": Attribute(BOOL, doc="Whether the server's certificate is not checked."),
        "cookies": Attribute(STRING, sensitive=True, doc="Cookies of a login, such as authservice_session=…"),
    },
    doc="Kubeflow Pipelines, v2beta1.",
)
