#!/usr/bin/env python3
"""Runs Caseboard against the real servers it reads, on loopback; one line a fact, fails on the first that is wrong."""
import grp
import imaplib
import json
import os
import pathlib
import pwd
import shutil
import socket
import ssl
import subprocess
import time
import urllib.request

import incident
from rig import NGINX, PEERS, caseboard, fact, folder, free_port, post, running, start, started, stop, stop_all, workspace

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


def check_prometheus():
    (folder / "incident.om").write_text(incident.openmetrics())
    subprocess.run([PEERS / "promtool", "tsdb", "create-blocks-from", "openmetrics", "incident.om", "data"],
                   cwd=folder, check=True, stdout=subprocess.DEVNULL)
    rule = {"alert": "HighErrorRate", "expr": "vector(0) > 1", "annotations": {"summary": "{{ $labels.service }} answers with errors"}}
    (folder / "rules.yml").write_text(json.dumps({"groups": [{"name": "shop", "rules": [rule]}]}))
    (folder / "prometheus.yml").write_text(json.dumps({"rule_files": ["rules.yml"]}))
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
    def issue(name, signer, subject):
        subprocess.run(["openssl", "req", "-x509", *signer, "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out",
                        f"{name}.pem", "-days", "36500", "-subj", f"/CN={name}", *subject],
                       cwd=folder, check=True, stderr=subprocess.DEVNULL)

    by_ca, loopback = ["-CA", "ca.pem", "-CAkey", "ca.key"], ["-addext", "subjectAltName=IP:127.0.0.1"]
    issue("ca", [], [])
    issue("server", by_ca, loopback)
    issue("client", by_ca, [])
    issue("stranger", [], loopback)
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


def check_buildbot():
    """One builder whose test passes at the first change and fails at the second."""
    programs = PEERS.parents[2] / "servers/bin"
    http, worker = free_port(), free_port()
    url = f"http://127.0.0.1:{http}"
    environment = dict(os.environ, HTTP_PORT=str(http), WORKER_PORT=str(worker))
    subprocess.run([programs / "buildbot", "create-master", "--quiet", "master"], cwd=folder, check=True, env=environment)
    subprocess.run([programs / "buildbot-worker", "create-worker", "--quiet", "worker", f"127.0.0.1:{worker}", "worker", "password"],
                   cwd=folder, check=True, stdout=subprocess.DEVNULL)
    configuration = pathlib.Path(__file__).with_name("buildbot_master.cfg").read_text()
    (folder / "master/master.cfg").write_text(configuration)
    started("buildbot", [programs / "buildbot", "start", "--nodaemon", "master"], f"{url}/api/v2/builders", environment)
    started("buildbot-worker", [programs / "buildbot-worker", "start", "--nodaemon", "worker"], f"{url}/api/v2/workers")

    def builds():
        return json.loads(urllib.request.urlopen(f"{url}/api/v2/builds?complete=true", timeout=10).read())["builds"]

    good, bad = "77e0b2c1d4e5f60718293a4b5c6d7e8f90a1b2c3", "9f3c1ae1d4e5f60718293a4b5c6d7e8f90a1b2c4"
    for number, (revision, who, words) in enumerate([(good, "Ann", "Round totals"), (bad, "Bob", "Add discounts")], 1):
        subprocess.run([programs / "buildbot", "sendchange", "-m", f"127.0.0.1:{worker}", "-a", "change:password", "-W",
                        f"{who} <{who.lower()}@example.org>", "-r", revision, "-b", "main", "-c", words, "shop/cart.py"],
                       cwd=folder, check=True, stdout=subprocess.DEVNULL)
        for _ in range(300):
            if len(builds()) == number:
                break
            time.sleep(0.1)
    place = workspace("build-board", [{"name": "buildbot", "kind": "buildbot", "url": url, "allow_loopback": "true",
                                       "services": {"checkout": "checkout"}}])
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 60))
    found = {source["name"]: source["findings"] for source in caseboard(place, "check", now=now, expect=1)["sources"]}
    fact(found["buildbot"][1:] == ["1 builder", "2 builds completed in the last day"], "`check` says how many builders and builds there are")
    run = caseboard(place, "run", now=now)
    fact(run["read"]["events"] == 2 and run["read"]["tests"] == 4, "two builds and the tests in their logs are read")
    events = {event["title"]: event for event in caseboard(place, "query", "events", now=now)["events"]}
    passed, failed = events["checkout #1 passed"], events["checkout #2 failed in test"]
    fact(passed["commit"] == good and failed["commit"] == bad, "each with its commit")
    fact(failed["type"] == "build_failure" and failed["service"] == "checkout", "the second is a failure of the service")
    fact("AssertionError: expected 2, got 3" in failed["body"] and "line 200\n" not in failed["body"], "with the end of the failed step's log")
    fact("PATH=" not in failed["body"], "and without the worker's environment")
    fact(failed["attributes"]["changes"] == [[bad, "Bob <bob@example.org>", "Add discounts"]], "it says whose change was new in it")
    test = next(event for event in events.values() if event["type"] == "test_failure")
    fact(test["commit"] == bad and test["attributes"]["test"] == "total", "the test that failed since then is a signal, of that commit")
    fact("first bad build 2 (" in test["body"] + json.dumps(test["attributes"]), "it names the first bad build")
    fact(run["investigations"]["opened"] == [1], "the test and the build that it failed are one investigation")
    fact(not caseboard(place, "run", now=now)["news"], "running again reads no build twice")
