import Foundation
import Model
import Synchronization
import TestKit
import Testing

@testable import Connectors
@testable import Transport

/// What a server that does not speak HTTP, or the way to it, may do wrong.
private enum Fault: String, CaseIterable, Sendable {
    case absent = "is not there"
    case silent = "says nothing"
    case hangsUp = "closes the connection at once"
    case otherProtocol = "speaks another protocol"
    case noise = "begins with random bytes"
    case stranger = "shows a certificate of an unknown authority"
    case otherHost = "shows a certificate of another host"
    case breaksTLS = "breaks off while encryption is agreed on"
    case garblesTLS = "sends random bytes where encryption begins"
    case full = "takes no more connections"
    case outOfOrder = "says that it is not ready"
    case denies = "denies the log-in"
    case late = "answers late, but in time"
    case drips = "sends one byte a second"
    case stalls = "says no more in the middle of the answer"
    case cuts = "breaks off in the middle of the answer"
    case loses = "leaves out bytes in the middle of the answer"
    case corrupts = "sends wrong bytes between two mails or rows"
    case shortens = "ends the answer early as if it were whole"
    case garbage = "answers with random bytes"
    case shutsDown = "shuts down in the middle of the answer"
    case refuses = "refuses what it is asked"
    case huge = "announces two GiB"
    case endless = "answers without end"

    var moment: Utterance.Moment {
        switch self {
        case .absent, .silent, .hangsUp, .otherProtocol, .noise, .stranger, .otherHost, .breaksTLS, .garblesTLS: .connecting
        case .full, .outOfOrder, .denies: .loggingIn
        default: .answering
        }
    }
    /// Its servers speak TLS, which ours do not.
    var isOfTLS: Bool { [.stranger, .otherHost, .breaksTLS, .garblesTLS].contains(self) }
    static var randomBytes: [UInt8] {
        var random = SeededGenerator(seed: 5)
        return (0..<400).map { _ in UInt8.random(in: 0...255, using: &random) }
    }

    /// Instead of what it would have said. False ends the connection.
    func say(_ said: Utterance, of subject: Subject, to connection: LoopbackServer.Connection) -> Bool {
        let middle = said.bytes.count / 2
        switch self {
        case .absent, .hangsUp: return false
        case .silent: connection.waitForEnd()
        case .otherProtocol: connection.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        case .noise, .garbage: connection.write(Self.randomBytes)
        case .stranger, .otherHost, .breaksTLS, .garblesTLS: return false  // see `encrypted`
        case .full, .outOfOrder, .denies: connection.write(subject.words(self, said))
        case .late:
            usleep(100_000)
            return connection.write(said.bytes)
        case .drips:
            for byte in said.bytes {
                if !connection.write([byte]) { break }
                usleep(1_000_000)
            }
        case .stalls:
            connection.write(Array(said.bytes[..<middle]))
            connection.waitForEnd()
        case .cuts: connection.write(Array(said.bytes[..<middle]))
        case .loses: return connection.write(said.bytes[..<middle] + Array(said.bytes[(middle + 40)...]))
        case .corrupts:
            var bytes = said.bytes
            for at in said.secondItem..<(said.secondItem + 8) { bytes[at] = 0xA7 }
            return connection.write(bytes)
        case .shortens: return connection.write(said.bytes[..<said.secondItem] + Array(said.bytes[said.end...]))
        case .shutsDown: connection.write(said.bytes[..<said.secondItem] + subject.words(self, said))
        case .refuses: return connection.write(subject.words(self, said))
        case .huge:
            connection.write(said.bytes[..<said.secondItem] + subject.words(self, said))
            connection.waitForEnd()
        case .endless:
            let some = (0..<100).flatMap { _ in subject.words(self, said) }
            connection.write(Array(said.bytes[..<said.secondItem]))
            while connection.write(some) {}
        }
        return false
    }
}

/// A kind of source whose server speaks a protocol of its own.
private struct Subject: Sendable {
    let kind: String
    let host: any SpokenServer
    /// To reach the server on that port.
    let settings: @Sendable (_ port: Int) -> [String: JSONValue]
    /// What makes it demand a certificate.
    let encrypted: @Sendable (_ port: Int) -> [String: JSONValue]
    /// What the server says for a fault, in its own words.
    let words: @Sendable (Fault, Utterance) -> [UInt8]

    static var all: [Subject] { [mail, sql] }

