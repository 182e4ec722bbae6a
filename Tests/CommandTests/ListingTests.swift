import Foundation
import TestKit
import Testing

/// `logs templates` and `metrics anomalies`: one file in, a table out.
@Suite struct ListingTests {
    static let log = """
        2026-03-10 14:00:01,120 INFO  [pool-1] Cart - cart 17 was opened by 10.0.0.1
        2026-03-10 14:00:02,130 INFO  [pool-2] Cart - cart 18 was opened by 10.0.0.2
        2026-03-10 14:00:03,140 ERROR [pool-1] Pay - "no, thanks" said card 4
        2026-03-10 14:00:04,150 INFO  [pool-3] Cart - cart 19 was opened by 10.0.0.3

        """

    static func rows(_ text: String) -> [[String]] {
        text.split(separator: "\n").map { $0.split(separator: ",", maxSplits: 2).map(String.init) }
    }

    @Test func `each line has its template, headers are found and left out, ids are the same in every run`() throws {
        let folder = try TemporaryFolder()
        try folder.write(Self.log, to: "shop.log")
        let result = try Program.run(["logs", "templates", folder.path + "/shop.log", "--format", "csv"])
        #expect(result.status == 0, "\(result.error)")
        let rows = Self.rows(result.output)
        #expect(rows[0] == ["line", "template_id", "template"])
        #expect(rows.dropFirst().map { $0[0] } == ["1", "2", "3", "4"])
        #expect(rows[1][2].hasSuffix("cart <*> was opened by <*>"))
        #expect(rows[1][1] == rows[4][1] && rows[1][1] != rows[3][1])
        #expect(rows[3][2].hasPrefix("\"") && rows[3][2].contains("\"\"no, thanks\"\" said card <*>"))
        #expect(try Program.run(["logs", "templates", folder.path + "/shop.log", "--format", "csv"]).output == result.output)
    }

    @Test func `standard input and compressed files say the same`() throws {
        let folder = try TemporaryFolder()
        try folder.write(Self.log, to: "shop.log")
        let plain = try Program.run(["logs", "templates", folder.path + "/shop.log", "--format", "csv"]).output
        let program = Program.executable.path(percentEncoded: false)
        for command in [
            "cat shop.log | '\(program)' logs templates - --format csv", "'\(program)' logs templates - --format csv < shop.log",
            "gzip -k shop.log && '\(program)' logs templates shop.log.gz --format csv",
        ] {
            let process = Process()
            process.executableURL = URL(filePath: "/bin/sh")
            process.arguments = ["-c", command]
            process.currentDirectoryURL = URL(filePath: folder.path)
            let output = Pipe()
            process.standardOutput = output
            try process.run()
            let said = try output.fileHandleForReading.readToEnd() ?? Data()
            process.waitUntilExit()
            #expect(String(decoding: said, as: UTF8.self) == plain, "\(command)")
        }
    }

    @Test func `json is one object with the templates and a row for each line`() throws {
        let folder = try TemporaryFolder()
        try folder.write(Self.log, to: "shop.log")
        let result = try Program.run(["logs", "templates", folder.path + "/shop.log", "--json"])
        let object = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
        #expect(object?["schema"] as? String == "caseboard.log-templates/1")
        #expect((object?["templates"] as? [[String: Any]])?.count == 2)
        let lines = object?["lines"] as? [[String: Any]]
        #expect(lines?.compactMap { $0["line"] as? Int } == [1, 2, 3, 4])
        #expect(lines?.first?["template"] as? String != nil && lines?.first?["template_id"] as? String != nil)
    }