def someone():
    """Who runs servers that refuse to be run by root."""
    return pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())


def owned(name):
    """A folder that they may write to."""
    place = folder / name
    place.mkdir()
    if os.getuid() == 0:
        os.chown(place, someone().pw_uid, someone().pw_gid)
    return place


def listening(name, command, port, **more):
    log = open(folder / f"{name}.log", "ab")
    process = subprocess.Popen(command, stdout=log, stderr=log, **more)
    running.append(process)
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return process
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"{name} did not start: {(folder / f'{name}.log').read_text()[-2000:]}")


def certificate(place):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", place / "key.pem", "-out", place / "certificate.pem",
         "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
        check=True, stderr=subprocess.DEVNULL)


def check_mail():
    place, mails = folder / "dovecot", owned("mails")
    place.mkdir()
    certificate(place)
    user, port = someone(), free_port()
    group = grp.getgrgid(user.pw_gid).gr_name
    (place / "users").write_text(f"ann:{{PLAIN}}right-word:{user.pw_uid}:{user.pw_gid}::{mails}::\n")
    database = f"{{\n driver = passwd-file\n args = {place}/users\n}}"
    (place / "dovecot.conf").write_text(f"""
base_dir = {place}/run
state_dir = {place}/state
log_path = {place}/log
protocols = imap
listen = 127.0.0.1
default_internal_user = {user.pw_name}
default_internal_group = {group}
default_login_user = {user.pw_name}
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:{mails}/Maildir
ssl = required
ssl_cert = <{place}/certificate.pem
ssl_key = <{place}/key.pem
ssl_dh =
passdb {database}
userdb {database}
service imap-login {{
 chroot =
 inet_listener imap {{
  port = 0
 }}
 inet_listener imaps {{
  port = {port}
 }}
}}
service anvil {{
 chroot =
}}
service stats {{
 chroot =
}}
""")
    listening("dovecot", ["/usr/sbin/dovecot", "-F", "-c", place / "dovecot.conf"], port)
    box = imaplib.IMAP4_SSL("127.0.0.1", port, ssl_context=ssl._create_unverified_context())
    box.login("ann", "right-word")

    def deliver(subject, body, *headers):
        lines = ["Date: Tue, 10 Mar 2026 14:12:00 +0000", "From: Bob <bob@example.org>", f"Subject: {subject}",
                 f"Message-ID: <{abs(hash(subject))}@example.org>", *headers, "", body, ""]
        box.append("INBOX", None, imaplib.Time2Internaldate(incident.BAD.start), "\r\n".join(lines).encode())

    deliver("Checkout is slow", "Carts are empty.")
    deliver("Re: 1 new", "It was the cache.\r\n\r\nOn Tue, 10 Mar 2026, Caseboard wrote:\r\n> news",
            "In-Reply-To: <digest_aa@example.org>", "References: <thread_bb@example.org> <digest_aa@example.org>")
    deliver("Out of office", "I am away", "Auto-Submitted: auto-replied")
    source = {"name": "mail", "kind": "mail", "url": f"imaps://127.0.0.1:{port}/INBOX", "allow_loopback": "true", "username": "ann",
              "secret_file": "password", "ca_file": str(place / "certificate.pem"), "lookback": "3650d"}
    board = workspace("mail-board", [source])
    (board / "password").write_text("right-word\n")
    (board / "password").chmod(0o600)
    now = "2026-03-10T14:30:00Z"
    found = {each["name"]: each["findings"] for each in caseboard(board, "check", now=now, expect=1)["sources"]}
    fact(found["mail"][1] == "3 mails, 3 of the time that the first run reads", "`check` says what is in a mailbox of Dovecot")
    run = caseboard(board, "run", now=now)
    fact(run["read"]["events"] == 2, "a report and a note are read over IMAP, an automatic answer is not")
    events = {each["type"]: each for each in caseboard(board, "query", "events", now=now)["events"]}
    fact(events["report"]["title"] == "Checkout is slow", "the report says what the mail says")
    fact(events["note"]["body"] == "It was the cache." and events["note"]["attributes"]["thread"] == "thread_bb",
         "the note is what was written, and knows its thread")
    box.select("INBOX", readonly=True)
    fact(box.search(None, "UNSEEN")[1] == [b"1 2 3"], "no mail is marked as read")
    deliver("Checkout is fast again", "All well.")
    fact(caseboard(board, "run", now="2026-03-10T14:40:00Z")["read"]["events"] == 1, "the next run reads the one that is new")
    fact(caseboard(board, "run", now="2026-03-10T14:45:00Z")["read"]["events"] == 0, "and the one after it none")
    (board / "password").write_text("wrong-word\n")
    run = caseboard(board, "run", now="2026-03-10T14:50:00Z", expect=1)
    fact("log-in was denied" in run["failures"][0] and "wrong-word" not in json.dumps(run), "a wrong password is said, and not shown")

    local = workspace("maildir-board", [{"name": "mail", "kind": "mail", "path": str(mails / "Maildir"), "lookback": "3650d"}])
    fact(caseboard(local, "run", now=now)["read"]["events"] == 3, "the same Maildir gives the same mails")


