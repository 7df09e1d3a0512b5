"""The one place that joins ports to adapters: which provider, which store, which compiler, which clock."""

from kfinfra.app.wiring.machine import DATA_FOLDER, SystemClock, parse_cache
from kfinfra.app.wiring.servers import deployed_pipeline, environment, factories, pod_logs, runs, task_settings
from kfinfra.app.wiring.storage import plan_sealer, states, store, workspaces

__all__ = [
    "DATA_FOLDER",
    "SystemClock",
    "deployed_pipeline",
    "environment",
    "factories",
    "parse_cache",
    "plan_sealer",
    "pod_logs",
    "runs",
    "states",
    "store",
    "task_settings",
    "workspaces",
]
