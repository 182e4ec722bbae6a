"""Alertmanager asked for its alerts, and posting them to a spool that nginx writes."""
import json
import os
import time
import urllib.request

from rig import PEERS, caseboard, fact, folder, free_port, listening, post, start, started, workspace


def check_alertmanager():
    port = free_port()
    (folder / "alertmanager.yml").write_text(json.dumps({"route": {"receiver": "none"}, "receivers": [{"name": "none"}]}))
    url = f"http://127.0.0.1:{port}"
    start("prometheus-alertmanager", "--config.file=alertmanager.yml", "--storage.path=alertmanager",
          f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address=", ready=f"{url}/-/ready")

    def alert(name, ends="2099-01-01T00:00:00Z", **labels):
        return {"labels": {"alertname": name, "service": "checkout", "severity": "critical", **labels},
                "annotations": {"summary": f"{name} at checkout"}, "startsAt": "2026-03-10T14:06:00Z", "endsAt": ends}

    silence = {"matchers": [{"name": "alertname", "value": "RackMoves", "isRegex": False, "isEqual": True}],
               "startsAt": "2026-03-10T14:00:00Z", "endsAt": "2099-01-01T00:00:00Z", "createdBy": "ann", "comment": "we move the rack"}
    post(f"{url}/api/v2/silences", json.dumps(silence).encode())
    post(f"{url}/api/v2/alerts", json.dumps([alert("Errors"), alert("RackMoves")]).encode())
    for _ in range(100):
        listed = json.loads(urllib.request.urlopen(f"{url}/api/v2/alerts", timeout=10).read())
        if sum(1 for each in listed if each["status"]["silencedBy"]) == 1:
            break
        time.sleep(0.1)
    place = workspace("alert-board", [{"name": "alertmanager", "kind": "alertmanager", "url": url, "allow_loopback": "true"}])
    run = caseboard(place, "run", now="2026-03-10T14:30:00Z")
    fact(run["read"]["events"] == 2 and run["investigations"]["opened"] == [1], "two alerts are read, one investigation is opened")
    events = caseboard(place, "query", "events", now="2026-03-10T14:30:00Z")["events"]
    by_title = {event["title"]: event for event in events}
    fact(by_title["RackMoves at checkout"]["severity"] == "low", "what is silenced is mild")
    fact(by_title["Errors at checkout"]["severity"] == "critical", "what is not is as bad as it says")

    post(f"{url}/api/v2/alerts", json.dumps([alert("Errors", ends="2026-03-10T14:32:00Z")]).encode())
    caseboard(place, "run", now="2026-03-10T14:45:00Z")
    events = caseboard(place, "query", "events", now="2026-03-10T14:45:00Z")["events"]
    ended = next(event for event in events if event["title"] == "Errors at checkout")
    fact(ended["attributes"]["status"] == "resolved", "an alert that is no longer listed has ended")


def alertmanager_posts(hook):
    port, place = free_port(), folder / "hook-alertmanager"
    place.mkdir()
    receiver = {"name": "hook", "webhook_configs": [{"url": hook}]}
    route = {"receiver": "hook", "group_wait": "1s", "group_interval": "5s"}
    (place / "alertmanager.yml").write_text(json.dumps({"route": route, "receivers": [receiver]}))
    url = f"http://127.0.0.1:{port}"
    started("hook-alertmanager", [PEERS / "prometheus-alertmanager", f"--config.file={place}/alertmanager.yml",
                                  f"--storage.path={place}/data", f"--web.listen-address=127.0.0.1:{port}",
                                  "--cluster.listen-address="], f"{url}/-/ready")
    alert = {"labels": {"alertname": "Errors", "service": "checkout", "severity": "critical"},
             "annotations": {"summary": "Errors at checkout"}, "startsAt": "2026-03-10T14:06:00Z", "endsAt": "2099-01-01T00:00:00Z"}
    post(f"{url}/api/v2/alerts", json.dumps([alert]).encode())


def check_webhooks():
    port, place = free_port(), folder / "nginx"
    spool = place / "spool"
    spool.mkdir(parents=True)
    (place / "nginx.conf").write_text(f"""
daemon off;
master_process off;
pid {place}/pid;
error_log {place}/error.log;
events {{ }}
http {{
 access_log off;
 client_body_temp_path {spool};
 proxy_temp_path {place}/proxy; fastcgi_temp_path {place}/fastcgi; uwsgi_temp_path {place}/uwsgi; scgi_temp_path {place}/scgi;
 server {{
  listen 127.0.0.1:{port};
  location = /hook {{
   limit_except POST {{ deny all; }}
   client_body_in_file_only on;
   client_max_body_size 4m;
   proxy_pass http://127.0.0.1:{port}/taken;
   proxy_pass_request_body off;
   proxy_set_header Content-Length "";
   proxy_method GET;
  }}
  location = /taken {{ return 204; }}
 }}
}}
""")
    listening("nginx", [PEERS.parent / "sbin/nginx", "-p", place, "-c", place / "nginx.conf", "-e", place / "error.log"], port)
    alertmanager_posts(f"http://127.0.0.1:{port}/hook")
    for _ in range(150):
        if list(spool.iterdir()):
            break
        time.sleep(0.1)
    (spool / "9999999999").write_text('{"version": "4", "alerts": [')
    old = time.time() - 300
    os.utime(spool / "9999999999", (old, old))
    board = workspace("webhook-board", [{"name": "hooks", "kind": "webhooks", "path": str(spool)}])
    now = "2026-03-10T14:30:00Z"
    run = caseboard(board, "run", now=now, expect=1)
    events = caseboard(board, "query", "events", now=now)["events"]
    fact([each["title"] for each in events] == ["Errors at checkout"], "what Alertmanager posts to nginx is read from its spool")
    fact(run["dead_letters"] == 1, "what is broken beside it is a dead letter")
    fact(not caseboard(board, "run", now=now)["news"], "running again reads nothing twice of the spool")
