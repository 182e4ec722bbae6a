"""Graphite's web application on loopback, with the made-up incident in its files: graphite_server.py FOLDER PORT.

Debian's packages are unpacked and not installed; PYTHONPATH says where."""
import os
import pathlib
import socketserver
import sys
from unittest import mock
from wsgiref.simple_server import WSGIServer, make_server

import incident
import whisper

folder, port = pathlib.Path(sys.argv[1]), int(sys.argv[2])
for service, rows in incident.readings():
    place = folder / "whisper" / "shop" / service
    place.mkdir(parents=True)
    for column, name in enumerate(("requests", "errors", "latency"), 1):
        file = str(place / f"{name}.wsp")
        whisper.create(file, [(60, 5 * 365 * 24 * 60)])
        whisper.update_many(file, [(row[0], row[column]) for row in rows if row[0] % 60 == 0])

(folder / "graphite_settings.py").write_text(f"""
SECRET_KEY = "none"
TIME_ZONE = "UTC"
STORAGE_DIR = CONF_DIR = LOG_DIR = {str(folder)!r}
WHISPER_DIR = STORAGE_DIR + "/whisper"
STANDARD_DIRS = [WHISPER_DIR]
INDEX_FILE = STORAGE_DIR + "/index"
CARBONLINK_HOSTS = CLUSTER_SERVERS = []
DATABASES = {{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": STORAGE_DIR + "/graphite.db"}}}}
ALLOWED_HOSTS = ["*"]
""")
sys.path.insert(0, str(folder))
os.environ.update(DJANGO_SETTINGS_MODULE="graphite.settings", GRAPHITE_SETTINGS_MODULE="graphite_settings")
sys.modules["cairo"] = mock.MagicMock()  # draws pictures, which nobody asks for

import django  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402

django.setup()
call_command("migrate", run_syncdb=True, verbosity=0)


class Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True


make_server("127.0.0.1", port, get_wsgi_application(), server_class=Server).serve_forever()
