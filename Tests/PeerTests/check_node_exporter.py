"""What node exporter says of this machine: as a file, and as Prometheus scraped it."""
import json
import math
import struct
import time
import urllib.request

from rig import caseboard, fact, folder, free_port, start, stored, workspace


def start_node_exporter():
    port = free_port()
    start("prometheus-node-exporter", f"--web.listen-address=127.0.0.1:{port}", ready=f"http://127.0.0.1:{port}/")
    return port


def said(text):
    """Name with labels, and value, of each line that is a finite number."""
    rows = [line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#")]
    return [(series, float(value)) for series, value in rows if math.isfinite(float(value))]


def points(place):
    """Name of a metric, and each value that is stored of it, in the order of time."""
    chunks = stored(place, "SELECT metric, points FROM metric_series JOIN metric_chunk USING (series_id) ORDER BY metric, instance, hour")
    return [(metric, value) for metric, blob in chunks for _, value in struct.iter_unpack("<qd", blob)]


def by_name(rows):
    return sorted((series.split("{")[0], value) for series, value in rows)


def check_node_exporter(port, prometheus_port):
    def ask():
        return urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10).read().decode()

    def now():
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())

    text = ask()
    (folder / "node.prom").write_text(text)
    board = workspace("node-board", [{"name": "node", "kind": "metrics", "path": str(folder / "node.prom"), "service": "node"}])
    run = caseboard(board, "run", now=now())
    numbers = said(text)
    fact(run["read"]["samples"] == len(numbers) > 100, "each number of node exporter's text is a sample")
    fact(run["dead_letters"] == 0, "no line is refused")
    fact(by_name(points(board)) == by_name(numbers), "each with the value that stands there")
    fact(not caseboard(board, "run", now=now())["news"], "running again reads nothing twice")

    before = dict(numbers)
    for _ in range(100):
        up = urllib.request.urlopen(f"http://127.0.0.1:{prometheus_port}/api/v1/query?query=sum_over_time(up[10s])", timeout=10).read()
        if any(int(series["value"][1]) >= 5 for series in json.loads(up)["data"]["result"]):
            break
        time.sleep(0.1)
    queries = {"memory": "node_memory_MemTotal_bytes", "clock": "node_time_seconds",
               "cpus": 'count by (job) (node_cpu_seconds_total{mode="idle"})'}
    board = workspace("scraped-board", [{"name": "prometheus", "kind": "prometheus", "url": f"http://127.0.0.1:{prometheus_port}",
                                         "allow_loopback": "true", "step": "1s", "lookback": "1min", "queries": queries}])
    asked = caseboard(board, "run", now=now())["read"]["samples"]
    after = dict(said(ask()))
    scraped = {}
    for metric, value in points(board):
        scraped.setdefault(metric, []).append(value)
    fact(sum(map(len, scraped.values())) == asked >= 9, "what Prometheus scraped is read second by second")
    fact(set(scraped["node_memory_MemTotal_bytes"]) == {before["node_memory_MemTotal_bytes"]}, "the memory is what node exporter says")
    cpus = sum(1 for series in before if series.startswith("node_cpu_seconds_total") and 'mode="idle"' in series)
    fact(set(scraped["cpus"]) == {cpus}, "so is the number of processors, which Prometheus counted")
    clock = scraped["node_time_seconds"]
    fact(clock == sorted(clock) and len(set(clock)) >= 3 and clock[-1] <= after["node_time_seconds"], "and its clock goes on in them")
    fact(stored(board, "SELECT DISTINCT service FROM metric_series") == [("node",)], "the job is the service")
