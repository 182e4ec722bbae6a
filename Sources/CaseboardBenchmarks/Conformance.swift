import Formats
import Foundation
import Model

/// Every reader over a folder of format corpora: what was read, what was refused and why, what was expected.
///
/// The folder's children are recognised by what they hold, so any corpus of the same shape may stand there.
enum Conformance {
    static func run(_ root: URL) throws {
        guard FileManager.default.fileExists(atPath: root.path(percentEncoded: false)) else {
            print("there is no folder \(root.path(percentEncoded: false))")
            exit(2)
        }
        let scratch = try benchFolder("conformance")
        let folders = try FileManager.default.contentsOfDirectory(at: root, includingPropertiesForKeys: nil).sorted {
            $0.path() < $1.path()
        }
        for folder in folders {
            let files = try unpacked(folder, scratch)
            let name = folder.lastPathComponent
            if name.contains("junit") { junit(name, files) }
            if name.contains("openmetrics") { openMetrics(name, files) }
            if name.contains("otlp") || name.contains("jaeger") || name.contains("zipkin") { traces(name, files) }
            if name.contains("feeds") { feeds(name, files) }
            if name.contains("logs") { logs(name, files) }
            if name.contains("alerts") { alerts(name, files) }
            if name.contains("mustache") { TextConformance.mustache(name, files) }
            if name.contains("gfm") { TextConformance.markdown(name, files) }
        }
    }

    // MARK: - Corpora

    private static func junit(_ name: String, _ files: [URL]) {
        var tally = Tally(name)
        for file in files where ["xml", "trx"].contains(file.pathExtension) {
            let bytes = contents(file)
            let reading = bytes.withUnsafeBytes { JUnitReader.read($0, from: origin(file), stack: StackTrace.parse) }
            let results = file.deletingPathExtension().appendingPathExtension("results.json")
            guard let stats = object(results)?["stats"] as? [String: Any] else {
                // Without an expectation beside it a file is only to be read or refused, and `.exception` says refused.
                let refused = FileManager.default.fileExists(
                    atPath: file.deletingPathExtension().appendingPathExtension("exception").path(percentEncoded: false))
                tally.add(file, reading, expected: refused ? "a refusal" : nil, agrees: !refused || !reading.rejections.isEmpty)
                continue
            }
            func count(_ outcome: TestOutcome) -> Int { reading.tests.filter { $0.outcome == outcome }.count }
            let ours = [reading.tests.count, count(.failed), count(.errored), count(.skipped)]
            let theirs = ["runs", "runs_fail", "runs_error", "runs_skip"].map { (stats[$0] as? NSNumber)?.intValue ?? -1 }
            let wantsError = (stats["errors"] as? [Any])?.isEmpty == false
            let agrees = ours == theirs || (wantsError && !reading.rejections.isEmpty)
            tally.add(file, reading, expected: "\(theirs) runs, failed, errors, skipped; got \(ours)", agrees: agrees)
        }
        tally.close()
    }

    private static func openMetrics(_ name: String, _ files: [URL]) {
        var tally = Tally(name)
        for file in files where file.lastPathComponent == "metrics" {
            let folder = file.deletingLastPathComponent()
            let isValid =
                (object(folder.appending(path: "test.json"))?["shouldParse"] as? NSNumber)?.boolValue ?? !folder.lastPathComponent
                .hasPrefix("bad_")
            var place = origin(file)
            place.path = folder.lastPathComponent + ".om"
            let reading = contents(file).withUnsafeBytes { OpenMetricsReader.read($0, from: place) }
            tally.add(folder, reading, expected: isValid ? "valid" : "a refusal", agrees: isValid == reading.rejections.isEmpty)
        }
        tally.close()
    }

    private static func traces(_ name: String, _ files: [URL]) {
        var tally = Tally(name)
        for file in files where file.pathExtension == "json" {
            let reading = contents(file).withUnsafeBytes { TraceReader.read($0, from: origin(file), stack: StackTrace.parse) }
            tally.add(file, reading, expected: nil, agrees: true)
        }
        tally.close()
    }

    /// The feed validator's corpus: a case without an error is to be read; one with an error is to be read or refused.
    private static func feeds(_ name: String, _ files: [URL]) {
        var tally = Tally(name)
        for file in files where file.pathExtension == "xml" {
            let bytes = contents(file)
            let head = String(decoding: bytes.prefix(2_000), as: UTF8.self)
            let isGood =
                head.contains("Expect:")
                && head.components(separatedBy: "Expect:").dropFirst().first?.drop(while: { $0 == " " }).first == "!"
            let reading = bytes.withUnsafeBytes { FeedReader.read($0, from: origin(file)) }
            tally.add(
                file, reading, expected: isGood ? "to be read" : nil,
                agrees: !isGood || reading.rejections.isEmpty || !reading.events.isEmpty)
        }
        tally.close()
    }

