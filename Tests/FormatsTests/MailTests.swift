import Formats
import Model
import TestKit
import Testing

@Suite struct MailTests {
    private static let fallback = Instant(rfc3339: "2026-03-10T20:00:00Z")!
    private func read(_ text: String) -> Reading {
        Array(text.replacing("\n", with: "\r\n").utf8).withUnsafeBytes {
            MailReader.read($0, from: DocumentOrigin(origin: "mail", path: "m", service: "shop", fallbackTime: Self.fallback))
        }
    }
    private static let head = """
        Date: Tue, 10 Mar 2026 14:12:00 +0000
        From: Ann Example <ann@example.org>
        Message-ID: <m1@example.org>

        """
    private func report(_ headers: String, _ body: String = "Carts are empty.") -> Event? {
        read(Self.head + headers + "\n\n" + body + "\n").events.first
    }

    // MARK: Reports

    @Test func `a mail is a report by its sender, of its date`() throws {
        let event = try #require(report("Subject: Checkout is slow"))
        #expect(event.type == .report)
        #expect(event.role == .signal)
        #expect(event.title == "Checkout is slow")
        #expect(event.body == "Carts are empty.")
        #expect(event.occurredAt == Instant(rfc3339: "2026-03-10T14:12:00Z"))
        #expect(event.attributes["reporter"] == "Ann Example")
        #expect(event.sourceID == "m1@example.org")
        #expect(event.service == "shop")
    }

    @Test func `a mail was written no later than a server took it`() throws {
        let received = "Received: from a by b; Tue, 10 Mar 2026 14:03:00 +0000\n"
        #expect(report(received + "Subject: x")?.occurredAt == Instant(rfc3339: "2026-03-10T14:03:00Z"))
    }

    @Test func `without any date it is of the time at which it came`() {
        #expect(read("Subject: x\nMessage-ID: <a@b>\n\nhi\n").events.first?.occurredAt == Self.fallback)
    }

    @Test func `one without an id is known by its bytes`() {
        let texts = ["Subject: x\n\nhi\n", "Subject: x\n\nhi\n", "Subject: x\n\nho\n"]
        #expect(Set(texts.compactMap { read($0).events.first?.fingerprint }).count == 2)
    }

