import Foundation
import Model
import TestKit
import Testing

@testable import Connectors
@testable import Transport

/// The table stands in the documentation of sources.
func expectDocumented(_ rows: [String]) throws {
    let table = rows.joined(separator: "\n")
    let docs = try String(contentsOf: Checkout.root.appending(path: "docs/connectors.md"), encoding: .utf8)
    #expect(docs.contains(table), "docs/connectors.md should have this table:\n\(table)")
}

/// What a server, or the way to it, may do wrong.
private enum Fault: String, CaseIterable, Sendable {
    case closes = "closes the connection"
    case silent = "says nothing"
    case drips = "sends one byte a second"
    case cuts = "breaks off in the middle of the answer"
    case shortens = "ends the answer early as if it were whole"
    case garbage = "answers with random bytes"
    case noHTTP = "answers in another protocol"
    case page = "answers with a page for people"
    case empty = "answers with nothing"
    case tooMany = "answers 429 with `Retry-After`"
    case error = "answers 500"
    case unavailable = "answers 503"
    case redirects = "redirects to another host"
    case denies = "answers 401"
    case huge = "announces two GiB"

    /// Instead of `body`.
    func serve(_ body: String, to connection: LoopbackServer.Connection) {
        func head(_ status: String, _ length: Int, _ more: String = "") -> String {
            "HTTP/1.1 \(status)\r\nContent-Length: \(length)\r\n\(more)\r\n"
        }
        switch self {
        case .closes: return
        case .silent: connection.waitForEnd()
        case .drips:
            connection.write(head("200 OK", body.utf8.count))
            for byte in body.utf8 {
                if !connection.write([byte]) { return }
                usleep(1_000_000)
            }
        case .cuts: connection.write(head("200 OK", body.utf8.count) + body.prefix(body.count / 2))
        case .shortens: connection.write("HTTP/1.1 200 OK\r\n\r\n" + body.prefix(body.count / 2))
        case .garbage:
            var random = SeededGenerator(seed: 5)
            let bytes = (0..<400).map { _ in UInt8.random(in: 0...255, using: &random) }
            connection.write(Array(head("200 OK", bytes.count).utf8) + bytes)
        case .noHTTP: connection.write("220 mail.example ESMTP\r\n")
        case .page:
            let page = "<!doctype html><title>Log in</title><p>Please log in"
            connection.write(head("200 OK", page.utf8.count) + page)
        case .empty: connection.write(head("200 OK", 0))
        case .tooMany: connection.write(head("429 Too Many Requests", 0, "Retry-After: 3\r\n"))
        case .error: connection.write(head("500 Internal Server Error", 0))
        case .unavailable: connection.write(head("503 Service Unavailable", 0))
        case .redirects: connection.write(head("302 Found", 0, "Location: http://169.254.169.254/\r\n"))
        case .denies: connection.write(head("401 Unauthorized", 0))
        case .huge:
            connection.write(head("200 OK", 2 << 30))
            connection.waitForEnd()
        }
    }
}

/// A kind of source, with what it needs to ask the service of the contract of the same name.
private struct Subject: Sendable {
    var kind: String
    var settings: [String: JSONValue] = [:]

