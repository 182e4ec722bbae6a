import CCurl
import Foundation
import Glibc
import Model

/// A mailbox of a mail server, spoken to in IMAP4rev1 (RFC 3501).
package struct IMAPMailbox: Hashable, Sendable {
    /// `imaps://host/INBOX`; the path is the mailbox's name as the server lists it.
    package var url: String
    package var username: String?
    /// The password, or an access token of OAuth 2.0.
    package var secret: String?
    package var usesToken = false
    package init(url: String, username: String? = nil, secret: String? = nil, usesToken: Bool = false) {
        self.url = url
        self.username = username
        self.secret = secret
        self.usesToken = usesToken
    }

    /// Nil unless the URL names a host and a mailbox, and nothing else.
    package static func address(_ url: String) -> (address: WebAddress, mailbox: String)? {
        guard let address = WebAddress(url), address.scheme == "imaps" || address.scheme == "imap", !address.hasCredentials,
            !url.contains(where: { ";?#".contains($0) })
        else { return nil }
        let name = address.path.dropFirst().removingPercentEncoding
        guard let name, !name.isEmpty, name.utf8.count <= 500, name.utf8.allSatisfy({ (32..<127).contains($0) }) else { return nil }
        return (address, name)
    }
}

/// Which mails are wanted: those behind `after` while the mailbox is the one that the number was given in, else those that came
/// since the day of `since`.
package struct IMAPQuestion: Hashable, Sendable {
    package var uidValidity: Int64?
    package var after: Int64
    package var since: Instant
    package var maxMails: Int
    /// Of one mail; what is longer is cut there.
    package var maxMailBytes: Int
    /// A page ends behind the mail with which it is full.
    package var pageBytes: Int
    package init(uidValidity: Int64? = nil, after: Int64 = 0, since: Instant, maxMails: Int, maxMailBytes: Int, pageBytes: Int) {
        self.uidValidity = uidValidity
        self.after = after
        self.since = since
        self.maxMails = maxMails
        self.maxMailBytes = maxMailBytes
        self.pageBytes = pageBytes
    }
}

package struct IMAPMails: Hashable, Sendable {
    package struct Mail: Hashable, Sendable {
        package var uid: Int64
        /// When the server took it, as it writes it: `30-Nov-2026 00:01:02 +0000`.
        package var receivedAt: String
        package var bytes: [UInt8]
    }
    package var uidValidity: Int64
    package var count: Int64
    /// Ascending.
    package var mails: [Mail]
    /// The highest number that was looked at, or 0.
    package var lastUID: Int64
    /// How many more are behind them.
    package var more: Int
}

extension NetworkTransport {
    /// One page of a mailbox, read without changing anything in it: the mailbox is opened by `EXAMINE`, mails are read by
    /// `BODY.PEEK`. libcurl connects, verifies, and logs in; the four commands behind that are ours, because its own would mark mails
    /// as read.
    package func mails(
        _ question: IMAPQuestion, of mailbox: IMAPMailbox, timeoutSeconds: Double
    ) async throws(TransportError) -> IMAPMails {
        guard let (address, name) = IMAPMailbox.address(mailbox.url) else {
            throw .badURL(url: mailbox.url.clipped(to: 200), why: "write `imaps://host/INBOX`")
        }
        let place = address.shown
        if let kind = connection.addresses.refusal(ofHost: address.host) { throw .addressRefused(place: place, kind: kind) }
        let isLoopback = WebAddress.isLoopback(host: address.host)
        let exchange = CurlExchange(outgoing: [], maxBodyBytes: 0, addresses: connection.proxy == nil ? connection.addresses : .any)
        return try await onOwnThread(exchange) { () throws(TransportError) in
            // A pool of its own: the connection ends with the exchange.
            guard let handle = CurlHandle(exchange, from: CurlPool()) else { throw .broken(place: place, why: "libcurl did not start") }
            let deadline = ContinuousClock.now + .milliseconds(Int64(timeoutSeconds * 1_000))
            prepareConnection(handle, connectTimeoutSeconds: min(15, timeoutSeconds), timeoutSeconds: timeoutSeconds)
            handle.set(CURLOPT_PROTOCOLS_STR, "imap,imaps")
            handle.set(CURLOPT_URL, "\(address.scheme)://\(address.host):\(address.port)/")
            handle.set(CURLOPT_CONNECT_ONLY, 1)
            handle.set(CURLOPT_SERVER_RESPONSE_TIMEOUT, max(1, Int(min(timeoutSeconds, 15))))
            // In clear only on this machine, and even there only when the server has no TLS.
            handle.set(CURLOPT_USE_SSL, Int((isLoopback ? CURLUSESSL_TRY : CURLUSESSL_ALL).rawValue))
            if let username = mailbox.username { handle.set(CURLOPT_USERNAME, username) }
            if let secret = mailbox.secret { handle.set(mailbox.usesToken ? CURLOPT_XOAUTH2_BEARER : CURLOPT_PASSWORD, secret) }
            let (code, words) = handle.perform()
            if code != CURLE_OK, let kind = exchange.refusedAddress, !exchange.isCancelled {
                throw .addressRefused(place: place, kind: kind)
            }
            let said = exchange.headerLines.last.map { IMAPConversation.clean($0[...], without: mailbox.secret) } ?? ""
            if code == CURLE_LOGIN_DENIED {
                if IMAPConversation.passes(said) { throw .broken(place: place, why: "it says \(said)") }
                throw .refused(place: place, why: "the log-in was denied; check `username` and the secret")
            }
            if code == CURLE_WEIRD_SERVER_REPLY, !exchange.isCancelled, !said.isEmpty {
                throw .garbled(place: place, why: "it says `\(said)`")
            }
            if let error = failure(code, words, exchange, place: place, host: address.host, seconds: timeoutSeconds) { throw error }
            guard let socket = handle.socket else { throw .broken(place: place, why: "there is no connection") }
            let conversation = IMAPConversation(
                handle, socket, exchange, place: place, deadline: deadline, seconds: timeoutSeconds, secret: mailbox.secret)
            // Whatever happens, the end is not waited for.
            defer { shutdown(socket, Int32(SHUT_RDWR)) }
            return try conversation.page(question, of: name)
        }
    }
}

