import CMail
import Model

/// Reads one mail (RFC 5322 and MIME, by GMime): what somebody or a monitor reports, or a note when it answers another mail.
///
/// The same mail is the same fact wherever it lies, by its `Message-ID`. What no person and no monitor has to say is no fact: our
/// own digests that come back, automatic answers, and reports of mail servers about mails.
package enum MailReader {
    /// The largest part of a mail that is looked at, unless its source says otherwise.
    package static let usualBytes = 1 << 20

    package static func read(_ bytes: UnsafeRawBufferPointer, from document: DocumentOrigin) -> Reading {
        var reading = Reading()
        guard let mail = ParsedMail(bytes) else {
            reading.refuse("it is no mail: it does not begin with a header", excerpt: StructuredText.excerpt(bytes.prefix(400)))
            return reading
        }
        guard !mail.isOurs, !mail.isAutomaticAnswer else { return reading }
        reading.events = [mail.isAnswer ? note(mail, document) : report(mail, document)]
        return reading
    }

    private static func report(_ mail: ParsedMail, _ document: DocumentOrigin) -> Event {
        let text = mail.text
        let said = MonitorWords(mail.subject)
        var attributes = mail.attributes(answering: false)
        attributes["reporter"] = mail.sender.map { .string($0) }
        if said.isOver { attributes[EventAttribute.status] = "resolved" }
        return Event(
            source: .tickets, type: .report, subject: mail.identity, at: mail.time ?? document.fallbackTime,
            role: said.isOver ? .context : .signal, severity: said.isOver ? .info : said.severity ?? (mail.isUrgent ? .high : .medium),
            title: StructuredText.title(mail.subject ?? firstLine(text) ?? "mail without a subject"), body: StructuredText.body(text),
            service: document.service, environment: document.environment, attributes: StructuredText.bounded(attributes),
            origin: document.origin, sourceID: mail.messageID)
    }

    private static func note(_ mail: ParsedMail, _ document: DocumentOrigin) -> Event {
        let text = MailAnswer.own(of: mail.text)
        var attributes = mail.attributes(answering: true)
        attributes[EventAttribute.author] = mail.sender.map { .string($0) }
        attributes["subject"] = mail.subject.map { .string(StructuredText.title($0)) }
        return Event(
            source: .manual, type: .note, subject: mail.identity, at: mail.time ?? document.fallbackTime,
            title: StructuredText.title(firstLine(text) ?? mail.subject ?? "answer without a text"), body: StructuredText.body(text),
            service: document.service, environment: document.environment, attributes: StructuredText.bounded(attributes),
            origin: document.origin, sourceID: mail.messageID)
    }

    private static func firstLine(_ text: String) -> String? {
        text.split(whereSeparator: \.isNewline).lazy.compactMap { StructuredText.name(String($0)) }.first
    }
}

/// What the subjects of monitors say in capitals, as Nagios, Icinga and Zabbix write them.
private struct MonitorWords {
    var severity: Severity?
    var isOver = false

    init(_ subject: String?) {
        guard let subject else { return }
        let words = Set(subject.split { !($0.isASCII && $0.isLetter) }.map(String.init))
        if !words.isDisjoint(with: ["CRITICAL", "DISASTER", "DOWN", "UNREACHABLE", "FATAL"]) {
            severity = .critical
        } else if words.contains("WARNING") {
            severity = .medium
        }
        isOver = !words.isDisjoint(with: ["RECOVERY", "RECOVERED", "RESOLVED", "OK"]) || subject.lowercased().hasPrefix("resolved")
    }
}

/// One mail, as far as it matters here.
private struct ParsedMail {
    let messageID: String?
    /// The `Message-ID`, or what the bytes hash to.
    let identity: String
    let subject: String?
    /// The name of who wrote it, or the address.
    let sender: String?
    /// When it was written, and no later than when a mail server took it: clocks of senders go wrong.
    let time: Instant?
    /// Plain; markup is turned into text.
    let text: String
    let isUrgent: Bool
    /// Of those before it in its thread, the first first.
    let references: [String]
    let isAnswer: Bool
    let isOurs: Bool
    let isAutomaticAnswer: Bool
    private let attachments: [String]