def check_sql():
    user, port = someone(), free_port()
    place = owned("postgres")
    tree = PEERS.parent
    if os.getuid() == 0:
        # They may not be able to look into the folder that this checkout is in.
        tree = folder / "postgres-programs"
        for part in ("lib/postgresql", "share/postgresql"):
            shutil.copytree(PEERS.parent / part, tree / part, symlinks=True)
    programs = tree / "lib/postgresql/15/bin"
    identity = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if os.getuid() == 0 else {}
    (folder / "sql-password").write_text("owner-word\n")
    (folder / "sql-password").chmod(0o644)
    subprocess.run([programs / "initdb", "--pgdata", place / "data", "--username=owner", "--auth=scram-sha-256", "--encoding=UTF8",
                    "--locale=C", f"--pwfile={folder / 'sql-password'}"], check=True, stdout=subprocess.DEVNULL, cwd=place, **identity)
    certificate(folder)
    for name in ("certificate.pem", "key.pem"):
        shutil.copy(folder / name, place / name)
        if identity:
            os.chown(place / name, user.pw_uid, user.pw_gid)
    (place / "key.pem").chmod(0o600)
    options = {"port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": place, "jit": "off", "ssl": "on",
               "ssl_cert_file": place / "certificate.pem", "ssl_key_file": place / "key.pem"}
    server = listening("postgres", [programs / "postgres", "-D", place / "data"] + [f"--{name}={value}" for name, value in options.items()],
                       port, cwd=place, **identity)

    def owner(text):
        subprocess.run([programs / "psql", "--quiet", "--no-psqlrc", f"--host={place}", f"--port={port}", "--username=owner", "postgres",
                        "--set=ON_ERROR_STOP=1", f"--command={text}"], check=True, stdout=subprocess.DEVNULL, env=dict(os.environ, PGPASSWORD="owner-word"))

    for _ in range(100):
        try:
            owner("SELECT 1")
            break
        except subprocess.CalledProcessError:
            time.sleep(0.1)
    owner("CREATE TABLE deploys (id serial, service text, version text, git_sha text, finished_at timestamptz, by_whom text)")
    owner("CREATE ROLE reader LOGIN PASSWORD 'right-word'; GRANT SELECT ON deploys TO reader")
    owner("INSERT INTO deploys (service, version, git_sha, finished_at, by_whom) "
          "SELECT 'checkout', '4.' || n, md5(n::text), '2026-03-10T12:00Z'::timestamptz + n * interval '1 s', 'ann' "
          "FROM generate_series(1, 2500) n")
    query = ("SELECT id, service, version, git_sha AS commit, finished_at AS time, by_whom FROM deploys "
             "WHERE finished_at >= $1 AND finished_at < $2 ORDER BY finished_at")
    source = {"name": "deploys", "kind": "sql", "host": "localhost", "port": str(port), "database": "postgres", "user": "reader",
              "secret_file": "password", "allow_loopback": "true", "ca_file": str(folder / "certificate.pem"), "max_rows": "1000",
              "timeout": "2s", "query": query}
    board = workspace("sql-board", [source])

    def configured(**changes):
        (board / "caseboard.yaml").write_text(json.dumps({"sources": [dict(source, **changes)], "network": {"budget": "6s"}}))

    (board / "password").write_text("right-word\n")
    (board / "password").chmod(0o600)
    now = "2026-03-10T13:00:00Z"
    configured(max_rows="5000")
    found = {each["name"]: each["findings"] for each in caseboard(board, "check", now=now, expect=1)["sources"]}
    fact(found["deploys"][1].startswith("2500 rows of the last day, with `id`, `service`"), "`check` says what a query of PostgreSQL gives")
    configured()
    run = caseboard(board, "run", now=now)
    fact(run["read"]["events"] == 2500, "2500 rows are read once, at most 1000 at a time, over verified TLS")
    event = caseboard(board, "query", "events", now=now)["events"][0]
    fact(event["type"] == "deployment" and event["service"] == "checkout" and event["attributes"]["by_whom"] == "ann",
         "a row is a deployment, and its other columns are kept")
    owner("INSERT INTO deploys (service, version, git_sha, finished_at) VALUES ('cart', '1', 'abcdef0', '2026-03-10T12:58Z')")
    fact(caseboard(board, "run", now="2026-03-10T13:02:00Z")["read"]["events"] == 1, "a row that came late is read, and none twice")
    caseboard(board, "breaker", "reset", now=now)
    for change, words in [
            ({"query": "SELECT pg_sleep(60), $1::timestamptz AS time"}, "did not answer within"),
            ({"query": "INSERT INTO deploys (finished_at) VALUES ($1) RETURNING finished_at AS time"}, "read-only transaction"),
            ({"query": "SELECT nothing FROM deploys WHERE finished_at > $1"}, 'column "nothing" does not exist (42703)'),
            ({"ca_file": None}, "certificate"), ({"host": "127.0.0.2", "allow_loopback": "false"}, "allow_loopback"),
            ({"database": "nowhere"}, 'database "nowhere" does not exist'), ({"user": "stranger"}, "check `user`")]:
        if "ca_file" in change:  # with another authority than the server's
            certificate(board)
            change = {"ca_file": "certificate.pem"}
        configured(**change)
        started_at = time.monotonic()
        run = caseboard(board, "run", now="2026-03-10T13:10:00Z", expect=1)
        fact(words in run["failures"][0] and "right-word" not in json.dumps(run), f"{words}: {run['failures'][0]}")
        fact(time.monotonic() - started_at < 12, "within the budget of the run")
        caseboard(board, "breaker", "reset", now=now)
    stop(server)


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


