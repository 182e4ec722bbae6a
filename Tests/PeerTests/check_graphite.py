"""Graphite with the same incident, and a deployment among its events."""
import json
import os
import pathlib

import incident
from rig import PEERS, caseboard, fact, folder, free_port, post, started, workspace


def check_graphite():
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    place = folder / "graphite"
    place.mkdir()
    here = pathlib.Path(__file__).parent
    packages = PEERS.parent / "lib/python3/dist-packages"
    # Debian's packages are for Debian's Python.
    started("graphite", ["/usr/bin/python3", here / "graphite_server.py", place, str(port)], f"{url}/version",
            dict(os.environ, PYTHONPATH=f"{packages}:{here}"))
    deploy = {"what": "Deploy checkout 4.18.0", "tags": ["deploy"], "when": incident.BAD.start - 120,
              "data": json.dumps({"service": "checkout", "version": "4.18.0"})}
    post(f"{url}/events/", json.dumps(deploy).encode())
    targets = {"request_rate": "aliasByNode(perSecond(shop.*.requests), 1)", "error_rate": "aliasByNode(perSecond(shop.*.errors), 1)",
               "latency_seconds": "aliasByNode(shop.*.latency, 1)"}
    board = workspace("graphite-board", [{"name": "graphite", "kind": "graphite", "url": url, "allow_loopback": "true",
                                          "lookback": "3h", "targets": targets}])
    end = "2026-03-10T15:00:00Z"
    found = {source["name"]: source["findings"] for source in caseboard(board, "check", now=end, expect=1)["sources"]}
    fact(found["graphite"][1:] == ["error_rate: 3 series", "latency_seconds: 3 series", "request_rate: 3 series", "events: 1 of the last day"],
         "`check` says what each target of Graphite gives")
    run = caseboard(board, "run", now=end)
    fact(run["read"]["samples"] == 3 * (181 + 2 * 180), "every point of three hours of Graphite is read once")
    fact(run["investigations"]["opened"] == [1], "Graphite gives one investigation")
    case = caseboard(board, "show", "1", now=end)
    fact(case["started_at"].startswith("2026-03-10T14:05"), "which began at 14:05")
    fact("Deploy checkout 4.18.0" in (board / "public/investigations/1/index.html").read_text(), "its canvas shows the deployment")
    fact(not caseboard(board, "run", now=end)["news"], "running again reads nothing twice of Graphite")