    @Test func `for people the templates with the most lines come first`() throws {
        let folder = try TemporaryFolder()
        try folder.write(Self.log, to: "shop.log")
        let lines = try Program.run(["logs", "templates", folder.path + "/shop.log"]).output.split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines[1].contains("3  t") && lines[1].contains("was opened by"))
    }

    @Test func `an empty log has no templates`() throws {
        let folder = try TemporaryFolder()
        try folder.write("", to: "empty.log")
        let result = try Program.run(["logs", "templates", folder.path + "/empty.log", "--format", "csv"])
        #expect(result.status == 0)
        #expect(result.output == "line,template_id,template\n")
    }

    @Test(arguments: [["logs", "templates"], ["metrics", "anomalies"]])
    func `a file that is not there is named, with what to do`(command: [String]) throws {
        let result = try Program.run(command + ["/nowhere/at.all"])
        #expect(result.status == 2)
        #expect(result.output.isEmpty)
        #expect(result.error.contains("/nowhere/at.all") && result.error.contains("check the path"))
    }

    @Test func `wrong formats and contradictions are wrong usage`() throws {
        #expect(try Program.run(["logs", "templates", "x", "--format", "xml"]).status == 64)
        #expect(try Program.run(["logs", "templates", "x", "--format", "csv", "--json"]).status == 64)
        #expect(try Program.run(["metrics"]).status == 64 || Program.run(["metrics"]).output.contains("anomalies"))
    }

    static let cpu =
        "timestamp,value\n"
        + (0..<400).map { row in
            "2026-03-10 \(String(format: "%02d:%02d", row / 60 % 24, row % 60)):00,\(row == 350 ? 95.5 : 20 + Double(row * 7 % 5))"
        }.joined(separator: "\n") + "\n"

    @Test func `each row of a metric has a score, and the spike the greatest with a reason`() throws {
        let folder = try TemporaryFolder()
        try folder.write(Self.cpu, to: "cpu.csv")
        let result = try Program.run(["metrics", "anomalies", folder.path + "/cpu.csv", "--format", "csv"])
        #expect(result.status == 0, "\(result.error)")
        let rows = result.output.split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
        #expect(rows[0] == ["time", "value", "score", "reason"])
        #expect(rows.count == 401)
        #expect(rows[351][0] == "2026-03-10 05:50:00" && rows[351][1] == "95.5")
        let scores = rows.dropFirst().compactMap { Double($0[2]) }
        #expect(scores.count == 400 && scores.max() == scores[350] && scores[350] >= 0.5)
        #expect(!rows[351][3].isEmpty && rows[10][3].isEmpty)
        let table = try Program.run(["metrics", "anomalies", folder.path + "/cpu.csv"]).output
        #expect(table.contains("2026-03-10 05:50:00") && table.split(separator: "\n").count < 20)
    }

    @Test func `gaps keep their rows, and several series are told apart`() throws {
        let folder = try TemporaryFolder()
        try folder.write("time,shop.cpu,shop.memory\n2026-03-10T14:00:00Z,1,\n2026-03-10T14:01:00Z,NaN,5\n", to: "wide.csv")
        let result = try Program.run(["metrics", "anomalies", folder.path + "/wide.csv", "--format", "csv"])
        #expect(
            result.output == """
                time,value,score,reason,series
                2026-03-10T14:00:00Z,1,0.000000,,shop.cpu
                2026-03-10T14:00:00Z,,0.000000,,shop.memory
                2026-03-10T14:01:00Z,,0.000000,,shop.cpu
                2026-03-10T14:01:00Z,5,0.000000,,shop.memory

                """)
    }

    @Test func `what is no metric is refused with its line and what to write`() throws {
        let folder = try TemporaryFolder()
        try folder.write("time,value\n2026-03-10T14:00:00Z,1\nyesterday,2\n", to: "bad.csv")
        let result = try Program.run(["metrics", "anomalies", folder.path + "/bad.csv", "--json"])
        #expect(result.status == 2)
        #expect(result.error.contains("bad.csv:3") && result.error.contains("RFC 3339"))
        let object = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
        #expect((object?["error"] as? [String: Any])?["code"] as? String == "not_metrics")
    }
}
