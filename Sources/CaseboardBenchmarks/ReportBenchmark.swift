import Formats
import Foundation
import Model

/// A JUnit report in memory, beside junitparser and lxml over the same file.
enum ReportBenchmark {
    static let tests = 60_000

    static func run() throws {
        let folder = try benchFolder("reports")
        let file = folder.appending(path: "junit.xml")
        try Data(report().utf8).write(to: file)
        let bytes = [UInt8](try Data(contentsOf: file))
        let origin = DocumentOrigin(origin: "tests", path: "junit.xml", fallbackTime: Instant(ms: 0))
        var ours: [Double] = []
        var theirs: [String: [Double]] = [:]
        var (read, failures) = (0, 0)
        for _ in 0..<repetitions {
            let before = cpuSeconds()
            let results = bytes.withUnsafeBytes { JUnitReader.read($0, from: origin, stack: { StackTrace.parse($0) }).tests }
            ours.append(Double(bytes.count) / 1e6 / (cpuSeconds() - before))
            (read, failures) = (results.count, results.count { $0.outcome != .passed })
            for name in ["junitparser", "lxml"] {
                let said = peer(Peers.python, ["Benchmarks/peers/report_peer.py", file.path(percentEncoded: false), name])
                if let said, said.count == 4 { theirs[name, default: []].append(said[0] / said[1]) }
            }
        }
        print("reports: \(read) tests, \(failures) not passed, in \(bytes.count >> 20) MB, \(Int(median(ours))) MB per CPU-second")
        for name in ["junitparser", "lxml"] {
            guard let rates = theirs[name] else {
                print("reports: \(Peers.missing)")
                continue
            }
            print("reports: \(name) \(Int(median(rates))); ratio \(twoDigits(median(ours) / median(rates)))")
        }
    }

    /// As Maven's Surefire writes it: one test in fifty fails, with a stack trace.
    private static func report() -> String {
        var chance = SplitMix64(seed: 9)
        var out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
        for suite in 0..<tests / 200 {
            out +=
                "<testsuite name=\"org.example.shop.Suite\(suite)Test\" tests=\"200\" failures=\"4\" errors=\"0\" time=\"12.5\" timestamp=\"2026-03-10T12:00:00\">\n"
            for test in 0..<200 {
                out +=
                    "  <testcase name=\"keeps order \(test) of \(chance.hex(6))\" classname=\"org.example.shop.Suite\(suite)Test\" time=\"0.\(100 + chance.below(900))\""
                if test % 50 != 7 {
                    out += "/>\n"
                    continue
                }
                out +=
                    ">\n    <failure message=\"expected: &lt;\(test)&gt; but was: &lt;\(test + 1)&gt;\" type=\"org.opentest4j.AssertionFailedError\">"
                out += "org.opentest4j.AssertionFailedError: expected: &lt;\(test)&gt; but was: &lt;\(test + 1)&gt;\n"
                for frame in 0..<12 { out += "\tat org.example.shop.Orders\(frame).check(Orders\(frame).java:\(10 + chance.below(400)))\n" }
                out += "</failure>\n  </testcase>\n"
            }
            out += "</testsuite>\n"
        }
        return out + "</testsuites>\n"
    }
}
