import Foundation
import Model
import Pipeline

/// A run that collects a hundred new alerts from a server that answers at once, and one that learns that they ended: what a hundred
/// items of a healthy source cost, the whole run with its store, in waiting and in work of our own. The server is Python's, on loopback, in a process of its own.
enum FetchBenchmark {
    private static let items = 100
    private static let rounds = 15

    static func run() async throws {
        let folder = try benchFolder("fetch")
        let site = folder.appending(path: "site/api/v2")
        try FileManager.default.createDirectory(at: site, withIntermediateDirectories: true)
        let (server, port) = try serve(folder.appending(path: "site"))
        defer { server.terminate() }
        let workspace = Workspace(root: folder.appending(path: "board"))
        try FileManager.default.createDirectory(at: workspace.root, withIntermediateDirectories: true)
        try """
        sources:
          - name: alertmanager
            kind: alertmanager
            url: http://127.0.0.1:\(port)
            allow_loopback: true
        """.write(to: workspace.configuration, atomically: true, encoding: .utf8)
        let start = Instant(rfc3339: "2026-03-10T00:00:00Z") ?? Instant(ms: 0)
        var costs: [Bool: (waited: [Double], worked: [Double])] = [:]
        for round in 0..<2 * rounds + 2 {
            let isFull = round % 2 == 1
            let moment = start + Int64(round) * .minuteMs
            let alerts = isFull ? (0..<items).map { alert($0, at: moment) } : []
            try JSONValue.array(alerts).text.write(to: site.appending(path: "alerts"), atomically: true, encoding: .utf8)
            let (clock, cpu) = (ContinuousClock.now, cpuSeconds())
            let answer = try await CaseboardRun.run(in: workspace, steps: [.collect], now: moment, progress: .silent)
            let (waited, worked) = (ContinuousClock.now - clock, cpuSeconds() - cpu)
            if round == 0 { continue }  // makes the store
            guard answer.exitCode == 0 else { return print("fetch: the server did not answer: \(answer.lines.map(\.text))") }
            costs[isFull, default: ([], [])].waited.append(waited / .milliseconds(1))
            costs[isFull, default: ([], [])].worked.append(worked * 1_000)
        }
        func figures(_ isFull: Bool) -> (waited: Double, worked: Double) {
            (median(costs[isFull]?.waited ?? []), median(costs[isFull]?.worked ?? []))
        }
        let (full, empty) = (figures(true), figures(false))
        print(
            "fetch: a run with \(items) new alerts of a healthy server takes \(twoDigits(full.waited)) ms, of which our CPU "
                + "\(twoDigits(full.worked)) ms; one in which they ended \(twoDigits(empty.waited)) and \(twoDigits(empty.worked)) ms")
    }

    private static func alert(_ number: Int, at moment: Instant) -> JSONValue {
        [
            "labels": [
                "alertname": "HighErrorRate", "service": .string("svc-\(number % 40)"), "instance": .string("10.0.0.\(number):9090"),
            ],
            "annotations": ["summary": .string("svc-\(number % 40) answers with errors")], "startsAt": .string(moment.rfc3339),
            "endsAt": "2099-01-01T00:00:00Z", "status": ["state": "active", "silencedBy": [], "inhibitedBy": []],
        ]
    }

    /// The server, and its port, which it says itself.
    private static func serve(_ site: URL) throws -> (Process, Int) {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            "python3", "-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--protocol", "HTTP/1.1", "--directory",
            site.path(percentEncoded: false),
        ]
        let output = Pipe()
        (process.standardOutput, process.standardError) = (output, FileHandle.nullDevice)
        try process.run()
        // `Serving HTTP on 127.0.0.1 port 41233 (http://127.0.0.1:41233/) ...`
        let said = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        let words = said.split(separator: " ")
        guard let at = words.firstIndex(of: "port"), let port = words.dropFirst(at + 1).first.flatMap({ Int($0) }) else {
            process.terminate()
            throw CocoaError(.executableNotLoadable)
        }
        return (process, port)
    }
}