    static let all = [
        Subject(kind: "prometheus", settings: ["queries": ["rate": "x"], "lookback": "10min"]),
        Subject(kind: "alertmanager"),
        Subject(kind: "graphite", settings: ["targets": ["rate": "x"], "lookback": "10min"]),
        Subject(kind: "web-feed"),
        Subject(kind: "buildbot"),
        Subject(kind: "jenkins", settings: ["jobs": "shop/checkout/main"]),
        Subject(kind: "pagerduty"),
        Subject(kind: "grafana"),
        Subject(kind: "github", settings: ["repository": "example/shop"]),
        Subject(kind: "loki", settings: ["queries": ["lines": #"{app="cart"}"#], "tenant": "shop", "limit": 4, "lookback": "10min"]),
        Subject(kind: "gitlab", settings: ["project": "example/shop"]),
        Subject(kind: "jira", settings: ["edition": "cloud", "jql": "project = SHOP"]),
        Subject(kind: "kubernetes", settings: ["selector": "app in (cart, checkout)"]),
        Subject(
            kind: "elasticsearch", settings: ["index": "logs-*", "query": "service.name:*", "limit": 2, "lookback": "10min"]),
        Subject(kind: "jaeger", settings: ["limit": 2, "lookback": "10min"]),
        Subject(kind: "zipkin", settings: ["limit": 2, "lookback": "10min"]),
        Subject(kind: "tempo", settings: ["tenant": "shop", "limit": 2, "lookback": "10min"]),
    ]
}

/// Every kind of source that asks over HTTP, run through every fault on a real connection; only the waits are not real.
@Suite struct FaultTests {
    private enum Outcome: String, CaseIterable { case askedAgain, caughtUp }

    /// One run against a server that misbehaves on each request for which `isFaulty` holds.
    private func collect(
        _ subject: Subject, _ fault: Fault, in workspace: Workspace, isFaulty: @escaping @Sendable (Int) -> Bool
    ) async throws -> (said: [String], failure: ConnectorError?) {
        let contract = try Contract(subject.kind)
        let server = try LoopbackServer { server, connection in
            guard let request = connection.readRequest() else { return }
            server.note(request)
            let answer = contract.answer(toMessage: request, origin: "http://127.0.0.1:\(server.port)")
            if isFaulty(server.requests.count - 1) { return fault.serve(String(decoding: answer.body, as: UTF8.self), to: connection) }
            var headers = answer.headers + [HTTPHeader("Connection", "close")]
            if answer.status != 304 { headers.append(HTTPHeader("Content-Length", String(answer.body.count))) }
            let head = headers.map { "\($0.name): \($0.value)\r\n" }.joined()
            connection.write(Array("HTTP/1.1 \(answer.status) \r\n\(head)\r\n".utf8) + answer.body)
        }
        let url = "http://127.0.0.1:\(server.port)"
        let settings: [String: JSONValue] = ["url": .string(url), "allow_loopback": "true", "timeout": "400ms"]
        let connector = try workspace.connector(subject.kind, settings.merging(subject.settings) { $1 })
        let access = SourceAccess(now: workspace.now, network: NetworkAccess(clock: SleepClock(workspace.now), chance: { 0.5 }))
        var reading = Reading()
        do throws(ConnectorError) {
            while let page = try await connector.fetch(after: workspace.cursors, through: access) {
                reading.append(connector.read(page, origin: "test").reading)
                for (key, cursor) in page.cursorUpdates { workspace.cursors[key] = cursor }
            }
        } catch {
            return (Self.said(reading), error)
        }
        return (Self.said(reading), nil)
    }

    /// What a reading says, each fact once, in an order of its own. The port, by which servers are told apart, is another in each run.
    private static func said(_ reading: Reading) -> [String] {
        let events = reading.events.map {
            "\($0.type.rawValue) \($0.sourceID ?? "") \($0.title) \(JSONValue.object($0.attributes).text)"
        }
        let lines = reading.logs.flatMap { batch in
            batch.records.map { "\($0.timeMs) " + String(decoding: batch.bytes[$0.record.lower..<$0.record.upper], as: UTF8.self) }
        }
        let spans = reading.spans.map { "\($0)" }
        return (Set(events + reading.metrics.map { "\($0.key) \($0.points)" } + spans) + lines).sorted()
    }

    private func outcome(_ subject: Subject, _ fault: Fault) async throws -> Outcome {
        let (undisturbed, failure) = try await collect(subject, fault, in: try Workspace(now: Workspace.noon)) { _ in false }
        #expect(failure == nil)
        #expect(!undisturbed.isEmpty)

        // A lasting fault: visible, nothing stored of the faulty answer, caught up by the next run.
        let workspace = try Workspace(now: Workspace.noon)
        let lasting = try await collect(subject, fault, in: workspace) { _ in true }
        #expect(lasting.failure != nil, "\(subject.kind): a server that \(fault.rawValue) goes unseen")
        #expect(lasting.said.isEmpty && workspace.cursors.isEmpty)
        let caughtUp = try await collect(subject, fault, in: workspace) { _ in false }
        #expect(caughtUp.said == undisturbed)

        // The same fault once.
        let passing = try await collect(subject, fault, in: try Workspace(now: Workspace.noon)) { $0 == 0 }
        if passing.failure == nil {
            #expect(passing.said == undisturbed)
            return .askedAgain
        }
        return .caughtUp
    }

    private func readyWorkspace() throws -> Workspace { try Workspace(now: Workspace.noon) }

    @Test func `after every fault the end is that of an undisturbed run, or the gap is seen, as documented`() async throws {
        var rows = [
            "| The server … | It is asked again, nothing is lost | It fails and says so, the next run loses nothing |", "|---|---|---|",
        ]
        for fault in Fault.allCases {
            let outcomes = try await withThrowingTaskGroup { group in
                for subject in Subject.all { group.addTask { (subject.kind, try await outcome(subject, fault)) } }
                return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
            }
            let cells = Outcome.allCases.map { outcome in
                let named = Subject.all.filter { outcomes[$0.kind] == outcome }.map { "`\($0.kind)`" }
                let others = Subject.all.filter { outcomes[$0.kind] != outcome }.map { "`\($0.kind)`" }
                if named.isEmpty || others.isEmpty { return named.isEmpty ? "none" : "all" }
                return named.count > others.count ? "all but " + others.joined(separator: ", ") : named.joined(separator: ", ")
            }
            rows.append("| \(fault.rawValue) | \(cells.joined(separator: " | ")) |")
        }
        try expectDocumented(rows)
    }

    @Test func `every kind that asks over HTTP is run through them`() {
        let kinds = ConnectorCatalog.all.filter { $0 is any HTTPConnector.Type }.map { $0.descriptor.kind }
        #expect(kinds.sorted() == Subject.all.map(\.kind).sorted())
    }
}