    private static let limits = cmail_limits(depth: 32, parts: 2_000, text_bytes: 8 * Limits.bodyBytes)

    init?(_ bytes: UnsafeRawBufferPointer) {
        guard !bytes.isEmpty, let mail = cmail_read(bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count, Self.limits) else {
            return nil
        }
        defer { cmail_free(mail) }
        func string(_ text: UnsafePointer<CChar>?) -> String? { text.map { String(cString: $0) } }
        func header(_ name: String) -> String? { string(cmail_header(mail, name)) }
        func word(_ name: String) -> String { (header(name) ?? "").prefix { $0 != ";" && $0 != "(" }.lowercased().filter { $0 != " " } }

        messageID = header("Message-ID").flatMap { Self.ids($0).first }
        identity = messageID ?? SHA256Digest.hex(of: Array(bytes))
        subject = StructuredText.name(header("Subject"))
        let address = StructuredText.name(string(cmail_sender_address(mail)))
        sender = StructuredText.name(string(cmail_sender_name(mail))) ?? address
        let taken = header("Received").flatMap { $0.split(separator: ";").last }.flatMap { Instant(feedDate: String($0)) }
        let written = header("Date").flatMap { Instant(feedDate: $0) }
        time = written.map { min($0, taken ?? $0) } ?? taken
        let texts = (0..<cmail_text_count(mail)).map { index in
            let text = string(cmail_text(mail, index)) ?? ""
            return cmail_text_is_html(mail, index) == 0 ? StructuredText.body(text) : MarkupText.plain(text)
        }
        text = texts.filter { !$0.isEmpty }.joined(separator: "\n\n")
        attachments = (0..<cmail_attachment_count(mail)).compactMap { StructuredText.name(string(cmail_attachment(mail, $0))) }
        isUrgent =
            ["1", "2"].contains { word("X-Priority").hasPrefix($0) } || word("Importance") == "high" || word("Priority") == "urgent"

        let before = Self.ids(header("References") ?? "") + Self.ids(header("In-Reply-To") ?? "")
        references = before.enumerated().filter { before.firstIndex(of: $0.element) == $0.offset }.map(\.element)
        let automatic = word("Auto-Submitted")
        // A monitor's mail about an earlier one of its own is a report, not an answer.
        isAnswer = !references.isEmpty && !automatic.hasPrefix("auto-generated")
        isOurs = automatic.hasPrefix("auto-generated") && word("List-Id").contains("<caseboard.")
        let author = address?.prefix { $0 != "@" }.lowercased() ?? ""
        isAutomaticAnswer =
            automatic.hasPrefix("auto-replied") || automatic.hasPrefix("auto-notified")
            || ["auto_reply", "auto-reply"].contains(word("Precedence"))
            || ["X-Autoreply", "X-Autorespond", "X-Failed-Recipients"].contains { header($0) != nil }
            || string(cmail_type(mail)) == "multipart/report" || word("Return-Path") == "<>" || author == "mailer-daemon"
    }

    /// `<left@right>` as often as it stands there, without the brackets.
    private static func ids(_ text: String) -> [String] {
        text.split(separator: "<").dropFirst(text.hasPrefix("<") ? 0 : 1).prefix(100).compactMap { part in
            guard let end = part.firstIndex(of: ">") else { return nil }
            return StructuredText.name(String(part[..<end]).filter { !$0.isWhitespace })
        }
    }

    func attributes(answering: Bool) -> [String: JSONValue] {
        var attributes: [String: JSONValue] = [:]
        if !attachments.isEmpty { attributes["attachments"] = .strings(attachments) }
        guard answering else { return attributes }
        attributes["in_reply_to"] = references.last.map { .string($0) }
        attributes["references"] = .strings(references.suffix(20))
        // What our own digests name: the mail, and the thread of the investigation that it is about first.
        func own(_ kind: String) -> JSONValue? { references.last { $0.hasPrefix(kind) }.map { .string(String($0.prefix { $0 != "@" })) } }
        attributes["digest"] = own("digest_")
        attributes["thread"] = own("thread_")
        return attributes
    }
}