/// The words of a logged-in connection, on the thread that owns it.
private final class IMAPConversation {
    /// One answer: its line, with `{n}` where a literal stood, and the literals.
    struct Answer {
        var line: String
        var literals: [[UInt8]] = []
    }
    private let handle: CurlHandle
    private let socket: curl_socket_t
    private let exchange: CurlExchange
    private let place: String
    private let deadline: ContinuousClock.Instant
    private let seconds: Double
    private let secret: String?
    private var pending: [UInt8] = []
    private var start = 0
    private var number = 0
    /// What may still come for the command at hand.
    private var room = 0
    /// Of a listing of numbers, and of what a server has to say otherwise.
    private static let maxListBytes = 8 << 20
    private static let maxPageBytes = 64 << 20
    private static let maxAnswers = 10_000

    init(
        _ handle: CurlHandle, _ socket: curl_socket_t, _ exchange: CurlExchange, place: String, deadline: ContinuousClock.Instant,
        seconds: Double, secret: String?
    ) {
        self.handle = handle
        self.socket = socket
        self.exchange = exchange
        self.place = place
        self.deadline = deadline
        self.seconds = seconds
        self.secret = secret
    }

    // MARK: Asking

    func page(_ question: IMAPQuestion, of mailbox: String) throws(TransportError) -> IMAPMails {
        let quoted = mailbox.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        let opened = try command("EXAMINE \"\(quoted)\"")
        guard let validity = opened.lazy.compactMap({ Self.number(behind: "[UIDVALIDITY ", in: $0.line) }).first else {
            throw .garbled(place: place, why: "it tells no UIDVALIDITY")
        }
        let count = opened.lazy.compactMap { Self.number(before: " EXISTS", in: $0.line) }.first ?? 0
        var page = IMAPMails(uidValidity: validity, count: count, mails: [], lastUID: 0, more: 0)
        let isKnown = question.uidValidity == validity
        let day = question.since.civil
        let searched = try command(
            isKnown
                ? "UID SEARCH UID \(question.after + 1):*"
                : "UID SEARCH SINCE \(day.day)-\(day.monthName)-\(String(repeating: "0", count: max(0, 4 - "\(day.year)".count)))\(day.year)"
        )
        // `*` is the last mail, even when it is not behind the one asked for.
        let found = try numbers(searched).filter { !isKnown || $0 > question.after }.sorted()
        page.lastUID = isKnown ? question.after : 0
        guard !found.isEmpty else {
            if !isKnown { page.lastUID = (opened.lazy.compactMap { Self.number(behind: "[UIDNEXT ", in: $0.line) }.first ?? 1) - 1 }
            return page
        }
        var wanted = Array(found.prefix(question.maxMails))
        wanted = try fitting(wanted, question)
        // Sizes that a server tells are estimates at some.
        let room = min(wanted.count * (question.maxMailBytes + 4_096), Self.maxPageBytes)
        let answers = try command(
            "UID FETCH \(Self.set(wanted)) (UID INTERNALDATE BODY.PEEK[]<0.\(question.maxMailBytes)>)", room: room + Self.maxListBytes)
        var missing = Set(wanted)
        for answer in answers where answer.line.contains(" FETCH (") && answer.line.contains("BODY[") {
            guard let uid = Self.number(behind: "UID ", in: answer.line), missing.remove(uid) != nil else { continue }
            guard let bytes = answer.literals.last else { continue }  // a mail without a byte says nothing
            let date = answer.line.split(separator: "INTERNALDATE \"", maxSplits: 1).dropFirst().first?.prefix { $0 != "\"" } ?? ""
            page.mails.append(IMAPMails.Mail(uid: uid, receivedAt: String(date), bytes: bytes))
        }
        // What somebody deleted meanwhile is not answered (RFC 3501, 6.4.8); what is still there has to be.
        if !missing.isEmpty {
            let left = try numbers(try command("UID SEARCH UID \(Self.set(missing.sorted()))")).filter { missing.contains($0) }
            guard left.isEmpty else { throw .garbled(place: place, why: "of \(wanted.count) mails it left out \(left.count)") }
        }
        page.mails.sort { $0.uid < $1.uid }
        page.lastUID = wanted.last ?? page.lastUID
        page.more = found.count - wanted.count
        return page
    }

