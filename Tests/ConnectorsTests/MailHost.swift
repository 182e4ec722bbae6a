import Synchronization
import TestKit

/// A mail server of few words (IMAP4rev1, RFC 3501); `spoil` may answer a command in another way.
final class MailHost: SpokenServer {
    struct Box {
        var validity = 7
        var mails: [(uid: Int, text: String)] = []
    }
    let box = Mutex(Box())
    let spoil = Mutex<(@Sendable (String, LoopbackServer.Connection) -> Bool)?>(nil)

    static func mail(_ id: String) -> String {
        "Date: Thu, 01 Jan 2026 11:00:00 +0000\r\nFrom: ann@example.org\r\nMessage-ID: <\(id)@example.org>\r\nSubject: \(id)\r\n\r\nwords\r\n"
    }

    func server() throws -> LoopbackServer {
        try LoopbackServer { server, connection in self.serve(connection, of: server) { $1.write($0.bytes) } }
    }

    func serve(_ connection: LoopbackServer.Connection, of server: LoopbackServer, say: Speech) {
        guard say(Utterance(.connecting, Array("* OK ready\r\n".utf8)), connection) else { return }
        while let line = connection.read(through: "\r\n") {
            let words = line.dropLast().split(separator: " ", maxSplits: 1).map(String.init)
            guard words.count == 2 else { return }
            let (tag, command) = (words[0], words[1])
            server.note(command)
            if spoil.withLock({ $0 })?(command, connection) == true { return }
            let isLogIn = command.hasPrefix("LOGIN") || command.hasPrefix("AUTHENTICATE")
            let moment: Utterance.Moment = command.contains("BODY.PEEK") ? .answering : isLogIn ? .loggingIn : .otherwise
            let items = answer(command).map { Array($0.utf8) }
            guard say(Utterance(moment, items: items, end: Array("\(tag) OK done\r\n".utf8), tag: tag), connection) else { return }
            if command == "LOGOUT" { return }
        }
    }

    private func answer(_ command: String) -> [String] {
        let box = box.withLock { $0 }
        if command == "CAPABILITY" { return ["* CAPABILITY IMAP4rev1\r\n"] }
        if command.hasPrefix("EXAMINE") {
            let next = (box.mails.last?.uid ?? 0) + 1
            return ["* \(box.mails.count) EXISTS\r\n", "* OK [UIDVALIDITY \(box.validity)] fine\r\n", "* OK [UIDNEXT \(next)] next\r\n"]
        }
        if command.hasPrefix("UID SEARCH UID ") {
            let last = box.mails.last?.uid ?? 0
            let wanted = Self.set(command.dropFirst(15), last: last)
            return ["* SEARCH" + box.mails.filter { wanted($0.uid) }.map { " \($0.uid)" }.joined() + "\r\n"]
        }
        if command.hasPrefix("UID SEARCH") { return ["* SEARCH" + box.mails.map { " \($0.uid)" }.joined() + "\r\n"] }
        guard command.hasPrefix("UID FETCH") else { return [] }
        let wanted = Self.set(command.split(separator: " ")[2], last: box.mails.last?.uid ?? 0)
        return box.mails.enumerated().filter { wanted($1.uid) }.map { index, mail in
            if command.contains("RFC822.SIZE") { return "* \(index + 1) FETCH (UID \(mail.uid) RFC822.SIZE \(mail.text.utf8.count))\r\n" }
            let text = mail.text.prefix(Int(command.split(separator: "<0.")[1].prefix { $0.isNumber }) ?? 0)
            return
                "* \(index + 1) FETCH (UID \(mail.uid) INTERNALDATE \" 1-Jan-2026 11:30:00 +0000\" BODY[]<0> {\(text.utf8.count)}\r\n\(text))\r\n"
        }
    }

    /// Whether a number is in `3:5,9` or `7:*`, where `*` is the last number, which may be before the first.
    private static func set(_ text: Substring, last: Int) -> (Int) -> Bool {
        let ranges = text.split(separator: ",").map { part in
            let ends = part.split(separator: ":").map { $0 == "*" ? last : Int($0) ?? 0 }
            return min(ends[0], ends.last ?? 0)...max(ends[0], ends.last ?? 0)
        }
        return { number in ranges.contains { $0.contains(number) } }
    }
}
