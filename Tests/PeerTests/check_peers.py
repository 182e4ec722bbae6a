#!/usr/bin/env python3
"""Runs Caseboard against the real servers it reads, on loopback; one line a fact, fails on the first that is wrong."""
import json
import subprocess

from check_alertmanager import check_alertmanager, check_webhooks
from check_buildbot import check_buildbot
from check_graphite import check_graphite
from check_mail import check_mail
from check_node_exporter import check_node_exporter, start_node_exporter
from check_opentelemetry import check_opentelemetry
from check_prometheus import check_prometheus, check_victoria_metrics, check_wire
from check_smtp import check_smtp
from check_sql import check_sql
from check_system_logs import check_system_logs
from rig import CASEBOARD, caseboard, fact, folder, free_port, stop_all


def check_every_kind():
    """`check` on a workspace with an entry of every kind there is, as `kinds` shows it. Nobody answers."""
    nowhere = f"http://127.0.0.1:{free_port()}"
    place = folder / "every-kind"
    place.mkdir()
    lines = ["sources:"]
    kinds = json.loads(subprocess.run([CASEBOARD, "kinds", "--json"], capture_output=True, check=True).stdout)["kinds"]
    for kind in kinds:
        lines.append(f"  - name: {kind['kind']}")
        asks = any(setting["name"] == "allow_loopback" for setting in kind["settings"])
        for line in kind["sample"].splitlines():
            lines.append(f"    url: {nowhere}" if line.startswith("url: http") else f"    {line}")
        lines += ["    allow_loopback: true"] * asks
    (place / "caseboard.yaml").write_text("\n".join(lines) + "\n")
    found = caseboard(place, "check", now="2026-03-10T15:00:00Z", expect=1)["sources"]
    fact([each["name"] for each in found] == [kind["kind"] for kind in kinds], f"`check` has a line for each of {len(kinds)} kinds")
    silent = [each["name"] for each in found if not any(each["findings"])]
    fact(not silent, "and says something of each" + (f", but not of {silent}" if silent else ""))


try:
    node_exporter_port = start_node_exporter()
    port = check_prometheus(node_exporter_port)
    check_node_exporter(node_exporter_port, port)
    check_wire(port)
    check_victoria_metrics()
    check_alertmanager()
    check_graphite()
    check_buildbot()
    check_mail()
    check_smtp()
    check_opentelemetry()
    check_sql()
    check_webhooks()
    check_system_logs()
    check_every_kind()
finally:
    stop_all()
