"""Prometheus with a past incident in it, straight and behind nginx, and VictoriaMetrics with the same."""
import json
import subprocess
import urllib.request

import incident
from rig import NGINX, PEERS, caseboard, fact, folder, free_port, issue, post, start, started, stop, workspace

QUERIES = {
    "request_rate": "sum by (job) (rate(http_requests_total[2m]))",
    "error_rate": 'sum by (job) (rate(http_requests_total{code="500"}[2m]))',
    "latency_seconds": "max by (job) (request_latency_seconds)",
}


def prometheus_source(port, name="prometheus"):
    return {"name": name, "kind": "prometheus", "url": f"http://127.0.0.1:{port}", "allow_loopback": "true",
            "lookback": "3h", "queries": QUERIES}


def workspace_after_run(name, source, now):
    place = workspace(name, [source])
    caseboard(place, "run", now=now)
    return place


def verdict(place, now):
    case = caseboard(place, "show", "1", now=now)
    evidence = sorted((item["fingerprint"], item["confidence"]) for item in case["evidence"])
    return [case["title"], case["severity"], case["started_at"], evidence]


def check_prometheus(node_exporter_port):
    (folder / "incident.om").write_text(incident.openmetrics())
    subprocess.run([PEERS / "promtool", "tsdb", "create-blocks-from", "openmetrics", "incident.om", "data"],
                   cwd=folder, check=True, stdout=subprocess.DEVNULL)
    rule = {"alert": "HighErrorRate", "expr": "vector(0) > 1", "annotations": {"summary": "{{ $labels.service }} answers with errors"}}
    (folder / "rules.yml").write_text(json.dumps({"groups": [{"name": "shop", "rules": [rule]}]}))
    scrape = {"job_name": "node", "scrape_interval": "1s", "static_configs": [{"targets": [f"127.0.0.1:{node_exporter_port}"]}]}
    (folder / "prometheus.yml").write_text(json.dumps({"rule_files": ["rules.yml"], "scrape_configs": [scrape]}))
    port = free_port()
    arguments = ["--config.file=prometheus.yml", "--storage.tsdb.path=data", "--storage.tsdb.retention.time=50y",
                 f"--web.listen-address=127.0.0.1:{port}"]
    ready = f"http://127.0.0.1:{port}/-/ready"
    server = start("prometheus", *arguments, ready=ready)
    place = workspace("prometheus-board", [prometheus_source(port)])
    end = "2026-03-10T15:00:00Z"

    found = {source["name"]: source["findings"] for source in caseboard(place, "check", now=end, expect=1)["sources"]}
    fact(found["prometheus"][1:4] == [f"{name}: 3 series" for name in sorted(QUERIES)], "`check` says what each query gives")

    run = caseboard(place, "run", now=end)
    # 181 minutes of a gauge; of two rates all but the first, which has nothing before it.
    fact(run["read"]["samples"] == 3 * (181 + 2 * 180), "every point of three hours is read once")
    fact(run["investigations"]["opened"] == [1], "the incident is one investigation")
    undisturbed = verdict(place, end)
    fact(undisturbed[1] == "critical" and undisturbed[2].startswith("2026-03-10T14:05"), "it is critical and began at 14:05")
    page = (place / "public/investigations/1/index.html").read_text()
    fact("checkout answers with errors" in page and "error_rate" in page, "the canvas shows the alert in its rule's words, and the metric")
    again = caseboard(place, "run", now=end)
    fact(not again["news"], "running again reads nothing twice")

    # The same incident, with the server down in the middle of it.
    place = workspace("disturbed-board", [prometheus_source(port)])
    caseboard(place, "run", now="2026-03-10T14:10:00Z")
    stop(server)
    (place / "caseboard.yaml").write_text(
        json.dumps({"sources": [dict(prometheus_source(port), timeout="1s")], "network": {"budget": "3s"}}))
    run = caseboard(place, "run", now="2026-03-10T14:20:00Z", expect=1)
    fact(len(run["failures"]) == 1 and "prometheus failed" in run["failures"][0], "a server that is down is a line of the run")
    fact("from 2026-03-10T14:11:00Z on is missing" in run["failures"][0], "it says from when on something is missing")
    page = place / "public/investigations/1/index.html"
    gap = "No answer from prometheus between 14:11 and 14:20."
    fact(gap in page.read_text(), "the canvas says from when to when it did not answer")
    start("prometheus", *arguments, ready=ready)
    caseboard(place, "run", now=end)
    fact("No answer from" not in page.read_text(), "and no longer when it was caught up")
    fact(verdict(place, end) == undisturbed, "what was missed is caught up: the end is that of an undisturbed run")
    return port


