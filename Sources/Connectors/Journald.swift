import Formats
import Model

/// The journal of systemd, of this machine or in files, as `journalctl` prints it: read on behind the last entry that was read.
package struct JournaldConnector: Connector {
    package static let descriptor = ConnectorDescriptor(
        kind: "journald", summary: "The journal of systemd: this machine's, or files of it, such as `systemd-journal-remote` gathers.",
        settings: [
            SettingDescriptor("file", .paths, usual: "this machine's journal", "journal files; `*` and `?` stand for many"),
            SettingDescriptor("unit", .texts, "only entries of these units"),
            SettingDescriptor(
                "priority", .choice(["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"]), usual: "debug",
                "only entries at least so bad"),
            SettingDescriptor("lookback", .duration, usual: "24h", "how far back the first run reads"),
            SettingDescriptor("timeout", .duration, usual: "60s", "`journalctl` is ended after so long"),
            SettingDescriptor("service", .text, "the service of entries that name neither identifier nor unit"),
            SettingDescriptor("environment", .text, "the environment of all entries, such as `production`"),
        ],
        sample: """
            kind: journald
            unit: [nginx, checkout]
            """)

    private let settings: SourceSettings
    private let windows: TimeWindows
    private let files: [String]
    /// The largest page; smaller in tests.
    var pageBytes = Limits.logPageBytes
    private static let item = "journal"
    private static let program = "journalctl"

    package init(settings: SourceSettings) throws(ConnectorError) {
        self.settings = settings
        // What comes late stands behind the last entry like everything else.
        windows = TimeWindows(settings, stepMs: 1_000, longestMs: .dayMs, overlapMs: 0)
        files = settings.texts("file").map { "--file=" + settings.absolute($0) }
    }

    package var isRemote: Bool { true }
    package func readUntil(_ cursors: [String: Cursor]) -> Instant? { cursors.readUntil }

    package func fetch(after cursors: [String: Cursor], through access: SourceAccess) async throws(ConnectorError) -> Page? {
        let known = cursors[Self.item]
        guard let window = windows.next(after: known, now: access.now) else { return nil }
        let last = known?.state["cursor"]?.stringValue
        // At most twice as long as what fitted the last time: catching up on a busy machine asks for little in vain.
        let most = known?.state["span"]?.intValue.map { max(1_000, 2 * min($0, .dayMs)) } ?? .dayMs
        let wanted = window.lowerBound..<min(window.upperBound, window.lowerBound + most)
        return try await windows.fetch(wanted) { (window: inout Range<Int64>) async throws(ConnectorError) in
            let from = last.map { "--after-cursor=\($0)" } ?? "--since=@\(window.lowerBound.floorDivided(by: 1_000))"
            // A second cannot be halved.
            let limit = window.upperBound - window.lowerBound > 1_000 ? pageBytes : Limits.documentBytes
            let until = "--until=@\(window.upperBound.floorDivided(by: 1_000))"
            let output = try await journal([from, until, "--quiet"], limitBytes: limit, access).output
            return try page(output, known?.state, last, window, access)
        }
    }

    /// The place in the journal counts on from page to page, as if it were one endless file.
    private func page(
        _ output: [UInt8], _ known: JSONValue?, _ last: String?, _ window: Range<Int64>, _ access: SourceAccess
    ) throws(ConnectorError) -> Page {
        let (offset, line) = (known?["offset"]?.intValue ?? 0, known?["line"]?.intValue ?? 1)
        var next: [String: JSONValue?] = [
            "until": .int(window.upperBound), "asked": .int(access.now.ms), "span": .int(window.upperBound - window.lowerBound),
            "cursor": last.map { .string($0) }, "offset": .int(offset), "line": .int(line),
        ]
        var page = Page()
        if !output.isEmpty {
            guard let cursor = Self.lastCursor(output) else {
                throw .programFailed(program: Self.program, why: "printed an entry without `__CURSOR`")
            }
            let read = read(output, offset, line, access)
            page.items = [Page.Item(place: Self.item, content: .read(read.reading))]
            next["cursor"] = .string(cursor)
            next["offset"] = .int(offset + Int64(output.count))
            next["line"] = .int(line + read.lines)
        }
        page.cursorUpdates[Self.item] = Cursor(.compact(next))
        return page
    }

    private func read(_ output: [UInt8], _ offset: Int64, _ line: Int64, _ access: SourceAccess) -> (reading: Reading, lines: Int64) {
        guard let reader = try? LogReader(format: .journal, pattern: nil, referenceTime: access.now) else { return (Reading(), 0) }
        let read = reader.read(
            output, origin: settings.origin(Self.item, at: access.now), offset: offset, firstLine: line,
            layout: output.withUnsafeBytes { reader.detect(head: $0) },
            carriedTimeMs: nil, isEnd: true)
        var reading = Reading()
        if !read.batch.records.isEmpty { reading.logs = [read.batch] }
        reading.rejections = read.rejections
        return (reading, read.consumedLines)
    }

    /// Of the last entry.
    private static func lastCursor(_ output: [UInt8]) -> String? {
        let whole = output.last == 10 ? output.dropLast() : output[...]
        let start = whole.lastIndex(of: 10).map { $0 + 1 } ?? whole.startIndex
        guard case .success(let entry) = Array(whole[start...]).withUnsafeBytes({ JSONReader.parse($0) }) else { return nil }
        return entry["__CURSOR"]?.stringValue
    }

    private func journal(
        _ arguments: [String], limitBytes: Int, _ access: SourceAccess
    ) async throws(ConnectorError) -> (output: [UInt8], words: String) {
        let units = settings.texts("unit").map { "--unit=\($0)" }
        let priority = settings.text("priority").map { ["--priority=\($0)"] } ?? []
        let all = ["--output=json", "--all", "--no-pager"] + files + units + priority + arguments
        access.onTouch?(([Self.program] + all).joined(separator: " "))
        return try await ProgramRun.output(
            Self.program, all, environment: ["PATH": ProgramRun.path, "LC_ALL": "C"], folder: settings.workspace, limitBytes: limitBytes,
            timeoutSeconds: max(1, Int((settings.number("timeout") ?? 60_000) / 1_000)))
    }

    package func read(_ item: Page.Item) -> Reading {
        if case .read(let reading) = item.content { return reading }
        return Reading()
    }

    package func probe(through access: SourceAccess) async -> SourceProbe {
        do throws(ConnectorError) {
            let (output, words) = try await journal(["--lines=10"], limitBytes: pageBytes, access)
            let entries = read(output, 0, 1, access).reading.logs.first?.records ?? []
            let newest = entries.map(\.timeMs).max().map { ", the newest of \(Instant(ms: $0).rfc3339)" } ?? ""
            var probe = SourceProbe(findings: ["`\(Self.program)` answers with \(entries.isEmpty ? "no entry" : "entries")\(newest)"])
            // It sees less than there is, and says so by the way.
            if let hint = words.split(separator: "\n").first {
                probe.diagnostics.append(
                    Diagnostic(
                        level: .warning, file: settings.name, message: String(hint).clipped(to: 300),
                        remedy: "let the user that runs Caseboard read the journal (group `systemd-journal`)"))
            }
            return probe
        } catch {
            return SourceProbe(
                findings: ["`\(Self.program)` failed"], diagnostics: [Diagnostic(file: settings.name, message: "\(error)")])
        }
    }
}
