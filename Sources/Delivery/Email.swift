import Model

/// Who sends, and the names that make a mail part of a list and of a thread.
package struct MailIdentity: Hashable, Sendable {
    package var from: MailAddress
    /// The right side of Message-IDs and of the List-Id: the sender's domain unless set.
    package var host: String
    /// Shown by mail programs for the list.
    package var listName: String

    package init(from: MailAddress, host: String? = nil, listName: String = "Caseboard") {
        self.from = from
        self.host = MailID.host(host ?? from.domain)
        self.listName = listName
    }
}

/// The parts of a Message-ID: only characters that need no quoting in a header and no care in a file name.
package enum MailID {
    /// The left part. What has to be changed or cut gets a fingerprint of the original, so that different ids stay different.
    package static func local(_ id: String) -> String {
        let safe = id.utf8.map { isSafe($0) ? $0 : UInt8(ascii: "-") }
        var text = String(decoding: safe, as: UTF8.self)
        let isClean =
            text == id && !text.isEmpty && text.utf8.count <= 100 && !text.hasPrefix(".") && !text.hasSuffix(".") && !text.contains("..")
        if isClean { return text }
        text = text.replacing(".", with: "-")
        return "\(text.clipped(toASCII: 60))-\(Fingerprint(id).text)"
    }

    static func host(_ host: String) -> String {
        let labels = host.lowercased().split(separator: ".", omittingEmptySubsequences: false)
        let isName = labels.allSatisfy { label in
            !label.isEmpty && label.utf8.count <= 63
                && label.utf8.allSatisfy { (48...57).contains($0) || (97...122).contains($0) || $0 == 45 }
        }
        return isName && host.utf8.count <= 200 ? host.lowercased() : "caseboard.invalid"
    }

    private static func isSafe(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...90, 97...122, 45, 46, 95, 43: true  // digits, letters, - . _ +
        default: false
        }
    }
}

extension String {
    fileprivate func clipped(toASCII count: Int) -> String { String(decoding: utf8.prefix(count), as: UTF8.self) }
}

/// Composes a mail as bytes: RFC 5322 header, RFC 2045/2046 `multipart/alternative` of text and HTML, both quoted-printable.
/// The same input gives the same bytes; nothing in the input can add a header or end a part.
package enum Email {
    /// Earlier ids kept in `References`: the first of the thread and the latest, as RFC 5322 advises for long threads.
    private static let referenceLimit = 20

    package static func messageID(_ id: String, _ identity: MailIdentity) -> String { "<\(MailID.local(id))@\(identity.host)>" }

    package static func compose(_ message: OutgoingMail, from identity: MailIdentity) throws(DeliveryError) -> [UInt8] {
        let mail = message.mail
        let to = try recipients(of: message)
        let boundary = "=_\(Fingerprint("boundary", mail.id, mail.text, mail.html).text)"
        var out: [UInt8] = []
        func add(_ text: String) { out.append(contentsOf: text.utf8) }
        add("Date: \(date(message.date))\r\n")
        add(MailHeader.addresses("From", [identity.from]))
        add(MailHeader.addresses("To", to))
        add(MailHeader.text("Subject", mail.subject.isEmpty ? "(no subject)" : mail.subject))
        add("Message-ID: \(messageID(mail.id, identity))\r\n")
        let references = shortened(mail.references.filter { $0 != mail.id }).map { messageID($0, identity) }
        if let last = references.last {
            add("In-Reply-To: \(last)\r\n")
            add(MailHeader.folded("References", references))
        }
        add(MailHeader.folded("List-Id", MailHeader.phrase(identity.listName) + ["<caseboard.\(identity.host)>"]))
        add("Auto-Submitted: auto-generated\r\n")
        add("MIME-Version: 1.0\r\n")
        add("Content-Type: multipart/alternative;\r\n boundary=\"\(boundary)\"\r\n")
        add("\r\n")
        for (kind, body) in [("plain", mail.text), ("html", mail.html)] {
            add("--\(boundary)\r\n")
            add("Content-Type: text/\(kind); charset=utf-8\r\n")
            add("Content-Transfer-Encoding: quoted-printable\r\n\r\n")
            out.append(contentsOf: QuotedPrintable.encode(withoutControls(body)))
            add("\r\n")
        }
        add("--\(boundary)--\r\n")
        return out
    }

    /// Terminal escapes and text-direction overrides have no business in a mail that may be read in a terminal.
    private static func withoutControls(_ body: String) -> String {
        let isAllowed: (Unicode.Scalar) -> Bool = { !$0.isDangerous || $0 == "\n" || $0 == "\r" || $0 == "\t" }
        if body.unicodeScalars.allSatisfy(isAllowed) { return body }
        return String(String.UnicodeScalarView(body.unicodeScalars.map { isAllowed($0) ? $0 : " " }))
    }

    static func recipients(of message: OutgoingMail) throws(DeliveryError) -> [MailAddress] {
        guard !message.to.isEmpty else { throw .noRecipient }
        var list: [MailAddress] = []
        for text in message.to {
            guard let address = MailAddress(text) else { throw .badAddress(text.clipped(to: 100)) }
            list.append(address)
        }
        return list
    }

    private static func shortened(_ references: [String]) -> [String] {
        references.count <= referenceLimit ? references : [references[0]] + references.suffix(referenceLimit - 1)
    }

    /// `Sun, 22 Nov 2026 23:05:00 +0000` (RFC 5322, 3.3).
    private static func date(_ instant: Instant) -> String {
        let time = min(max(instant, Instant.representable.lowerBound), Instant.representable.upperBound).civil
        let clock = "\(padded(time.hour, 2)):\(padded(time.minute, 2)):\(padded(time.second, 2))"
        return "\(time.weekdayName), \(padded(time.day, 2)) \(time.monthName) \(padded(time.year, 4)) \(clock) +0000"
    }
}

/// Quoted-printable (RFC 2045, 6.7): lines of at most 76 characters, ended by CRLF.
enum QuotedPrintable {
    /// Every line end (CRLF, LF, CR) is a line end of the text. A dot and `From ` at the start of a line are encoded too,
    /// because mail programs on the way treat them specially.
    static func encode(_ text: String) -> [UInt8] {
        let hex = Array("0123456789ABCDEF".utf8)
        let bytes = Array(text.utf8)
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count + bytes.count / 8)
        var column = 0
        var at = 0
        func isLineEnd(_ index: Int) -> Bool { index >= bytes.count || bytes[index] == 10 || bytes[index] == 13 }
        while at < bytes.count {
            let byte = bytes[at]
            if byte == 10 || byte == 13 {
                out += [13, 10]
                column = 0
                at += byte == 13 && at + 1 < bytes.count && bytes[at + 1] == 10 ? 2 : 1
                continue
            }
            let isBlank = byte == 32 || byte == 9
            let isPlain = byte > 32 && byte < 127 && byte != 61 || isBlank && !isLineEnd(at + 1)
            let startsSpecially = column == 0 && (byte == 46 || bytes[at...].starts(with: "From ".utf8))
            let width = isPlain && !startsSpecially ? 1 : 3
            // The last column belongs to the soft line break, unless the line ends here anyway.
            if column + width > (isLineEnd(at + 1) ? 76 : 75) {
                out += [61, 13, 10]
                column = 0
                continue
            }
            if width == 1 { out.append(byte) } else { out += [61, hex[Int(byte >> 4)], hex[Int(byte & 15)]] }
            column += width
            at += 1
        }
        return out
    }
}