    private static func logs(_ name: String, _ files: [URL]) {
        var tally = Tally(name)
        for file in files where !["LICENSE", "SOURCE.txt"].contains(file.lastPathComponent) {
            var bytes: [UInt8] = []
            var reading = Reading()
            do {
                let source = try Decompressor(path: file.path(percentEncoded: false))
                while try source.read(into: &bytes, upTo: 1 << 20) > 0 {}
            } catch {
                reading.rejections.append(Rejection(reason: "\(error)"))
            }
            if let reader = try? LogReader(format: nil, pattern: nil, referenceTime: Instant(ms: 1_773_000_000_000)) {
                let layout = bytes.withUnsafeBytes { reader.detect(head: $0) }
                let page = reader.read(
                    bytes, origin: origin(file), offset: 0, firstLine: 1, layout: layout, carriedTimeMs: nil, isEnd: true)
                reading.logs = [page.batch]
                reading.rejections += page.rejections
                let timed = page.batch.records.filter { $0.timeMs != LogRecord.noTime }.count
                tally.detail(
                    file,
                    "\(layout.format.rawValue): \(page.batch.records.count) records, \(timed) with a time, \(page.rejections.count) refused"
                )
            }
            tally.add(file, reading, expected: nil, agrees: true)
        }
        tally.close()
    }

    private static func alerts(_ name: String, _ files: [URL]) {
        var tally = Tally(name)
        for file in files where file.pathExtension == "json" {
            let reading = contents(file).withUnsafeBytes { AlertmanagerReader.read($0, from: origin(file)) }
            tally.add(file, reading, expected: nil, agrees: true)
        }
        tally.close()
    }

    // MARK: - Files

    /// The files of a corpus, archives unpacked beside the benchmark's own scratch files.
    private static func unpacked(_ folder: URL, _ scratch: URL) throws -> [URL] {
        var roots = [folder]
        for file in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        where file.lastPathComponent.hasSuffix(".tar.gz") {
            let target = scratch.appending(path: folder.lastPathComponent)
            try FileManager.default.createDirectory(at: target, withIntermediateDirectories: true)
            let tar = Process()
            tar.executableURL = URL(filePath: "/usr/bin/env")
            tar.arguments = ["tar", "xzf", file.path(percentEncoded: false), "-C", target.path(percentEncoded: false), "--no-same-owner"]
            try tar.run()
            tar.waitUntilExit()
            roots.append(target)
        }
        return roots.flatMap { root in
            let paths = (try? FileManager.default.subpathsOfDirectory(atPath: root.path(percentEncoded: false))) ?? []
            return paths.sorted().map { root.appending(path: $0) }.filter { !isDirectory($0) }
        }
    }
    private static func isDirectory(_ url: URL) -> Bool { (try? url.resourceValues(forKeys: [.isDirectoryKey]).isDirectory) ?? false }
    private static func contents(_ url: URL) -> [UInt8] { (try? Data(contentsOf: url)).map(Array.init) ?? [] }
    private static func object(_ url: URL) -> [String: Any]? {
        (try? Data(contentsOf: url)).flatMap { try? JSONSerialization.jsonObject(with: $0) } as? [String: Any]
    }
    private static func origin(_ url: URL) -> DocumentOrigin {
        DocumentOrigin(origin: "conformance", path: url.lastPathComponent, fallbackTime: Instant(ms: 1_773_000_000_000))
    }
}

/// The count of one corpus, printed as it closes.
private struct Tally {
    let name: String
    private var files = 0
    private var accepted = 0
    private var refusals: [String: Int] = [:]
    private var checked = 0
    private var agreed = 0
    private var misses: [String] = []
    private var details: [String] = []

    init(_ name: String) { self.name = name }

    mutating func detail(_ file: URL, _ text: String) { details.append("    \(file.lastPathComponent): \(text)") }

    mutating func add(_ file: URL, _ reading: Reading, expected: String?, agrees: Bool) {
        files += 1
        accepted += reading.acceptedCount
        for rejection in reading.rejections { refusals[kind(rejection.reason), default: 0] += 1 }
        guard let expected else { return }
        checked += 1
        if agrees {
            agreed += 1
        } else {
            misses.append(
                "    \(file.lastPathComponent): expected \(expected)" + (reading.rejections.first.map { "; refused: \($0.reason)" } ?? ""))
        }
    }

    /// The reason without the names and numbers of one file.
    private func kind(_ reason: String) -> String {
        var out = ""
        var isQuoted = false
        for character in reason.prefix(120) {
            if character == "`" { isQuoted.toggle() }
            if isQuoted && character != "`" { continue }
            out.append(character.isNumber ? "#" : character)
        }
        return out
    }

    func close() {
        print(
            "\(name): \(files) files, \(accepted) items read, \(refusals.values.reduce(0, +)) refused"
                + (checked > 0 ? "; as expected in \(agreed) of \(checked)" : ""))
        for (reason, count) in refusals.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }).prefix(8) {
            print("    \(count) × \(reason)")
        }
        for miss in misses.prefix(40) { print(miss) }
        for line in details { print(line) }
    }
}
