import CCurl
import CPostgres
import Dispatch
import Foundation
import Glibc
import Model
import Synchronization

/// A PostgreSQL server and how we log in.
package struct PostgresServer: Hashable, Sendable {
    /// A name, an address, or the folder of a unix socket.
    package var host: String
    package var port: Int
    package var database: String
    package var user: String
    package var password: String?
    /// False is in clear; a password is then refused unless the server is this machine.
    package var usesTLS: Bool

    package init(host: String, port: Int = 5_432, database: String, user: String, password: String? = nil, usesTLS: Bool = true) {
        self.host = host
        self.port = port
        self.database = database
        self.user = user
        self.password = password
        self.usesTLS = usesTLS
    }

    package var isSocket: Bool { host.hasPrefix("/") }
    /// On this machine the server says whether it wants TLS.
    package var isHere: Bool { isSocket || WebAddress.isLoopback(host: host) }
    /// For messages.
    package var shown: String { isSocket ? "\(host)/.s.PGSQL.\(port)" : "\(host):\(port)" }
}

/// One statement; it may not change anything. Parameters are moments, as RFC 3339.
package struct SQLQuestion: Hashable, Sendable {
    package var text: String
    package var moments: [Instant]
    package var maxRows: Int
    /// Of all rows together.
    package var maxBytes: Int
    package init(_ text: String, moments: [Instant], maxRows: Int, maxBytes: Int) {
        self.text = text
        self.moments = moments
        self.maxRows = maxRows
        self.maxBytes = maxBytes
    }
}

package struct SQLRows: Hashable, Sendable {
    package struct Column: Hashable, Sendable {
        package var name: String
        /// The number of its type in `pg_type`.
        package var type: UInt32
    }
    package var columns: [Column] = []
    /// As text, nil for NULL.
    package var rows: [[String?]] = []
    package var serverVersion = ""
    package var serverTime: Instant?
}

extension NetworkTransport {
    /// All rows of one statement, run in a read-only transaction of its own on a connection of its own (libpq, asynchronously, on a
    /// thread of its own): the server stops it after the time it has, and so do we. Neither `~/.pgpass` nor a service file is read.
    package func rows(
        _ question: SQLQuestion, from server: PostgresServer, timeoutSeconds: Double
    ) async throws(TransportError) -> SQLRows {
        if !server.usesTLS, server.password != nil, !server.isHere { throw .passwordInClear(place: server.shown) }
        if !server.isSocket, let kind = connection.addresses.refusal(ofHost: server.host) {
            throw .addressRefused(place: server.shown, kind: kind)
        }
        let exchange = CurlExchange(outgoing: [], maxBodyBytes: 0)
        let connection = connection
        return try await onOwnThread(exchange) { () throws(TransportError) in
            let deadline = ContinuousClock.now + .milliseconds(Int64(timeoutSeconds * 1_000))
            let watch = Watch(exchange: exchange, place: server.shown, deadline: deadline, seconds: timeoutSeconds)
            var failure = TransportError.unresolved(host: server.host)
            for address in try watch.addresses(of: server, allowed: connection.addresses) {
                do throws(TransportError) {
                    let conversation = try PostgresConversation(server, at: address, connection, watch)
                    return try conversation.rows(question)
                } catch {
                    failure = error
                    // Only a machine that is not there has another address asked.
                    guard case .unreachable = error else { throw error }
                }
            }
            throw failure
        }
    }
}

/// How long something may still take.
private struct Watch {
    let exchange: CurlExchange
    let place: String
    let deadline: ContinuousClock.Instant
    let seconds: Double

    func check() throws(TransportError) {
        if exchange.isCancelled { throw .cancelled }
        if ContinuousClock.now >= deadline { throw .timedOut(place: place, seconds: seconds) }
    }
    /// Until something happens at the socket, somebody cancels, or the time is over.
    func wait(_ socket: Int32, for events: Int32) throws(TransportError) {
        while true {
            try check()
            var descriptor = pollfd(fd: socket, events: Int16(events), revents: 0)
            if poll(&descriptor, 1, 100) != 0 { return }
        }
    }

