"""The media benchmark: routers under the load of real WebRTC peers (warm)."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

import httpx
import trio

from benchmarks.machine import machine
from benchmarks.peer import PeerFailed
from benchmarks.report import as_json, tables, warnings
from benchmarks.results import RESULTS
from benchmarks.room import Shape
from benchmarks.routers.contract import RouterFailed, RouterKind
from benchmarks.routers.janus import janus
from benchmarks.routers.openvidu import running_openvidu
from benchmarks.routers.ovrouter import ovrouter
from benchmarks.routers.pion import pion
from benchmarks.scenario import Case, Plan, run

__all__ = ["LATEST", "SUMMARY", "add_arguments", "run_command"]

SUMMARY = "forwarding: CPU, rate, delay, memory, against Janus and Pion"
LATEST = RESULTS / "media.json"

AES_CM = ("SRTP_AES128_CM_SHA1_80",)
"""The profile that every implementation has (RFC 8827), for the rounds in which all use the same."""
ROOMS, SAME_SRTP_ROOMS = "1:25,1:100,1:400,5,10,20", "1:100,10"
QUICK_ROOMS, QUICK_SAME_SRTP_ROOMS = "1:25,5", "1:25"

_EXPECTED = (RouterFailed, PeerFailed, httpx.HTTPError, OSError, trio.TooSlowError, trio.BrokenResourceError)
"""What a router that is absent, overloaded or asked with the wrong secret causes."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of this command."""
    parser.add_argument("--quick", action="store_true", help="one short round of small rooms")
    parser.add_argument(
        "--rooms",
        type=_shapes,
        metavar="P:V,N",
        help=f"1:25 is one publisher with 25 viewers, 5 is five who all publish and subscribe (default: {ROOMS})",
    )
    parser.add_argument(
        "--same-srtp-rooms",
        type=_shapes,
        metavar="P:V,N",
        help=f"rooms to measure with AES-CM for all (default: {SAME_SRTP_ROOMS})",
    )
    parser.add_argument("--rounds", type=int, help="repeats whose medians are shown")
    parser.add_argument("--spread-ms", type=float, default=0, help="spread a frame's packets over this time")
    parser.add_argument("--router-core", type=int, default=0)
    parser.add_argument("--load-core", type=int, default=1)
    parser.add_argument("--only", metavar="NAME,NAME", help="of ovrouter, janus and pion")
    parser.add_argument(
        "--set", action="append", default=[], type=_assignment, metavar="NAME=VALUE", help="a setting of ovrouter"
    )
    parser.add_argument("--url", help="measure the running server at https://host:port, ovrouter or OpenVidu 2")
    parser.add_argument("--secret", default="", help="its OPENVIDU_SECRET")
    parser.add_argument("--pid", type=int, help="its process, to read CPU time and memory")
    parser.add_argument("--json", type=Path, default=LATEST, help="where to write the results")


def run_command(options: argparse.Namespace) -> int:
    """Run the benchmark; the exit status is 1 if nothing could be measured."""
    plan = _plan(options)
    kinds = _kinds(options)
    for kind in kinds:
        if kind.missing:
            print(f"{kind.name} is not installed and left out: {kind.missing}", file=sys.stderr)
    # Each router is pinned to its own core; everything else stays off it.
    os.sched_setaffinity(0, {plan.load_core})
    results = trio.run(run, plan, [kind for kind in kinds if not kind.missing], _EXPECTED, _say)
    facts = machine()
    print(f"\n{facts['cpu']}, Linux {facts['kernel']}, Python {facts['python']}, revision {facts['revision']}\n")
    print(tables(results))
    for warning in warnings(results):
        print(f"WARNING: {warning}")
    _write(options.json, as_json(facts, kinds, plan, results))
    return 0 if any(router.light for result in results for router in result.routers) else 1


def _say(line: str) -> None:
    print(line, flush=True)


def _shapes(text: str) -> tuple[Shape, ...]:
    return tuple(_shape(part) for part in text.split(",") if part)


def _shape(text: str) -> Shape:
    publishers, _, viewers = text.partition(":")
    shape = Shape(int(publishers), int(viewers or 0))
    if shape.subscriptions <= 0:
        raise argparse.ArgumentTypeError(f"nobody subscribes to anybody in {text!r}")
    return shape


def _assignment(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value


def _plan(options: argparse.Namespace) -> Plan:
    quick = options.quick
    rooms = options.rooms or _shapes(QUICK_ROOMS if quick else ROOMS)
    same = options.same_srtp_rooms
    if same is None:
        same = () if options.rooms else _shapes(QUICK_SAME_SRTP_ROOMS if quick else SAME_SRTP_ROOMS)
    plan = Plan(
        cases=(*(Case(shape) for shape in rooms), *(Case(shape, AES_CM) for shape in same)),
        rounds=options.rounds or (1 if quick else 3),
        spread_us=int(options.spread_ms * 1000),
        router_core=options.router_core,
        load_core=options.load_core,
        trial_s=0.6 if quick else 1.2,
        step_s=2.0 if quick else 6.0,
        floor_s=0.5 if quick else 1.5,
    )
    missing = {plan.router_core, plan.load_core} - os.sched_getaffinity(0)
    if missing:
        raise SystemExit(f"core {min(missing)} is not available: give --router-core and --load-core")
    return plan


def _kinds(options: argparse.Namespace) -> list[RouterKind]:
    if options.url:
        return [running_openvidu(options.url, options.secret, options.pid)]
    kinds = [ovrouter(dict(options.set)), janus(), pion()]
    if not options.only:
        return kinds
    wanted = options.only.lower().split(",")
    if unknown := set(wanted) - {kind.name.lower() for kind in kinds}:
        raise SystemExit(f"there is no router {min(unknown)}: choose of ovrouter, janus and pion")
    return [kind for kind in kinds if kind.name.lower() in wanted]


def _write(path: Path, results: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(results, indent=1, ensure_ascii=False))
    print(f"\nwritten to {path}")
