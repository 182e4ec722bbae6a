"""The digest of the demo, taken by aiosmtpd: over STARTTLS or TLS, with a password, and once."""
import email
import email.policy
import html
import json
import pathlib
import re
import shutil
import subprocess

from rig import CASEBOARD, PROGRAMS, caseboard, fact, folder, free_port, issue, listening, stop, stored

NOW, LATER, LAST = (f"2026-03-10T15:{minute}:00Z" for minute in (20, 30, 40))


def demo():
    """A workspace that has read the demo story and told nobody."""
    place = folder / "demo"
    subprocess.run([CASEBOARD, "init", "--demo", place, "--now", NOW], check=True, capture_output=True)
    caseboard(place, "run", "--only", "collect,correlate", now=NOW)
    return place


def configure(place, password, delivery):
    delivery = {name: value for name, value in delivery.items() if value}
    text = (folder / "demo/caseboard.yaml").read_text()
    mine = f"delivery: {json.dumps([delivery])}\n"
    (place / "caseboard.yaml").write_text(re.sub(r"^delivery:\n(?:[ -].*\n)+", lambda _: mine, text, flags=re.MULTILINE))
    (place / "password").write_text(f"{password}\n")
    (place / "password").chmod(0o600)


def check_smtp():
    issue("mail-ca")
    issue("mail", signer="mail-ca")
    issue("other-ca")
    port, tls_port, inbox = free_port(), free_port(), folder / "inbox"
    program = pathlib.Path(__file__).with_name("smtp_server.py")
    server = listening("aiosmtpd", [PROGRAMS / "python", program, str(port), str(tls_port), folder / "mail.pem", folder / "mail.key", inbox,
                                    "right-word"], tls_port)
    usual = {"kind": "smtp", "host": "127.0.0.1", "port": str(port), "username": "board", "password_file": "password",
             "ca_file": str(folder / "mail-ca.pem"), "from": "Böard <board@shop.example>",
             "to": ["Ann <ann@shop.example>", "bob@shop.example"]}
    taken = set()

    def came():
        """Mails since it was last asked."""
        new = set((inbox / "new").iterdir()) - taken
        taken.update(new)
        return [email.message_from_bytes(file.read_bytes(), policy=email.policy.default) for file in new]

    base = demo()

    def board(name, password="right-word", **changes):
        place = folder / name
        shutil.copytree(base, place)
        configure(place, password, dict(usual, **changes))
        return place

    place = board("smtp-board")
    run = caseboard(place, "run", now=NOW)
    mails = came()
    fact(run["digests_delivered"] == 1 and len(mails) == 1, "the digest arrives over STARTTLS, once")
    mail = mails[0]
    fact(mail["X-MailFrom"] == "board@shop.example", "from the sender")
    fact(mail["X-RcptTo"] == "ann@shop.example, bob@shop.example", "for both recipients")
    fact(not mail.defects and mail.get_content_type() == "multipart/alternative", "Python's email finds no fault with it")
    text, page = (" ".join(html.unescape(mail.get_body((kind,)).get_content()).split()) for kind in ("plain", "html"))
    titles = [each["title"] for each in caseboard(place, "list", now=NOW)["investigations"]]
    fact(titles and all(title in text and title in page for title in titles), f"text and HTML name each of {len(titles)} investigations")
    fact(mail["From"].addresses[0].display_name == "Böard" and len(mail["To"].addresses) == 2, "it says from whom and to whom")
    fact(mail["Subject"].startswith("New: #"), "what it is about")
    fact(mail["Date"].datetime.isoformat() == "2026-03-10T15:20:00+00:00", "and when")
    fact(re.fullmatch(r"<\S+@shop\.example>", mail["Message-ID"]), "it has its id")
    fact("<caseboard.shop.example>" in mail["List-Id"], "and that of its list")
    fact(mail["Auto-Submitted"] == "auto-generated", "and nobody's holiday answers it")
    fact(caseboard(place, "run", now=LATER)["digests_delivered"] == 0 and not came(), "a second run sends nothing")

    place = board("smtps-board", port=str(tls_port), security="tls")
    caseboard(place, "deliver", now=NOW)
    fact([each["Message-ID"] for each in came()] == [mail["Message-ID"]], "over TLS from the first byte comes the same")

    for name, password, ca_file, words in [
            ("wrong-password", "wrong-word", "mail-ca.pem", "refused the log-in: 535 5.7.8 Authentication credentials invalid"),
            ("other-authority", "right-word", "other-ca.pem", "the certificate of 127.0.0.1"),
            ("no-authority", "right-word", None, "the certificate of 127.0.0.1")]:
        place = board(name, password, ca_file=ca_file and str(folder / ca_file))
        said = caseboard(place, "deliver", now=NOW, expect=1)["failures"]
        fact(len(said) == 1 and words in said[0] and "wrong-word" not in said[0], f"{name}: {said[0]}")
        fact(not came() and stored(place, "SELECT state FROM outbox") == [("pending",)], "nothing is sent, the digest waits in the outbox")
        configure(place, "right-word", usual)
        fact(caseboard(place, "deliver", now=LATER)["digests_delivered"] == 1 and len(came()) == 1, "and is sent when that is mended")
        fact(caseboard(place, "deliver", now=LAST)["digests_delivered"] == 0 and not came(), "once")

    place = board("nobody-board", to=["ann@shop.example", "nobody@shop.example"])
    said = caseboard(place, "deliver", now=NOW, expect=1)["failures"]
    fact("550 5.1.1" in said[0] and not came(), "one recipient that is refused stops the mail")
    letter = caseboard(place, "dlq", "list", now=NOW)["dead_letters"][0]
    fact("550 5.1.1" in letter["reason"] and "dlq retry" in letter["remedy"], "which is a dead letter then, that says what to do")
    stop(server)
