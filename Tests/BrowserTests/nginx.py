"""nginx as a static host has it, on a port of the loopback that is free, with everything it writes in one folder."""
import contextlib
import os
import pathlib
import socket
import subprocess
import time

NGINX = os.environ.get("NGINX", "nginx")
CONFIGURATION = """
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
events {{ }}
http {{
  access_log {folder}/access.log;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  types {{ text/html html; application/javascript js; application/json json; application/xml xml; text/markdown md; }}
  default_type application/octet-stream;
  gzip on; gzip_types application/javascript application/json;
  server {{
    listen 127.0.0.1:{port};
    add_header X-Content-Type-Options nosniff;
    {places}
    location / {{ return 404; }}
  }}
}}
"""


@contextlib.contextmanager
def running(folder: pathlib.Path, places: dict):
    """Serves `{path: folder}` and gives the address before the paths, which end with a slash."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    blocks = "\n    ".join(f"location {path} {{ alias {place}/; index index.html; }}" for path, place in places.items())
    file = folder / "nginx.conf"
    file.write_text(CONFIGURATION.format(folder=folder, port=port, places=blocks), encoding="utf-8")
    server = subprocess.Popen([NGINX, "-e", folder / "error.log", "-c", file], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        for _ in range(100):
            if server.poll() is not None:
                raise AssertionError(f"nginx ended: {server.stderr.read().decode()}")
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=10)
