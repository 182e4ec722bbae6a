import Foundation
import Model
import Pipeline

/// What a hundred items of a healthy source cost, in waiting and in work of our own, the whole run with its store: a run that collects a
/// hundred new alerts from a server that answers at once, one to which it says the same again, and one that learns that they ended. The
/// server is Python's, on loopback, in a process of its own.
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
        var costs = [(waited: [Double], worked: [Double])](repeating: ([], []), count: 3)
        var alerts: [JSONValue] = []
        for round in 0...3 * rounds {
            let moment = start + Int64(round) * .minuteMs
            if round % 3 == 1 { alerts = (0..<items).map { alert($0, at: moment) } }
            if round % 3 == 0 { alerts = [] }
            try JSONValue.array(alerts).text.write(to: site.appending(path: "alerts"), atomically: true, encoding: .utf8)
            let (clock, cpu) = (ContinuousClock.now, cpuSeconds())
            let answer = try await CaseboardRun.run(in: workspace, steps: [.collect], now: moment, progress: .silent)
            let (waited, worked) = (ContinuousClock.now - clock, cpuSeconds() - cpu)
            if round == 0 { continue }  // makes the store
            guard answer.exitCode == 0 else { return print("fetch: the server did not answer: \(answer.lines.map(\.text))") }
            costs[round % 3].waited.append(waited / .milliseconds(1))
            costs[round % 3].worked.append(worked * 1_000)
        }
        for (place, what) in [(1, "\(items) new alerts"), (2, "nothing new of \(items)"), (0, "the end of \(items)")] {
            let (waited, worked) = (median(costs[place].waited), median(costs[place].worked))
            print("fetch: a run with \(what) of a healthy server takes \(twoDigits(waited)) ms, of which our CPU \(twoDigits(worked)) ms")
        }
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
