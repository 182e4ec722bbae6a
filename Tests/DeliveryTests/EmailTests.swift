import Foundation
import Model
import TestKit
import Testing

@testable import Delivery

private let moment = Instant(ms: 1_795_388_700_000)  // Sun, 22 Nov 2026 23:05:00 UTC

private func identity() throws -> MailIdentity {
    MailIdentity(from: try #require(MailAddress("Caseboard <board@example.org>")))
}

private func composed(
    subject: String = "One new", text: String = "Hello\n", html: String = "<p>Hello</p>\n", id: String = "digest-1",
    references: [String] = [],
    to: [String] = ["ann@example.org"]
) throws -> String {
    let mail = DigestMail(subject: subject, text: text, html: html, id: id, references: references)
    return String(decoding: try Email.compose(OutgoingMail(mail: mail, to: to, date: moment), from: identity()), as: UTF8.self)
}

private func header(_ mail: String) -> String { String(mail[..<(mail.range(of: "\r\n\r\n")?.lowerBound ?? mail.endIndex)]) + "\r\n" }
private func fieldNames(_ mail: String) -> [String] {
    header(mail).components(separatedBy: "\r\n").filter { !$0.hasPrefix(" ") && !$0.isEmpty }.map { String($0.prefix { $0 != ":" }) }
}

@Suite struct EmailTests {
    @Test func `a digest is the mail in the golden`() throws {
        let mail = try composed(
            subject: "2 new, 1 worse: checkout — schlimmer", text: "Größe: 3\nFrom here on\n.dot\ntrailing blank \n",
            html: "<p>Größe&nbsp;= 3</p>\n",
            id: "digest-2026-11-22-ops", references: ["digest-2026-11-20-ops", "digest-2026-11-21-ops"],
            to: ["Ann Example <ann@example.org>", "bob@example.net"])
        try Golden.expect(mail, matches: "digest.eml", in: "DeliveryTests")
    }

    @Test func `the same digest is the same bytes`() throws {
        #expect(try composed() == composed())
    }

    @Test func `a header holds each field once`() throws {
        let expected = [
            "Date", "From", "To", "Subject", "Message-ID", "In-Reply-To", "References", "List-Id", "Auto-Submitted", "MIME-Version",
            "Content-Type",
        ]
        #expect(try fieldNames(composed(references: ["digest-0"])) == expected)
    }

    @Test(arguments: [
        "x\r\nBcc: eve@example.org", "x\nBcc: eve@example.org", "x\rBcc: eve@example.org", "x\u{2028}Bcc: eve@example.org", "x\u{0}y",
        "x\u{85}y\u{b}z",
        "=?utf-8?Q?x=0D=0ABcc:_eve@example.org?=", String(repeating: "\r\n", count: 50),
    ])
    func `hostile text adds no header`(text: String) throws {
        let mail = try composed(subject: text, id: text, references: [text + "1"])
        #expect(fieldNames(mail).count == 11)
        #expect(!header(mail).contains("\r\nBcc"))
        #expect(!header(mail).lowercased().contains("=?utf-8?q?x=0d"))
        #expect(!mail.contains("\0"))
    }

    @Test(arguments: ["a@b.org\r\nBcc: c@d.org", "Ann <a@b.org\n>", "a b@c.org", "Ann", "<>", "", "Ann <a@b.org> <", "ä@example.org"])
    func `what is no address is refused`(address: String) throws {
        #expect(throws: DeliveryError.badAddress(address.clipped(to: 100))) { _ = try composed(to: [address]) }
    }

    @Test func `a mail to nobody is refused`() {
        #expect(throws: DeliveryError.noRecipient) { _ = try composed(to: []) }
    }

    @Test(arguments: [
        ("Ann <a@b.org>", "Ann <a@b.org>"), ("\"Ann, the first\" <a@b.org>", "\"Ann, the first\" <a@b.org>"), ("a@b.org", "a@b.org"),
        ("Ann \"x\" <a@b.org>", "\"Ann \\\"x\\\"\" <a@b.org>"), ("Änn <a@b.org>", "=?utf-8?B?w4Rubg==?= <a@b.org>"),
        ("Ann\r\nBcc: c@d.org <a@b.org>", "\"Ann  Bcc: c@d.org\" <a@b.org>"),
    ])
    func `a name is written so that it stays a name`(address: String, expected: String) throws {
        let line = header(try composed(to: [address])).components(separatedBy: "\r\n").first { $0.hasPrefix("To:") }
        #expect(line?.replacing("  ", with: " ") == "To: " + expected.replacing("  ", with: " "))
    }

    @Test func `lines stay short and the mail is pure ASCII with CRLF ends, whatever comes in`() throws {
        var random = SeededGenerator(seed: 4)
        let alphabet = Array("ab =.\t\r\nFrom é漢🙂\u{202E}\u{1b}-_?\"<>\\").map(String.init) + ["From ", "--=_", "=?", "?="]
        for _ in 0..<400 {
            func text(_ count: Int) -> String {
                (0..<Int.random(in: 0...count, using: &random)).map { _ in alphabet.randomElement(using: &random) ?? "" }.joined()
            }
            let mail = try composed(
                subject: text(120), text: text(400), html: text(400), id: text(20), references: [text(5), text(80), text(3)])
            for line in mail.components(separatedBy: "\r\n") {
                #expect(
                    line.utf8.count <= 76 || line.hasPrefix("In-Reply-To:") || line.hasPrefix("Message-ID:")
                        || line.hasPrefix("References:") || line.hasPrefix(" <"), "\(line)")
                #expect(line.utf8.count <= 998)
                #expect(line.utf8.allSatisfy { $0 == 9 || ($0 >= 32 && $0 < 127) }, "\(line)")
            }
            #expect(mail.hasSuffix("--\r\n"))
        }
    }

    @Test func `quoted-printable reads back as what was written`() {
        var random = SeededGenerator(seed: 5)
        for _ in 0..<500 {
            let text = (0..<Int.random(in: 0...300, using: &random)).map { _ in
                ["a", "=", " ", "\t", "\n", "é", "🙂", ".", "From ", "zz"].randomElement(using: &random) ?? ""
            }.joined()
            let encoded = QuotedPrintable.encode(text)
            #expect(decoded(encoded) == text.replacing("\n", with: "\r\n"))
        }
    }

    @Test(arguments: ["one\ntwo", "one\r\ntwo", "one\rtwo"])
    func `every kind of line end becomes CRLF`(text: String) {
        #expect(String(decoding: QuotedPrintable.encode(text), as: UTF8.self) == "one\r\ntwo")
    }

    @Test func `blanks at a line's end are kept from mail programs that strip them`() {
        #expect(String(decoding: QuotedPrintable.encode("a \nb\t"), as: UTF8.self) == "a=20\r\nb=09")
    }

    @Test func `a line of exactly 76 characters is not broken`() {
        let line = String(repeating: "x", count: 76)
        #expect(
            String(decoding: QuotedPrintable.encode(line + "\n" + line + "y"), as: UTF8.self) == line + "\r\n" + line.dropLast() + "=\r\nxy"
        )
    }

    @Test func `different ids stay different when they are made safe`() {
        let ids = ["a/b", "a-b", "a b", "a\nb", "..", ".", "", "ä", String(repeating: "x", count: 300), String(repeating: "x", count: 301)]
        let made = ids.map(MailID.local)
        #expect(Set(made).count == ids.count)
        #expect(made.allSatisfy { !$0.contains("/") && !$0.hasPrefix(".") && $0.utf8.count <= 100 && !$0.isEmpty })
        #expect(MailID.local("digest-2026.11_22+x") == "digest-2026.11_22+x")
    }

    @Test(arguments: ["exa mple.org", "", "a..b", "ex>ample", "exämple.org"])
    func `a host that is no name is replaced`(host: String) throws {
        #expect(MailIdentity(from: try #require(MailAddress("a@b.org")), host: host).host == "caseboard.invalid")
    }

    @Test func `a long thread keeps its first and its latest ids`() throws {
        let mail = try composed(references: (1...60).map { "digest-\($0)x" })
        #expect(mail.contains("<digest-1x@example.org>"))
        #expect(mail.contains("In-Reply-To: <digest-60x@example.org>\r\n"))
        #expect(!mail.contains("<digest-30x@example.org>"))
    }

    private func decoded(_ bytes: [UInt8]) -> String {
        var out: [UInt8] = []
        var at = 0
        while at < bytes.count {
            if bytes[at] == 61 {
                if bytes[at + 1] != 13 { out.append(UInt8(String(decoding: bytes[at + 1...at + 2], as: UTF8.self), radix: 16)!) }
                at += 3
            } else {
                out.append(bytes[at])
                at += 1
            }
        }
        return String(decoding: out, as: UTF8.self)
    }
}
