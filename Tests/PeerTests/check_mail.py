"""A mailbox of Dovecot over IMAP, and the same as a Maildir."""
import grp
import imaplib
import json
import ssl

import incident
from rig import caseboard, certificate, fact, folder, free_port, listening, owned, someone, workspace


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
    found = {each["name"]: each["findings"] for each in caseboard(board, "check", now=now)["sources"]}
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
