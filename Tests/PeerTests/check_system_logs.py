"""Logs that rsyslog and systemd-journal-remote wrote."""
import os
import shutil
import socket
import subprocess
import time

import incident
from rig import PEERS, caseboard, fact, folder, free_port, running, stop, workspace


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
