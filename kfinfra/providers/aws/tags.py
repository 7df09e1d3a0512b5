"""Tags as AWS takes them: one rule for every resource and for the provider's default tags. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from kfinfra.model.plain import Plain
from kfinfra.model.schema import Problem

_TAG_KEY, _TAG_VALUE = re.compile(r"[\w +\-=.:/@]{1,128}"), re.compile(r"[\w +\-=.:/@]{0,256}")


def check_tags(value: Plain) -> Iterable[Problem]:
    """At most 50 tags less the one that marks ownership, of what AWS lets a tag hold; `aws:` is AWS's own prefix."""
    if not isinstance(value, dict):
        return
    if len(value) > 49:
        yield Problem((), "Too many tags", f"{len(value)} tags are more than 49; one more is kfinfra's own.")
    for key, text in value.items():
        if key.startswith("aws:") or key == "kfinfra.dev/owner":
            yield Problem((key,), "Reserved tag", f'The tag "{key}" cannot be set here: its name is reserved.')
        elif not (_TAG_KEY.fullmatch(key) and _TAG_VALUE.fullmatch(str(text))):
            detail = f'The tag "{key}" is none that AWS accepts: letters, digits, spaces and + - = . _ : / @, at most 128 in a '
            yield Problem((key,), "Invalid tag", detail + "key and 256 in a value.")
