"""Alertmanager accepting alerts: starts it on loopback, posts the alerts of webhook payloads, one a line, in batches as they stand
there; prints alerts, and its CPU seconds while it took them.

usage: alert_peer.py PAYLOADS ALERTMANAGER
"""
import http.client
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time

payloads, program = sys.argv[1], os.path.abspath(sys.argv[2])
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]


def cpu_seconds(process):
    fields = pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def asked(connection, method, path, body=None):
    connection.request(method, path, body, {"Content-Type": "application/json"})
    response = connection.getresponse()
    text = response.read()
    if response.status != 200:
        sys.exit(f"{method} {path}: {response.status} {text[:200]}")


batches, count = [], 0
with open(payloads) as lines:
    for line in lines:
        alerts = [{key: value for key, value in alert.items() if key != "status"} for alert in json.loads(line)["alerts"]]
        batches.append(json.dumps(alerts))
        count += len(alerts)

with tempfile.TemporaryDirectory() as folder:
    route = {"receiver": "none", "group_by": ["service"], "group_wait": "1s"}
    pathlib.Path(folder, "alertmanager.yml").write_text(json.dumps({"route": route, "receivers": [{"name": "none"}]}))
    alertmanager = subprocess.Popen(
        [program, "--config.file=alertmanager.yml", "--storage.path=data", f"--web.listen-address=127.0.0.1:{port}",
         "--cluster.listen-address="], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        for _ in range(100):
            try:
                asked(connection, "GET", "/-/ready")
                break
            except OSError:
                connection.close()
                time.sleep(0.1)
        before = cpu_seconds(alertmanager.pid)
        for batch in batches:
            asked(connection, "POST", "/api/v2/alerts", batch)
        time.sleep(2)  # until what it took is in its groups
        print(count, cpu_seconds(alertmanager.pid) - before)
    finally:
        alertmanager.terminate()
        alertmanager.wait()