    /// As many as fill a page, and at least one.
    private func fitting(_ wanted: [Int64], _ question: IMAPQuestion) throws(TransportError) -> [Int64] {
        var sizes: [Int64: Int64] = [:]
        for answer in try command("UID FETCH \(Self.set(wanted)) (UID RFC822.SIZE)") {
            guard let uid = Self.number(behind: "UID ", in: answer.line), let size = Self.number(behind: "RFC822.SIZE ", in: answer.line)
            else { continue }
            sizes[uid] = size
        }
        var bytes = 0
        for (index, uid) in wanted.enumerated() {
            bytes += min(Int(clamping: sizes[uid] ?? 0), question.maxMailBytes)
            if bytes >= question.pageBytes { return Array(wanted[...index]) }
        }
        return wanted
    }

    /// `3:5,9`.
    private static func set(_ numbers: [Int64]) -> String {
        var parts: [String] = []
        var at = 0
        while at < numbers.count {
            var end = at
            while end + 1 < numbers.count, numbers[end + 1] == numbers[end] + 1 { end += 1 }
            parts.append(end > at ? "\(numbers[at]):\(numbers[end])" : "\(numbers[at])")
            at = end + 1
        }
        return parts.joined(separator: ",")
    }

    private static func number(behind words: String, in line: String) -> Int64? {
        guard let range = line.firstRange(of: words) else { return nil }
        return Int64(line[range.upperBound...].prefix { $0.isASCII && $0.isNumber })
    }
    private static func number(before words: String, in line: String) -> Int64? {
        guard line.hasPrefix("* "), line.hasSuffix(words) else { return nil }
        return Int64(line.dropFirst(2).dropLast(words.count))
    }
    /// What a search found. An answer without a list is none, since a server has to say that it found nothing (RFC 3501, 6.4.4).
    private func numbers(_ answers: [Answer]) throws(TransportError) -> [Int64] {
        let lists = answers.map(\.line).filter { $0.hasPrefix("* SEARCH") }
        if lists.isEmpty { throw .garbled(place: place, why: "it does not say what its search found") }
        var found: [Int64] = []
        for list in lists {
            // `(MODSEQ 917)` may follow (RFC 7162).
            for word in list.dropFirst(8).prefix(while: { $0 != "(" }).split(separator: " ") {
                guard let number = Int64(word), number > 0 else { throw .garbled(place: place, why: "it found `\(clean(word))`") }
                found.append(number)
            }
        }
        return found
    }

    // MARK: Speaking

