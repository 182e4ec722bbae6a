"""Servers on loopback for a moment, Caseboard beside them, and facts that have to hold.

CASEBOARD names the program, PEERS the folder with the servers' programs, NGINX an nginx. Every server is stopped at the end."""
import contextlib
import json
import os
import pathlib
import pwd
import socket
import sqlite3
import subprocess
import tempfile
import time
import urllib.request

CASEBOARD = os.environ["CASEBOARD"]
PEERS = pathlib.Path(os.environ["PEERS"])
PROGRAMS = PEERS.parents[2] / "servers/bin"  # of PyPI's packages
NGINX = pathlib.Path(os.environ.pop("NGINX")).resolve()  # popped: nginx itself reads a variable of that name
_temporary = tempfile.TemporaryDirectory()
folder = pathlib.Path(_temporary.name)
folder.chmod(0o755)  # servers that root may not run look into it
running = []


def fact(is_so, sentence):
    print(("ok   " if is_so else "FAIL ") + sentence, flush=True)
    if not is_so:
        raise SystemExit(1)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(name, *arguments, ready):
    return started(name, [PEERS / name, *map(str, arguments)], ready)


def started(name, command, ready, environment=None):
    log = open(folder / f"{name}.log", "ab")
    process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, env=environment)
    running.append(process)
    for _ in range(300):
        try:
            urllib.request.urlopen(ready, timeout=1).read()
            return process
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"{name} did not start: {(folder / f'{name}.log').read_text()[-2000:]}")


def stop(process):
    process.terminate()
    process.wait(20)
    running.remove(process)


def post(url, body, kind="application/json"):
    request = urllib.request.Request(url, data=body, headers={"Content-Type": kind})
    return urllib.request.urlopen(request, timeout=10).read()


def workspace(name, sources):
    place = folder / name
    place.mkdir()
    (place / "caseboard.yaml").write_text(json.dumps({"sources": sources}, indent=1))
    return place


def caseboard(place, *arguments, now, expect=0):
    done = subprocess.run(
        [CASEBOARD, *arguments, "-w", place, "--now", now, "--json"], capture_output=True, text=True, timeout=300)
    fact(done.returncode == expect, f"`{' '.join(arguments)}` at {now} ends with {expect}"
         + ("" if done.returncode == expect else f", not {done.returncode}: {done.stdout} {done.stderr}"))
    return json.loads(done.stdout)


def stored(place, question):
    """Rows of a workspace's store."""
    with contextlib.closing(sqlite3.connect(f"file:{place}/var/caseboard.db?mode=ro", uri=True)) as store:
        return store.execute(question).fetchall()


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


def issue(name, signer=None):
    """Makes `name.pem` and `name.key`: a certificate for 127.0.0.1, signed by another or by itself."""
    by = ["-CA", f"{signer}.pem", "-CAkey", f"{signer}.key"] if signer else []
    subprocess.run(["openssl", "req", "-x509", *by, "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.pem",
                    "-days", "36500", "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1"],
                   cwd=folder, check=True, stderr=subprocess.DEVNULL)


def certificate(place):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", place / "key.pem", "-out", place / "certificate.pem",
         "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
        check=True, stderr=subprocess.DEVNULL)


def stop_all():
    for process in list(running):
        stop(process)
    _temporary.cleanup()