    @Test func `encoded words and charsets are read`() throws {
        let event = try #require(
            report(
                "Subject: =?iso-8859-1?Q?K=F6ln_ist_langsam?=\nContent-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable",
                "f=FCr alle"))
        #expect(event.title == "Köln ist langsam")
        #expect(event.body == "für alle")
    }

    @Test(arguments: [
        ("** PROBLEM Service Alert: web1/http is CRITICAL **", Severity.critical, EventRole.signal),
        ("** PROBLEM Host Alert: web1 is DOWN **", .critical, .signal), ("[WARNING] disk is filling", .medium, .signal),
        ("** RECOVERY Service Alert: web1/http is OK **", .info, .context), ("Resolved: disk is filling", .info, .context),
        ("Checkout is critical to us", .medium, .signal),
    ])
    func `what a monitor says in capitals is how bad it is`(subject: String, severity: Severity, role: EventRole) throws {
        let event = try #require(report("Subject: \(subject)\nAuto-Submitted: auto-generated"))
        #expect(event.severity == severity)
        #expect(event.role == role)
    }

    @Test func `a mail marked as important is worse`() {
        #expect(report("Subject: x\nX-Priority: 1 (Highest)")?.severity == .high)
        #expect(report("Subject: x\nImportance: high")?.severity == .high)
    }

    // MARK: Parts

    private func parts(_ kind: String, _ parts: [String]) -> String {
        "Subject: x\nContent-Type: multipart/\(kind); boundary=b\n\n" + parts.map { "--b\n\($0)\n" }.joined() + "--b--"
    }

    @Test func `of alternatives the plain text is read`() {
        let mail = parts("alternative", ["Content-Type: text/plain\n\nplain words", "Content-Type: text/html\n\n<p>marked up</p>"])
        #expect(read(Self.head + mail).events.first?.body == "plain words")
    }

    @Test func `markup alone becomes text`() {
        let mail = "Subject: x\nContent-Type: text/html\n\n<style>p{}</style><p>Carts &amp; orders</p><p>are empty</p><script>x()</script>"
        #expect(read(Self.head + mail).events.first?.body == "Carts & orders\n\nare empty")
    }

    @Test func `an empty plain text does not hide the markup`() {
        let mail = parts("alternative", ["Content-Type: text/plain\n\n ", "Content-Type: text/html\n\n<b>words</b>"])
        #expect(read(Self.head + mail).events.first?.body == "words")
    }

    @Test func `what is attached is named and not read`() {
        let mail = parts(
            "mixed",
            [
                "Content-Type: text/plain\n\nsee the log",
                "Content-Type: text/plain\nContent-Disposition: attachment; filename=app.log\n\nERROR everything",
                "Content-Type: image/png; name=shot.png\n\n....",
            ])
        let event = read(Self.head + mail).events.first
        #expect(event?.body == "see the log")
        #expect(event?.attributes["attachments"] == .strings(["app.log", "shot.png"]))
    }

    @Test func `a mail that was passed on says what was in it`() {
        let inner = "Content-Type: message/rfc822\n\nSubject: Disk is full\nFrom: bob@example.org\n\nno room"
        let body = read(Self.head + parts("mixed", ["Content-Type: text/plain\n\nfyi", inner])).events.first?.body
        #expect(body == "fyi\n\nForwarded: Disk is full\n\nno room")
    }

    // MARK: Not evidence

    @Test(arguments: [
        "Auto-Submitted: auto-replied", "Precedence: auto_reply", "X-Autoreply: yes", "Return-Path: <>", "X-Failed-Recipients: a@b.c",
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b",
    ])
    func `automatic answers and reports of mail servers are no evidence`(header: String) {
        let reading = read(Self.head + "Subject: Out of office\n\(header)\n\nI am away\n")
        #expect(reading.events.isEmpty && reading.rejections.isEmpty)
    }

    @Test func `our own digest that comes back is no evidence`() {
        let mail = "Subject: 1 new\nList-Id: Caseboard <caseboard.example.org>\nAuto-Submitted: auto-generated\n\nnews\n"
        #expect(read(Self.head + mail).events.isEmpty)
    }

    @Test func `what begins with no header is refused with the reason`() {
        #expect(read("\n\nhello").rejections.first?.reason == "it is no mail: it does not begin with a header")
        #expect(read("").rejections.count == 1)
    }

    // MARK: Answers

    @Test func `an answer to a digest is a note that knows its thread`() throws {
        let event = try #require(
            report(
                "Subject: Re: 1 new\nIn-Reply-To: <digest_aa11@example.org>\nReferences: <thread_bb22@example.org> <digest_aa11@example.org>",
                "It was the cache.\n\nOn Tue, 10 Mar 2026 at 14:10, Caseboard wrote:\n> 1 new investigation\n"))
        #expect(event.type == .note)
        #expect(event.role == .context)
        #expect(event.title == "It was the cache.")
        #expect(event.body == "It was the cache.")
        #expect(event.attributes["digest"] == "digest_aa11")
        #expect(event.attributes["thread"] == "thread_bb22")
        #expect(event.attributes[EventAttribute.author] == "Ann Example")
    }

    @Test func `a monitor's mail about an earlier one of its own is a report`() {
        #expect(report("Subject: x\nReferences: <a@b>\nAuto-Submitted: auto-generated")?.type == .report)
    }

    @Test(arguments: [
        ("Yes.\n\n-- \nAnn\nexample.org", "Yes."),
        ("Yes.\n\nAm 10.03.2026 um 14:10 schrieb Caseboard:\n> old\n> older\n", "Yes."),
        ("Yes.\n\nOn Tuesday, 10 March 2026, Caseboard\n<board@example.org> wrote:\n> old", "Yes."),
        ("Yes.\n________________________________\nFrom: Board <b@example.org>\nSent: Tuesday\nTo: Ann\nSubject: x\n\nold words", "Yes."),
        ("Yes.\n\nVon: Board <b@example.org>\nGesendet: Dienstag\nAn: Ann\nBetreff: x\n\nalte Worte", "Yes."),
        ("Yes.\n\n-----Original Message-----\nFrom: Board\nTo: Ann\nSubject: x\n\nold", "Yes."),
        // Not certain: everything stays.
        ("> was it the cache?\nYes.\n> or the disk?\nNo.", "> was it the cache?\nYes.\n> or the disk?\nNo."),
        ("> only a quotation", "> only a quotation"),
        ("It says error 500:\n> ERROR no room\n> ERROR no room", "It says error 500:\n> ERROR no room\n> ERROR no room"),
        ("We saw:\nError: a\nRetry: b\nHost: c", "We saw:\nError: a\nRetry: b\nHost: c"),
        (
            "Steps:\n--\n" + (1...20).map { "step \($0)" }.joined(separator: "\n"),
            "Steps:\n--\n" + (1...20).map { "step \($0)" }.joined(separator: "\n")
        ),
    ])
    func `quotations and signatures are cut off where that is certain`(text: String, own: String) {
        #expect(MailAnswer.own(of: text).trimmingSuffix(while: \.isWhitespace) == own)
    }

    // MARK: Hostile input

    @Test func `parts without end cost no more than their bound`() {
        let deep = (0..<20_000).map { "Content-Type: multipart/mixed; boundary=b\($0)\n\n--b\($0)\n" }.joined()
        let wide = "Content-Type: multipart/mixed; boundary=b\n\n" + String(repeating: "--b\n\nx\n", count: 100_000)
        let nested = String(repeating: "Content-Type: message/rfc822\n\n", count: 30_000)
        for body in [deep, wide, nested] {
            let events = read("Subject: x\nMessage-ID: <a@b>\n" + body).events
            #expect(events.count == 1)
            #expect(events.allSatisfy { $0.body.utf8.count <= Limits.bodyBytes + 3 })
        }
    }

    @Test func `random bytes and cut mails never trap`() {
        var random = SeededGenerator(seed: 9)
        let whole = Array(
            (Self.head + parts("mixed", ["Content-Type: text/plain; charset=utf-16\n\nwords", "Content-Type: text/html\n\n<p"])).utf8)
        for round in 0..<2_000 {
            var bytes = whole
            for _ in 0..<(round % 20) { bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random) }
            bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random))
            let reading = bytes.withUnsafeBytes {
                MailReader.read($0, from: DocumentOrigin(origin: "m", path: "m", fallbackTime: Self.fallback))
            }
            #expect(reading.events.count + reading.rejections.count <= 1)
        }
    }
}

extension String {
    fileprivate func trimmingSuffix(while isGone: (Character) -> Bool) -> String {
        String(reversed().drop(while: isGone).reversed())
    }
}
