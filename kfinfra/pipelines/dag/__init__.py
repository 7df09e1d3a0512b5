"""Pipelines as their HCL says them: frozen values that know no SDK, checked here, built elsewhere."""