def check_wire(prometheus_port):
    """The same Prometheus behind nginx: TLS of an authority of one's own, HTTP/2, a certificate of the client, a unix socket."""
    issue("ca")
    issue("server", signer="ca")
    issue("client", signer="ca")
    issue("stranger")
    port, alive = free_port(), free_port()

    def front(certificate):
        (folder / "wire.conf").write_text(f"""
            daemon off; pid {folder}/wire.pid; error_log {folder}/wire-error.log;
            events {{}}
            http {{
              log_format wire "$server_protocol $ssl_client_verify $request_uri"; 
              {"".join(f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))}
              server {{
                listen 127.0.0.1:{port} ssl http2; listen unix:{folder}/wire.sock;
                ssl_certificate {folder}/{certificate}.pem; ssl_certificate_key {folder}/{certificate}.key;
                ssl_client_certificate {folder}/ca.pem; ssl_verify_client optional;
                access_log {folder}/asked.log wire;
                location /prometheus/ {{
                  if ($ssl_client_verify = NONE) {{ return 403; }}
                  proxy_pass http://127.0.0.1:{prometheus_port}/; proxy_max_temp_file_size 0;
                }}
              }}
              server {{ listen 127.0.0.1:{alive}; access_log off; return 204; }}
            }}""")
        return started("wire", [NGINX, "-p", folder, "-c", "wire.conf"], f"http://127.0.0.1:{alive}/")

    server = front("server")
    end = "2026-03-10T15:00:00Z"
    source = dict(prometheus_source(prometheus_port), url=f"https://127.0.0.1:{port}/prometheus", ca_file=str(folder / "ca.pem"),
                  client_certificate=str(folder / "client.pem"), client_key=str(folder / "client.key"))
    plain = verdict(workspace_after_run("plain-board", prometheus_source(prometheus_port), end), end)
    place = workspace_after_run("wire-board", source, end)
    fact(verdict(place, end) == plain, "through TLS, HTTP/2 and a client's certificate the incident is the same")
    log = (folder / "asked.log").read_text().splitlines()
    fact(log and all(line.startswith("HTTP/2.0 SUCCESS /prometheus/api/v1/") for line in log), "each question went over HTTP/2, our certificate was asked for")

    stranger = {key: value for key, value in source.items() if not key.startswith("client_")}
    said = caseboard(workspace("unknown-board", [stranger]), "run", now=end, expect=1)["failures"]
    fact("403" in said[0] and "credentials" in said[0], "without the certificate it says what the server refused")

    place = workspace("flip-board", [source])
    caseboard(place, "run", now="2026-03-10T14:10:00Z")
    stop(server)
    server = front("stranger")
    said = caseboard(place, "run", now="2026-03-10T14:20:00Z", expect=1)["failures"]
    fact("certificate" in said[0] and "from 2026-03-10T14:11:00Z on is missing" in said[0], "a certificate that flips is a gap that is told")
    stop(server)
    server = front("server")
    caseboard(place, "run", now=end)
    fact(verdict(place, end) == plain, "when it flips back nothing is missing")

    socket_source = dict(prometheus_source(prometheus_port), url="http://metrics/prometheus", unix_socket=str(folder / "wire.sock"))
    fact(verdict(workspace_after_run("socket-board", socket_source, end), end) == plain, "through a unix socket too")
    stop(server)


def check_victoria_metrics():
    port = free_port()
    start("victoria-metrics", f"-httpListenAddr=127.0.0.1:{port}", "-storageDataPath=victoria", "-retentionPeriod=100y",
          ready=f"http://127.0.0.1:{port}/health")
    post(f"http://127.0.0.1:{port}/api/v1/import/prometheus", incident.openmetrics(milliseconds=True).encode(), "text/plain")
    urllib.request.urlopen(f"http://127.0.0.1:{port}/internal/force_flush", timeout=10).read()
    place = workspace("victoria-board", [prometheus_source(port, "victoria")])
    end = "2026-03-10T15:00:00Z"
    run = caseboard(place, "run", now=end)
    fact(run["read"]["samples"] > 1_500 and run["investigations"]["opened"] == [1], "VictoriaMetrics gives the same investigation")
    fact(run["read"]["events"] == 1, "and its alert")