    /// The untagged answers to a command that was done.
    private func command(_ text: String, room: Int = maxListBytes) throws(TransportError) -> [Answer] {
        number += 1
        self.room = room
        let tag = "c\(number)"
        try send(Array("\(tag) \(text)\r\n".utf8))
        var answers: [Answer] = []
        while true {
            let answer = try readAnswer()
            if answer.line.hasPrefix("* BYE") { throw .broken(place: place, why: "it says \(clean(answer.line.dropFirst(2)))") }
            if answer.line.hasPrefix("* ") {
                answers.append(answer)
                guard answers.count <= Self.maxAnswers else { throw .tooLarge(place: place, limitBytes: room) }
                continue
            }
            guard answer.line.hasPrefix(tag + " ") else { throw .garbled(place: place, why: "it says `\(clean(answer.line[...]))`") }
            let words = answer.line.dropFirst(tag.count + 1)
            if words.hasPrefix("OK") { return answers }
            let why = "\(text.prefix { $0 != " " }) ended with \(clean(words))"
            if Self.passes(why) { throw .broken(place: place, why: why) }
            guard words.hasPrefix("NO") || words.hasPrefix("BAD") else { throw .garbled(place: place, why: why) }
            throw .refused(place: place, why: why)
        }
    }
    private func clean(_ words: Substring) -> String { Self.clean(words, without: secret) }
    fileprivate static func clean(_ words: Substring, without secret: String?) -> String {
        let text = String(words)
        guard let secret, secret.utf8.count >= 4 else { return text.clipped(to: 200) }
        return text.replacing(secret, with: "…").clipped(to: 200)
    }
    /// What a server says passes by itself (RFC 5530, 3).
    fileprivate static func passes(_ words: String) -> Bool {
        ["NO [UNAVAILABLE]", "NO [INUSE]", "NO [EXPUNGEISSUED]"].contains { words.contains($0) }
    }

    private func readAnswer() throws(TransportError) -> Answer {
        var answer = Answer(line: "")
        while true {
            let line = try readLine()
            answer.line += String(decoding: line, as: UTF8.self)
            // `{n}` at the end of a line: n bytes follow, and then the line goes on (RFC 3501, 4.3).
            guard line.last == UInt8(ascii: "}"), let open = line.lastIndex(of: UInt8(ascii: "{")),
                let count = Int(String(decoding: line[(open + 1)...].dropLast(), as: UTF8.self)), count >= 0
            else { return answer }
            answer.literals.append(try read(count))
        }
    }

    private func readLine() throws(TransportError) -> ArraySlice<UInt8> {
        var searched = start
        while true {
            if let newline = pending[searched...].firstIndex(of: 10) {
                let line = pending[start..<newline]
                try take(newline + 1 - start)
                return line.last == 13 ? line.dropLast() : line
            }
            searched = pending.count
            let before = start
            try fill()
            searched -= before - start
        }
    }
    private func read(_ count: Int) throws(TransportError) -> [UInt8] {
        guard count <= room else { throw .tooLarge(place: place, limitBytes: room) }
        while pending.count - start < count { try fill() }
        let bytes = Array(pending[start..<(start + count)])
        try take(count)
        return bytes
    }
    private func take(_ count: Int) throws(TransportError) {
        start += count
        room -= count
        if room < 0 { throw .tooLarge(place: place, limitBytes: Self.maxListBytes) }
    }

    private func fill() throws(TransportError) {
        if start > 0 {
            pending.removeFirst(start)
            start = 0
        }
        guard pending.count <= room else { throw .tooLarge(place: place, limitBytes: room) }
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            switch handle.receive(into: &chunk) {
            case .success(0?): throw .broken(place: place, why: "the connection was closed")
            case .success(let count?): return pending.append(contentsOf: chunk[..<count])
            case .success(nil): try wait(for: Int16(POLLIN))
            case .failure(let error): throw .broken(place: place, why: String(cString: curl_easy_strerror(error.code)))
            }
        }
    }
    private func send(_ bytes: [UInt8]) throws(TransportError) {
        var left = bytes[...]
        while !left.isEmpty {
            switch handle.send(left) {
            case .success(0): try wait(for: Int16(POLLOUT))
            case .success(let count): left = left.dropFirst(count)
            case .failure(let error): throw .broken(place: place, why: String(cString: curl_easy_strerror(error.code)))
            }
        }
    }
    /// Until something happens, somebody cancels, or the time is over.
    private func wait(for events: Int16) throws(TransportError) {
        if exchange.isCancelled { throw .cancelled }
        guard ContinuousClock.now < deadline else { throw .timedOut(place: place, seconds: seconds) }
        var descriptor = pollfd(fd: socket, events: events, revents: 0)
        poll(&descriptor, 1, 200)
    }
}