def check_system_logs():
    place, root, port = folder / "rsyslog", PEERS.parent.parent, free_port()
    place.mkdir()
    (place / "rsyslog.conf").write_text(f"""
module(load="imudp")
input(type="imudp" address="127.0.0.1" port="{port}")
action(type="omfile" file="{place}/messages" template="RSYSLOG_FileFormat")
""")
    libraries = PEERS.parent / "lib/x86_64-linux-gnu"
    log = open(place / "log", "ab")
    daemon = subprocess.Popen(
        [PEERS.parent / "sbin/rsyslogd", "-n", "-f", place / "rsyslog.conf", "-i", place / "pid", "-M", libraries / "rsyslog"],
        stdout=log, stderr=log, env=dict(os.environ, LD_LIBRARY_PATH=str(libraries)))
    running.append(daemon)
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    lines = [f"<131>1 2026-03-10T14:{6 + number // 60:02}:{number % 60:02}Z web-1 checkout 77 - - no room for cart {number}"
             for number in range(300)]

    def written():
        return (place / "messages").read_text().count("\n") if (place / "messages").exists() else 0

    for line in lines:  # a datagram may come before the server listens, and none is sent before the last was written
        before = written()
        for _ in range(200):
            sender.sendto(line.encode(), ("127.0.0.1", port))
            for _ in range(50):
                if written() > before:
                    break
                time.sleep(0.002)
            if written() > before:
                break
    stop(daemon)
    count = written()
    board = workspace("syslog-board", [{"name": "syslog", "kind": "logs", "path": str(place / "messages")}])
    now = "2026-03-10T15:00:00Z"
    run = caseboard(board, "run", now=now)
    fact(run["read"]["log_records"] == count >= 300 and run["dead_letters"] == 0, "every line that rsyslog writes is a record")
    fact(caseboard(board, "run", now=now)["read"]["log_records"] == 0, "and is read once")

    maker = root / "lib/systemd/systemd-journal-remote"
    if not shutil.which("journalctl"):
        print("left out: journald, since there is no journalctl", flush=True)
        return
    start_ms = incident.BAD.start * 1000
    entries = [f"__REALTIME_TIMESTAMP={(start_ms + number * 1000) * 1000}\n__MONOTONIC_TIMESTAMP={number}\n"
               f"_BOOT_ID=0123456789abcdef0123456789abcdef\nPRIORITY=3\n_SYSTEMD_UNIT=checkout.service\n_HOSTNAME=web-1\n"
               f"MESSAGE=no room for cart {number}\n\n" for number in range(300)]
    subprocess.run([maker, "-o", place / "web-1.journal", "-"], input="".join(entries).encode(), check=True, stderr=log)
    board = workspace("journal-board", [{"name": "journal", "kind": "journald", "file": str(place / "web-1.journal")}])
    run = caseboard(board, "run", now=now)
    fact(run["read"]["log_records"] == 300, "every entry that systemd-journal-remote gathered is a record")
    fact(caseboard(board, "run", now="2026-03-10T15:05:00Z")["read"]["log_records"] == 0, "and is read once")