    private static var mail: Subject {
        let host = MailHost()
        host.box.withLock { $0.mails = (1...3).map { ($0, MailHost.mail("m\($0)")) } }
        return Subject(
            kind: "mail", host: host,
            settings: { ["url": .string("imap://127.0.0.1:\($0)/INBOX"), "username": "ann", "secret_file": "password"] },
            encrypted: { ["url": .string("imaps://127.0.0.1:\($0)/INBOX")] },
            words: { fault, said in
                switch fault {
                case .full: Array("* BYE [UNAVAILABLE] too many connections\r\n".utf8)
                case .outOfOrder: Array("\(said.tag) NO [UNAVAILABLE] back in a minute\r\n".utf8)
                case .denies: Array("\(said.tag) NO [AUTHENTICATIONFAILED] wrong password\r\n".utf8)
                case .shutsDown: Array("* BYE shutting down\r\n".utf8)
                case .refuses: Array("\(said.tag) NO [NOPERM] not for you\r\n".utf8)
                case .huge: Array("* 1 FETCH (UID 1 BODY[]<0> {2147483648}\r\n".utf8)
                default: Array("* OK still here\r\n".utf8)
                }
            })
    }

    private static var sql: Subject {
        let rows = (1...3).map { ["2026-01-01 11:3\($0):00+00", "cart", "4.18.\($0)", "9f3c1a\($0)", "ann"] }
        let host = PostgresHost(
            columns: [("time", 1_184), ("service", 25), ("version", 25), ("commit", 25), ("who", 25)], rows: rows)
        return Subject(
            kind: "sql", host: host,
            settings: {
                [
                    "host": "127.0.0.1", "port": .string("\($0)"), "database": "deploys", "user": "ann", "max_rows": "100",
                    "query": "SELECT time, service, version, commit, who FROM deploys WHERE time >= $1", "lookback": "1h",
                ]
            },
            encrypted: { _ in [:] },
            words: { fault, said in
                switch fault {
                case .full: PostgresHost.refusal("53300", "sorry, too many clients already")
                case .outOfOrder: PostgresHost.refusal("57P03", "the database system is starting up")
                case .denies: PostgresHost.refusal("28P01", "password authentication failed for user \"ann\"")
                case .shutsDown: PostgresHost.refusal("57P01", "terminating connection due to administrator command")
                case .refuses:
                    PostgresHost.refusal("42P01", "relation \"deploys\" does not exist", severity: "ERROR") + PostgresHost.ready("E")
                case .huge: Array("D".utf8) + [0x7F, 0xFF, 0xFF, 0xFF]
                default: PostgresHost.row(rows[0])
                }
            })
    }
}

