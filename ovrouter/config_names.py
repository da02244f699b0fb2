"""Which names of settings are mistakes (contract: standard library only)."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable

__all__ = ["ENVIRONMENT_PREFIXES", "ENV_FILE_PREFIXES", "EVERY_PREFIX", "RETIRED_NAMES", "unknown_names"]

NEAR_MISS_RATIO = 0.85
"""Finds transposed and missing letters, and tells different settings of OpenVidu apart."""

ENVIRONMENT_PREFIXES = ("OPENVIDU_", "OVROUTER_", "COTURN_")
"""An unknown name of the process environment that begins like this is a mistake; others are not ours to judge."""

ENV_FILE_PREFIXES = (*ENVIRONMENT_PREFIXES, "HTTPS_", "CERTIFICATE_", "KMS_")

EVERY_PREFIX = ("",)

FREE_PREFIXES = ("KMS_DOCKER_ENV_", "AWS_")
"""Names of OpenVidu deployments that end in anything."""

FOREIGN_NAMES = frozenset({"HTTPS_PROXY", "OVROUTER_SANITIZE", "OVROUTER_TRACE_CYTHON"})
"""Read by HTTP clients and by the build."""

RETIRED_NAMES = frozenset(
    {
        "HTTPS_CIPHERS",
        "HTTPS_HSTS",
        "HTTPS_PROTOCOLS",
        "KMS_DEBUG_LEVEL",
        "OPENVIDU_ALLOW_TRANSCODING",
        "OPENVIDU_ENTERPRISE_HA_NODE_IPS",
        "OPENVIDU_FORCED_CODEC",
        "OPENVIDU_KMS_CRASHES_PATH",
        "OPENVIDU_KMS_LOGS_PATH",
        "OPENVIDU_PATH_BASE",
        "OPENVIDU_PRO_CLUSTER_AUTOSCALING_INTERVAL",
        "OPENVIDU_PRO_CLUSTER_LOAD_INTERVAL",
        "OPENVIDU_PRO_CLUSTER_LOAD_STRATEGY",
        "OPENVIDU_PRO_CLUSTER_MODE",
        "OPENVIDU_PRO_ELASTICSEARCH_ENABLED",
        "OPENVIDU_STREAMS_VIDEO_SIMULCAST",
    }
)
"""In the ``.env`` files of some release of OpenVidu 2, for its proxy or for a server before the last one."""


def unknown_names(
    names: Iterable[str], known: Collection[str], *, prefixes: tuple[str, ...], near_misses: bool = True
) -> list[str]:
    """Return one problem for each of *names* that is not *known* and looks as if it were meant for us.

    That is: it begins like one of *prefixes* or, with *near_misses*, resembles a known one.
    """
    problems = []
    for name in names:
        if name in known or name in FOREIGN_NAMES or name in RETIRED_NAMES or name.startswith(FREE_PREFIXES):
            continue
        near = difflib.get_close_matches(name, known, n=1, cutoff=NEAR_MISS_RATIO)
        if name.startswith(prefixes) or (near and near_misses):
            problems.append(f"{name}: unknown setting" + (f"; did you mean {near[0]}?" if near else ""))
    return problems
