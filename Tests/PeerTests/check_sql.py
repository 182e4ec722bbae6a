"""A table of deployments in PostgreSQL."""
import json
import os
import shutil
import subprocess
import time

from rig import PEERS, caseboard, certificate, fact, folder, free_port, listening, owned, someone, stop, workspace


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