def check_every_kind(prometheus_port):
    kinds = ["git", "changes", "logs", "metrics", "traces", "junit", "alerts", "feed", "reports", "topology", "events"]
    sources = [{"name": kind, "kind": kind, "path": f"{kind}.txt"} for kind in kinds]
    sources += [prometheus_source(prometheus_port), {"name": "exec", "kind": "exec", "command": ["true"]}]
    nowhere = {"url": f"http://127.0.0.1:{free_port()}", "allow_loopback": "true"}
    sources += [dict(nowhere, name=kind, kind=kind) for kind in ("alertmanager", "graphite", "web-feed", "buildbot")]
    sources += [dict(nowhere, name="jenkins", kind="jenkins", jobs="shop")]
    sources += [dict(nowhere, name="pagerduty", kind="pagerduty")]
    sources += [dict(nowhere, name="grafana", kind="grafana")]
    sources += [{"name": "journald", "kind": "journald", "file": "none.journal"}, {"name": "mail", "kind": "mail", "path": "none"},
                {"name": "webhooks", "kind": "webhooks", "path": "none"}]
    sources += [{"name": "sql", "kind": "sql", "host": "127.0.0.1", "port": str(free_port()), "allow_loopback": "true", "database": "none",
                 "user": "nobody", "query": "SELECT $1 AS time"}]
    place = workspace("every-kind", sources)
    checked = caseboard(place, "check", now="2026-03-10T15:00:00Z", expect=1)["sources"]
    named = {each["name"] for each in checked}
    fact(named >= {source["name"] for source in sources}, "`check` has a line for every kind")


try:
    port = check_prometheus()
    check_wire(port)
    check_victoria_metrics()
    check_alertmanager()
    check_graphite()
    check_buildbot()
    check_mail()
    check_sql()
    check_webhooks()
    check_system_logs()
    check_every_kind(port)
finally:
    stop_all()