/// Every kind of source that speaks to a server in another protocol than HTTP, run through every fault on a real connection; only the
/// waits are not real.
@Suite(.enabled(if: Authority.isPossible)) struct ServerFaultTests {
    private enum Outcome: String { case waits = "is waited for", asksAgain = "is asked again", fails = "fails and says so" }
    private let authority: Authority
    init() throws {
        authority = try Authority()
        try authority.issue("other", host: "IP:127.0.0.2")
        try authority.issue("unknown", isSelfSigned: true)
    }

    /// One run against a server whose words `say` chooses. `said` are facts and dead letters.
    private func collect(
        _ subject: Subject, in workspace: Workspace, more: [String: JSONValue] = [:], isThere: Bool = true, say: @escaping Speech
    ) async throws -> (said: [String], failure: ConnectorError?) {
        let server = try LoopbackServer { server, connection in subject.host.serve(connection, of: server, say: say) }
        let port = isThere ? server.port : try LoopbackServer { _, _ in }.port  // whose server is gone
        return try await collect(subject, in: workspace, port: port, more: more)
    }
    private func collect(
        _ subject: Subject, in workspace: Workspace, port: Int, more: [String: JSONValue] = [:]
    ) async throws -> (said: [String], failure: ConnectorError?) {
        try workspace.write("s3cret-word\n", to: "password")
        let own: [String: JSONValue] = ["allow_loopback": "true", "timeout": "400ms"]
        let connector = try workspace.connector(
            subject.kind, own.merging(subject.settings(port)) { $1 }.merging(more) { $1 })
        do {
            let network = NetworkAccess(clock: SleepClock(workspace.now), chance: { 0.5 })
            let run = try await workspace.collect(connector, network: network)
            let facts = Set(run.reading.events.map { "\($0.fingerprint.text) \(JSONValue.object($0.attributes).text)" }).sorted()
            return (facts + run.deadLetters.map { "dead letter: \($0.reason)" }, nil)
        } catch {
            let failure = try #require(error as? ConnectorError)
            let words = "\(failure)"
            #expect(words.contains("127.0.0.1:\(port)") && !words.contains("s3cret"), "\(subject.kind): \(words)")
            return ([], failure)
        }
    }

    /// One run against a server that does it at the `isFaulty` ones of the moments that matter.
    private func collect(
        _ subject: Subject, _ fault: Fault, in workspace: Workspace, isFaulty: @escaping @Sendable (Int) -> Bool
    ) async throws -> (said: [String], failure: ConnectorError?) {
        if isFaulty(0), fault.isOfTLS { return try await collectEncrypted(subject, fault, in: workspace) }
        let count = Mutex(0)
        return try await collect(subject, in: workspace, isThere: !(fault == .absent && isFaulty(0))) { said, connection in
            guard said.moment == fault.moment else { return connection.write(said.bytes) }
            let number = count.withLock { count in
                count += 1
                return count - 1
            }
            return isFaulty(number) ? fault.say(said, of: subject, to: connection) : connection.write(said.bytes)
        }
    }

    private func collectEncrypted(
        _ subject: Subject, _ fault: Fault, in workspace: Workspace
    ) async throws -> (said: [String], failure: ConnectorError?) {
        let tls = try Authority.Server(authority, certificate: fault == .otherHost ? "other" : "unknown")
        defer { tls.end() }
        let port = tls.port
        let server = try LoopbackServer { _, connection in
            if subject.kind == "sql" {  // TLS begins when it was asked for
                guard connection.readBytes(8) != nil else { return }
                connection.write("S")
            }
            switch fault {
            case .breaksTLS: _ = connection.readBytes(1)
            case .garblesTLS: connection.write(Fault.randomBytes)
            default: connection.relay(toPort: port)
            }
        }
        let more: [String: JSONValue] = ["ca_file": .string(authority.path("ca.pem"))]
        return try await collect(subject, in: workspace, port: server.port, more: more.merging(subject.encrypted(server.port)) { $1 })
    }

    private func outcome(_ subject: Subject, _ fault: Fault) async throws -> Outcome {
        let (undisturbed, failure) = try await collect(subject, fault, in: try Workspace(now: Workspace.noon)) { _ in false }
        #expect(failure == nil)
        #expect(undisturbed.count == 3)

        // A lasting fault: visible, nothing stored of the faulty answer, caught up by the next run.
        let workspace = try Workspace(now: Workspace.noon)
        let lasting = try await collect(subject, fault, in: workspace) { _ in true }
        if lasting.failure == nil {
            #expect(lasting.said == undisturbed, "\(subject.kind): a server that \(fault.rawValue) goes unseen")
            return .waits
        }
        #expect(workspace.cursors.isEmpty)
        let caughtUp = try await collect(subject, fault, in: workspace) { _ in false }
        #expect(caughtUp.said == undisturbed)

        // The same fault once, as far as one server can do both.
        if fault == .absent || fault.isOfTLS {
            guard case .network(.failed(_, let attempts))? = lasting.failure else { return .fails }
            return attempts > 1 ? .asksAgain : .fails
        }
        let passing = try await collect(subject, fault, in: try Workspace(now: Workspace.noon)) { $0 == 0 }
        guard passing.failure == nil else { return .fails }
        #expect(passing.said == undisturbed)
        return .asksAgain
    }

    @Test func `after every fault the end is that of an undisturbed run, or the gap is seen, as documented`() async throws {
        let subjects = Subject.all
        var rows = ["| The server … | " + subjects.map { "`\($0.kind)`" }.joined(separator: " | ") + " |", "|---|---|---|"]
        for fault in Fault.allCases {
            let outcomes = try await withThrowingTaskGroup { group in
                for subject in subjects { group.addTask { (subject.kind, try await outcome(subject, fault)) } }
                return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
            }
            rows.append("| \(fault.rawValue) | " + subjects.map { outcomes[$0.kind]?.rawValue ?? "" }.joined(separator: " | ") + " |")
        }
        try expectDocumented(rows)
    }

    @Test func `every kind that asks a server in another protocol is run through them`() {
        let settings: Set<String> = ["timeout", "allow_loopback"]
        let kinds = ConnectorCatalog.all.filter { kind in
            !(kind is any HTTPConnector.Type) && settings.isSubset(of: kind.descriptor.settings.map(\.name))
        }
        #expect(kinds.map { $0.descriptor.kind }.sorted() == Subject.all.map(\.kind).sorted())
    }

    /// Inside a mail or a row only TLS can tell them; there they may change a fact, or make it a dead letter, and never take one away.
    @Test func `wrong bytes anywhere in what a server says never lose a fact unseen`() async throws {
        for subject in Subject.all {
            let length = Mutex(0)
            let undisturbed = try await collect(subject, in: try Workspace(now: Workspace.noon)) { said, connection in
                length.withLock { $0 += said.bytes.count }
                return connection.write(said.bytes)
            }
            let places = stride(from: 0, to: length.withLock { $0 }, by: 5)
            let found = try await withThrowingTaskGroup { group in
                for place in places {
                    group.addTask {
                        let at = Mutex(0)
                        let run = try await collect(subject, in: try Workspace(now: Workspace.noon)) { said, connection in
                            var bytes = said.bytes
                            at.withLock { at in
                                for index in bytes.indices where (place..<(place + 5)).contains(at + index) { bytes[index] = 0xA7 }
                                at += bytes.count
                            }
                            return connection.write(bytes)
                        }
                        return (place, run)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            for (place, run) in found where run.failure == nil {
                #expect(run.said.count >= undisturbed.said.count, "\(subject.kind), byte \(place): \(run.said)")
            }
            #expect(found.count > 100)
        }
    }
}
