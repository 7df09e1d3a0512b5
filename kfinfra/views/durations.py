"""How long something took, as Terraform says it: `3s`, `1m10s`, `1h0m5s`."""


def duration(seconds: float) -> str:
    """Whole seconds, with minutes and hours where there are any."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return (f"{hours}h" if hours else "") + (f"{minutes}m" if hours or minutes else "") + f"{rest}s"
