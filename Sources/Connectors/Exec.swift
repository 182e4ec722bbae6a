import Formats
import Model

/// A program of one's own that prints what it knows, so that anything else is one script away. It is told since when; what it
/// prints counts only when it ends well.
package struct ExecConnector: Connector {
    package static let descriptor = ConnectorDescriptor(
        kind: "exec", summary: "What a program prints. `$CASEBOARD_SINCE` tells it from when on, `$CASEBOARD_UNTIL` up to when.",
        settings: [
            SettingDescriptor("command", .command, isRequired: true, "the program and its arguments; it runs in the workspace"),
            SettingDescriptor("format", .choice(["events", "changes", "alerts", "metrics", "traces"]), usual: "events", "what it prints"),
            SettingDescriptor("timeout", .duration, usual: "60s", "it is ended, with all it started, after so long"),
            SettingDescriptor("pass", .texts, "names of environment variables that it gets besides `PATH` and `HOME`"),
            SettingDescriptor("service", .text, "the service of facts that name none"),
            SettingDescriptor("environment", .text, "the environment of all facts, such as `production`"),
        ] + TimeWindows.settings,
        sample: """
            kind: exec
            command: [scripts/deploys, --json]
            """)

    private let settings: SourceSettings
    private let windows: TimeWindows
    private static let item = "exec"

    package init(settings: SourceSettings) throws(ConnectorError) {
        self.settings = settings
        windows = TimeWindows(settings, stepMs: 1_000, longestMs: .max / 2)
    }

    package var isRemote: Bool { true }
    package func readUntil(_ cursors: [String: Cursor]) -> Instant? { cursors.readUntil }
    package func cursors(refetching place: String) -> [String]? { [Self.item] }

    private var command: [String] { settings.texts("command") }
    private var program: String {
        let name = command.first ?? ""
        return name.contains("/") ? settings.absolute(name) : name
    }

    package func fetch(after cursors: [String: Cursor], through access: SourceAccess) async throws(ConnectorError) -> Page? {
        guard let window = windows.next(after: cursors[Self.item], now: access.now) else { return nil }
        let output = try await output(window, access)
        var page = Page()
        let origin = settings.origin(command.first ?? "", at: access.now)
        if !output.isEmpty { page.items = [Page.Item(place: command.first ?? "", content: .bytes(output, from: origin))] }
        page.cursorUpdates[Self.item] = windows.cursor(until: window.upperBound, now: access.now)
        return page
    }

    private func output(_ window: Range<Int64>, _ access: SourceAccess) async throws(ConnectorError) -> [UInt8] {
        var environment = ProgramRun.passed(["HOME"] + settings.texts("pass"))
        environment["PATH"] = ProgramRun.path
        environment["CASEBOARD_SINCE"] = Instant(ms: window.lowerBound).rfc3339
        environment["CASEBOARD_UNTIL"] = access.now.rfc3339
        access.onTouch?(command.joined(separator: " "))
        return try await ProgramRun.output(
            program, Array(command.dropFirst()), shownAs: command.first, environment: environment, folder: settings.workspace,
            limitBytes: Limits.documentBytes, timeoutSeconds: max(1, Int((settings.number("timeout") ?? 60_000) / 1_000))
        ).output
    }

    package func read(_ item: Page.Item) -> Reading {
        switch item.content {
        case .read(let reading): reading
        case .bytes(let bytes, let document): bytes.withUnsafeBytes { read($0, from: document) }
        }
    }
    private func read(_ bytes: UnsafeRawBufferPointer, from document: DocumentOrigin) -> Reading {
        switch settings.text("format") {
        case "changes": ChangesConnector.read(bytes, from: document)
        case "alerts": AlertsConnector.read(bytes, from: document)
        case "metrics": MetricsConnector.read(bytes, from: document)
        case "traces": TracesConnector.read(bytes, from: document)
        default: EventsConnector.read(bytes, from: document)
        }
    }

    package func probe(through access: SourceAccess) async -> SourceProbe {
        do throws(ConnectorError) {
            let now = access.now.ms
            let bytes = try await output((now - .hourMs)..<now, access)
            let origin = DocumentOrigin(origin: settings.name, path: command.first ?? "", fallbackTime: access.now)
            let reading = bytes.withUnsafeBytes { read($0, from: origin) }
            var probe = SourceProbe(findings: ["`\(command.first ?? "")` ran, \(reading.acceptedCount) items of the last hour"])
            if let refused = reading.rejections.first {
                probe.diagnostics.append(
                    Diagnostic(level: .warning, file: settings.name, line: refused.line.map { Int($0) }, message: refused.reason))
            }
            return probe
        } catch {
            return SourceProbe(
                findings: ["`\(command.first ?? "")` failed"], diagnostics: [Diagnostic(file: settings.name, message: "\(error)")])
        }
    }
}