    /// Where a name leads, as far as it may; nil for a unix socket. The name server gets no more time than all the rest.
    func addresses(of server: PostgresServer, allowed: AddressPolicy) throws(TransportError) -> [String?] {
        if server.isSocket { return [nil] }
        final class Found: Sendable { let addresses = Mutex<[(text: String, bytes: [UInt8])]?>(nil) }
        let found = Found()
        let done = DispatchSemaphore(value: 0)
        let host = server.host
        // A resolver cannot be stopped; one that hangs is left to itself.
        Thread.detachNewThread {
            let all = Self.resolve(host)
            found.addresses.withLock { $0 = all }
            done.signal()
        }
        while done.wait(timeout: .now() + .milliseconds(100)) == .timedOut { try check() }
        let all = found.addresses.withLock { $0 } ?? []
        if all.isEmpty { throw .unresolved(host: host) }
        let usable = all.filter { allowed.refusal(of: $0.bytes) == nil }
        if usable.isEmpty, let kind = all.first.flatMap({ allowed.refusal(of: $0.bytes) }) {
            throw .addressRefused(place: place, kind: kind)
        }
        return usable.prefix(4).map(\.text)
    }

    private static func resolve(_ host: String) -> [(text: String, bytes: [UInt8])] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        var all: [(String, [UInt8])] = []
        var next = list
        while let each = next {
            next = each.pointee.ai_next
            guard let address = each.pointee.ai_addr else { continue }
            var text = [CChar](repeating: 0, count: 1_025)  // NI_MAXHOST
            let isShown = getnameinfo(address, each.pointee.ai_addrlen, &text, 1_025, nil, 0, NI_NUMERICHOST) == 0
            let shown = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            // A zone (`%eth0`) belongs to the link, and to no judgement of an address.
            if isShown, let bytes = AddressPolicy.bytes(String(shown.prefix { $0 != "%" })) { all.append((shown, bytes)) }
        }
        return all
    }
}

/// One connection, on the thread that owns it.
private final class PostgresConversation {
    private let connection: OpaquePointer
    private let server: PostgresServer
    private let watch: Watch
    private var place: String { server.shown }

    init(
        _ server: PostgresServer, at address: String?, _ settings: ConnectionSettings, _ watch: Watch
    ) throws(TransportError) {
        self.server = server
        self.watch = watch
        var values: [(String, String)] = [
            ("host", server.host), ("port", "\(server.port)"), ("dbname", server.database), ("user", server.user),
            ("client_encoding", "UTF8"), ("application_name", "caseboard"), ("passfile", "/dev/null"), ("gssencmode", "disable"),
            ("sslmode", !server.usesTLS ? "disable" : server.isHere && settings.caFile == nil ? "prefer" : "verify-full"),
            ("sslrootcert", settings.caFile ?? "/etc/ssl/certs/ca-certificates.crt"),
            ("sslcert", settings.clientCertificate ?? "/dev/null/none"),
            ("sslkey", settings.clientKey ?? settings.clientCertificate ?? "/dev/null/none"),
        ]
        if let address { values.append(("hostaddr", address)) }
        if let password = server.password { values.append(("password", password)) }
        if server.isHere, settings.caFile == nil { values.removeAll { $0.0 == "sslrootcert" } }
        if settings.clientCertificate == nil { values.removeAll { $0.0 == "sslkey" } }
        let names = values.map { strdup($0.0) }
        let texts = values.map { strdup($0.1) }
        defer { (names + texts).forEach { free($0) } }
        let started = (names.map { UnsafePointer($0) } + [nil]).withUnsafeBufferPointer { names in
            (texts.map { UnsafePointer($0) } + [nil]).withUnsafeBufferPointer { texts in
                PQconnectStartParams(names.baseAddress, texts.baseAddress, 0)
            }
        }
        guard let started else { throw .broken(place: server.shown, why: "libpq did not start") }
        connection = started
        _ = PQsetErrorVerbosity(connection, PQERRORS_VERBOSE)
        // What a server has to say by the way does not belong on the terminal.
        _ = PQsetNoticeProcessor(connection, { _, _ in }, nil)
        try connect()
    }
    deinit { PQfinish(connection) }

