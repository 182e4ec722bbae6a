import Foundation
import Model
import TestKit
import Testing

@testable import Connectors
@testable import Transport

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

/// A kind of source and a server that has something for it.
private struct Subject: Sendable {
    var kind: String
    var settings: [String: JSONValue]
    /// Beginning of a path → the answer.
    var answers: [(path: String, body: String)]

    static let all = [
        Subject(
            kind: "prometheus", settings: ["queries": ["rate": "x"], "lookback": "10min"],
            answers: [
                ("/api/v1/rules", #"{"status":"success","data":{"groups":[]}}"#),
                (
                    "/api/v1/query_range?query=ALERTS",
                    #"{"status":"success","data":{"result":[{"metric":{"alertname":"Down"},"values":[[1767268500,"1767268440"]]}]}}"#
                ),
                ("/api/v1/query_range", #"{"status":"success","data":{"result":[{"metric":{"job":"cart"},"values":[[1767268500,"2"]]}]}}"#),
            ]),
        Subject(
            kind: "alertmanager", settings: [:],
            answers: [("/api/v2/alerts", #"[{"labels":{"alertname":"Down"},"annotations":{},"startsAt":"2026-01-01T11:00:00Z"}]"#)]),
        Subject(
            kind: "graphite", settings: ["targets": ["rate": "x"], "lookback": "10min"],
            answers: [
                ("/render", #"[{"target":"cart","tags":{"name":"cart"},"datapoints":[[2.0,1767268500]]}]"#),
                ("/events/get_data", #"[{"id":1,"when":1767268500,"what":"deploy cart","tags":["deploy"],"data":""}]"#),
            ]),
        Subject(
            kind: "web-feed", settings: [:],
            answers: [
                (
                    "/",
                    #"{"incidents":[{"id":"1","name":"Mail is late","impact":"major","status":"investigating","created_at":"2026-01-01T10:00:00Z"}]}"#
                )
            ]),
    ]

    func body(_ request: String) -> String {
        let target = request.split(separator: " ").dropFirst().first ?? ""
        return answers.first { target.hasPrefix($0.path) }?.body ?? ""
    }
}

/// Every kind of source that asks over HTTP, run through every fault on a real connection; only the waits are not real.
@Suite struct FaultTests {
    private static let once = "asked again, nothing lost"
    private static let later = "fails and says so, the next run loses nothing"

    /// One run against a server that misbehaves on each request for which `isFaulty` holds.
    private func collect(
        _ subject: Subject, _ fault: Fault, in workspace: Workspace, isFaulty: @escaping @Sendable (Int) -> Bool
    ) async throws -> (said: [String], failure: ConnectorError?) {
        let server = try LoopbackServer { server, connection in
            guard let request = connection.readRequest() else { return }
            server.note(request)
            let body = subject.body(request)
            if isFaulty(server.requests.count - 1) { return fault.serve(body, to: connection) }
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)")
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

    /// What a reading says, each fact once, in an order of its own.
    private static func said(_ reading: Reading) -> [String] {
        let events = reading.events.map { "\($0.fingerprint.text) \(JSONValue.object($0.attributes).text)" }
        return Set(events + reading.metrics.map { "\($0.key) \($0.points)" }).sorted()
    }

    private func outcome(_ subject: Subject, _ fault: Fault) async throws -> String {
        let (undisturbed, failure) = try await collect(subject, fault, in: try readyWorkspace()) { _ in false }
        #expect(failure == nil)
        #expect(!undisturbed.isEmpty)

        // A lasting fault: visible, nothing stored of the faulty answer, caught up by the next run.
        let workspace = try readyWorkspace()
        let lasting = try await collect(subject, fault, in: workspace) { _ in true }
        #expect(lasting.failure != nil, "\(subject.kind): a server that \(fault.rawValue) goes unseen")
        #expect(lasting.said.isEmpty && workspace.cursors.isEmpty)
        let caughtUp = try await collect(subject, fault, in: workspace) { _ in false }
        #expect(caughtUp.said == undisturbed)

        // The same fault once.
        let passing = try await collect(subject, fault, in: try readyWorkspace()) { $0 == 0 }
        if passing.failure == nil {
            #expect(passing.said == undisturbed)
            return Self.once
        }
        return Self.later
    }

    private func readyWorkspace() throws -> Workspace {
        let workspace = try Workspace()
        workspace.now = Workspace.noon
        return workspace
    }

    @Test func `after every fault the end is that of an undisturbed run, or the gap is seen, as documented`() async throws {
        var rows = ["| The server … | " + Subject.all.map { "`\($0.kind)`" }.joined(separator: " | ") + " |"]
        rows.append("|---" + String(repeating: "|---", count: Subject.all.count) + "|")
        for fault in Fault.allCases {
            var row = "| \(fault.rawValue) "
            for subject in Subject.all { row += "| \(try await outcome(subject, fault)) " }
            rows.append(row + "|")
        }
        let table = rows.joined(separator: "\n")
        let docs = try String(contentsOf: Checkout.root.appending(path: "docs/connectors.md"), encoding: .utf8)
        #expect(docs.contains(table), "docs/connectors.md should have this table:\n\(table)")
    }
}
