"""What the service says by itself, inside of what somebody configured (Cloud Storage, JSON API)."""

from collections.abc import Mapping
from typing import Any

from tests.standin.storage.times import to_text

_ENFORCED = (
    "googleManagedEncryptionEnforcementConfig",
    "customerManagedEncryptionEnforcementConfig",
    "customerSuppliedEncryptionEnforcementConfig",
)
_RESTRICTED = "FullyRestricted"
_FIRST_TERMINAL_CLASS = "NEARLINE"


def tell(before: Mapping[str, Any], kept: dict[str, Any], now: int) -> None:
    """Add to a bucket's settings since when they are so.

    Args:
        before: the settings so far.
        kept: the settings from now on.
        now: milliseconds since 1970.
    """
    at = to_text(now)
    if kept.get("autoclass"):
        kept["autoclass"] = _autoclass(before.get("autoclass") or {}, kept["autoclass"], at)
    old, new = before.get("encryption") or {}, kept.get("encryption") or {}
    for name in _ENFORCED:
        if mode := (new.get(name) or {}).get("restrictionMode"):
            since = (old.get(name) or {}).get("effectiveTime", at)
            told = {"effectiveTime": since} if mode == _RESTRICTED else {}
            kept["encryption"] = kept["encryption"] | {name: {"restrictionMode": mode, **told}}


def _autoclass(before: Mapping[str, Any], after: Mapping[str, Any], at: str) -> dict[str, Any]:
    enabled = bool(after.get("enabled"))
    toggled = before.get("toggleTime") if enabled == bool(before.get("enabled")) else at
    told = {"enabled": enabled, "toggleTime": toggled or at}
    if not enabled:
        return told
    terminal = after.get("terminalStorageClass") or _FIRST_TERMINAL_CLASS
    same = terminal == before.get("terminalStorageClass")
    changed = before.get("terminalStorageClassUpdateTime") if same else at
    return told | {
        "terminalStorageClass": terminal,
        "terminalStorageClassUpdateTime": changed or at,
    }


def told_contexts(
    before: Mapping[str, Any], contexts: Mapping[str, Any], now: int
) -> dict[str, Any]:
    """Return the contexts of an object with when each was attached and last changed.

    One whose value is taken away is gone.

    Args:
        before: the contexts so far.
        contexts: the contexts from now on.
        now: milliseconds since 1970.
    """
    old, at = before.get("custom") or {}, to_text(now)
    custom = {}
    for key, payload in (contexts.get("custom") or {}).items():
        if "value" not in payload:
            continue
        known = old.get(key, {})
        is_same = known.get("value") == payload["value"]
        custom[key] = {
            "value": payload["value"],
            "createTime": known.get("createTime", at),
            "updateTime": known["updateTime"] if is_same else at,
        }
    return {"custom": custom}