    private func connect() throws(TransportError) {
        guard PQstatus(connection) != CONNECTION_BAD else { throw failure() }
        let limit = min(watch.deadline, ContinuousClock.now + .seconds(10))
        let connecting = Watch(exchange: watch.exchange, place: place, deadline: limit, seconds: min(10, watch.seconds))
        var isReached = false
        var step = PGRES_POLLING_WRITING
        while true {
            do throws(TransportError) {
                try connecting.wait(PQsocket(connection), for: step == PGRES_POLLING_READING ? POLLIN : POLLOUT)
            } catch {
                if case .timedOut = error, !isReached {
                    throw .unreachable(place: place, why: "no answer within \(Int(connecting.seconds.rounded(.up))) s")
                }
                throw error
            }
            step = PQconnectPoll(connection)
            if PQstatus(connection) != CONNECTION_STARTED, PQstatus(connection) != CONNECTION_NEEDED { isReached = true }
            if step == PGRES_POLLING_OK { return }
            if step == PGRES_POLLING_FAILED { throw failure() }
        }
    }

    // MARK: Asking

    func rows(_ question: SQLQuestion) throws(TransportError) -> SQLRows {
        var answer = SQLRows()
        if let version = PQparameterStatus(connection, "server_version") { answer.serverVersion = String(cString: version).clipped(to: 60) }
        let milliseconds = max(1, Int(watch.seconds * 1_000))
        for text in [
            "BEGIN TRANSACTION READ ONLY", "SET LOCAL statement_timeout = \(milliseconds)", "SET LOCAL timezone = 'UTC'",
            "SET LOCAL datestyle = 'ISO'",
        ] {
            try send(text)
            try receive { (_: OpaquePointer) throws(TransportError) in }
        }
        try send("SELECT (extract(epoch from clock_timestamp()) * 1000)::bigint")
        try receive { (result: OpaquePointer) throws(TransportError) in
            answer.serverTime = Self.texts(result, 0).first?.flatMap { Int64($0) }.map { Instant(ms: $0) }
        }
        try send(question.text, question.moments.map(\.rfc3339))
        _ = PQsetSingleRowMode(connection)
        var bytes = 0
        try receive(limitBytes: question.maxBytes) { (result: OpaquePointer) throws(TransportError) in
            if answer.columns.isEmpty {
                answer.columns = (0..<PQnfields(result)).map { column in
                    SQLRows.Column(name: PQfname(result, column).map { String(cString: $0) } ?? "", type: PQftype(result, column))
                }
            }
            for row in 0..<PQntuples(result) {
                let texts = Self.texts(result, row)
                bytes += texts.reduce(0) { $0 + ($1?.utf8.count ?? 0) + 8 }
                guard answer.rows.count < question.maxRows, bytes <= question.maxBytes else {
                    if bytes > question.maxBytes { throw .tooLarge(place: self.place, limitBytes: question.maxBytes) }
                    throw .tooManyRows(place: self.place, limit: question.maxRows)
                }
                answer.rows.append(texts)
            }
            // At its end the server says how many they were (`SELECT 3`); some that speak this protocol do not.
            if PQresultStatus(result) == PGRES_TUPLES_OK, let said = Int(String(cString: PQcmdTuples(result))), said != answer.rows.count {
                throw .garbled(place: self.place, why: "it says that there are \(said) rows and sent \(answer.rows.count)")
            }
        }
        try send("ROLLBACK")
        try receive { (_: OpaquePointer) throws(TransportError) in }
        return answer
    }

    private static func texts(_ result: OpaquePointer, _ row: Int32) -> [String?] {
        (0..<PQnfields(result)).map { column in
            guard row < PQntuples(result), PQgetisnull(result, row, column) == 0, let value = PQgetvalue(result, row, column) else {
                return nil
            }
            return String(decoding: UnsafeRawBufferPointer(start: value, count: Int(PQgetlength(result, row, column))), as: UTF8.self)
        }
    }

    private func send(_ text: String, _ moments: [String]? = nil) throws(TransportError) {
        let isSent: Bool
        if let moments {
            let values = moments.map { strdup($0) }
            defer { values.forEach { free($0) } }
            let timestamptz: UInt32 = 1_184
            isSent =
                PQsendQueryParams(
                    connection, text, Int32(values.count), Array(repeating: timestamptz, count: values.count),
                    values.map { UnsafePointer($0) }, nil, nil, 0) == 1
        } else {
            isSent = PQsendQuery(connection, text) == 1
        }
        guard isSent, PQsetnonblocking(connection, 1) == 0 else { throw failure() }
        while true {
            switch PQflush(connection) {
            case 0: return
            case 1: try wait(for: POLLIN | POLLOUT)
            default: throw failure()
            }
        }
    }

    /// Gives each result to `take`, until the server is done. What comes for one result is bounded too.
    private func receive(
        limitBytes: Int = 1 << 20, _ take: (OpaquePointer) throws(TransportError) -> Void
    ) throws(TransportError) {
        var pending = 0
        while true {
            while PQisBusy(connection) == 1 {
                try wait(for: POLLIN)
                var count: Int32 = 0
                if ioctl(PQsocket(connection), UInt(FIONREAD), &count) == 0 { pending += Int(count) }
                guard pending <= limitBytes + (1 << 20) else { throw .tooLarge(place: place, limitBytes: limitBytes) }
                guard PQconsumeInput(connection) == 1 else { throw failure() }
            }
            guard let result = PQgetResult(connection) else { return }
            defer { PQclear(result) }
            pending = 0
            switch PQresultStatus(result) {
            case PGRES_SINGLE_TUPLE, PGRES_TUPLES_OK: try take(result)
            case PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: break
            case PGRES_COPY_OUT, PGRES_COPY_IN, PGRES_COPY_BOTH:
                throw .refused(place: place, why: "the statement copies; write one that selects")
            default: throw refusal(result)
            }
        }
    }

    /// A statement that nobody waits for any more ends by itself, at `statement_timeout` or with the connection. It is not cancelled:
    /// `PQcancel` waits for the server without a bound.
    private func wait(for events: Int32) throws(TransportError) { try watch.wait(PQsocket(connection), for: events) }

    // MARK: What went wrong

    private func refusal(_ result: OpaquePointer) -> TransportError {
        func field(_ code: Character) -> String? {
            code.asciiValue.flatMap { PQresultErrorField(result, Int32($0)) }.map { String(cString: $0) }
        }
        let state = field("C") ?? ""
        let words = clean(field("M") ?? String(cString: PQresultErrorMessage(result)))
        if state == "57014" { return .timedOut(place: place, seconds: watch.seconds) }
        if state.isEmpty || Self.passes(state) { return .broken(place: place, why: words) }
        return .refused(place: place, why: "\(words) (\(state)); check `query` and what the user may read")
    }

    /// Of the connection as a whole.
    private func failure() -> TransportError {
        let text = PQerrorMessage(connection).map { String(cString: $0) } ?? ""
        let words = clean(text)
        let state = text.firstMatch(of: #/[A-Z]+: +([0-9A-Z]{5}): /#).map { String($0.output.1) }
        if let state, !Self.passes(state) {
            let remedy = state.hasPrefix("28") ? "check `user`, the secret and the server's pg_hba.conf" : "check `database` and `user`"
            return .refused(place: place, why: "\(words); \(remedy)")
        }
        if state == nil, Self.lostTLS.contains(where: { text.contains($0) }) { return .broken(place: place, why: words) }
        if state == nil, text.contains("certificate") || text.contains("SSL") { return .untrusted(place: place, why: words) }
        if text.contains("no password supplied") { return .refused(place: place, why: "it asks for a password; name it in `secret_file`") }
        return state == nil && PQsocket(connection) < 0 ? .unreachable(place: place, why: words) : .broken(place: place, why: words)
    }

    /// How libpq and OpenSSL say that a connection broke off, or that what came over it is no TLS or was changed on the way.
    private static let lostTLS = [
        "SSL SYSCALL error", "SSL connection has been closed", "invalid response to SSL negotiation", "unexpected eof",
        "wrong version number", "bad record mac", "packet length too long", "record layer failure",
    ]
    /// Lost connections, too few resources, somebody's intervention, and conflicts pass by themselves (PostgreSQL, appendix A).
    private static func passes(_ state: String) -> Bool { ["08", "40", "53", "55", "57", "58", "XX"].contains(state.prefix(2)) }

    private func clean(_ text: String) -> String {
        var text = text.split { $0.isNewline || $0 == "\t" }.first.map(String.init) ?? ""
        if let password = server.password, password.utf8.count >= 4 { text = text.replacing(password, with: "…") }
        return text.clipped(to: 300)
    }
}
