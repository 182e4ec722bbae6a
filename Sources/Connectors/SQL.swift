import Formats
import Model
import Transport

/// Rows of a database as facts: a query of one's own over a table of deployments, flags, incidents. It is asked for a span of time,
/// and columns are named as the inbox names fields.
package struct SQLConnector: Connector {
    package static let descriptor = ConnectorDescriptor(
        kind: "sql", summary: "Rows of a query to PostgreSQL, such as a table of deployments.",
        settings: [
            SettingDescriptor("host", .text, isRequired: true, "the server, or the folder of its unix socket"),
            SettingDescriptor("port", .integer(1...65_535), usual: "5432", "its port"),
            SettingDescriptor("database", .text, isRequired: true, "the database"),
            SettingDescriptor("user", .text, isRequired: true, "who logs in; it needs to read only"),
            SettingDescriptor("query", .text, isRequired: true, "one statement, in which `$1` is from when on and `$2` up to when"),
            SettingDescriptor("type", .text, usual: "deployment", "the type of rows without a column `type`"),
            SettingDescriptor(
                "tls", .choice(["verified", "off"]), usual: "verified", "`off` is refused with a password to another machine"),
            SettingDescriptor("max_rows", .integer(1...100_000), usual: "10000", "of one answer; when there are more, less is asked for"),
        ] + HTTPSource.settings.filter { shared.contains($0.name) } + TimeWindows.settings,
        sample: """
            kind: sql
            host: db.example.org
            database: deploys
            user: caseboard
            secret_file: sql-password
            query: SELECT finished_at AS time, service, version, git_sha AS commit FROM deploys WHERE finished_at >= $1 AND finished_at < $2
            """)
    private static let shared: Set<String> = [
        "secret_file", "secret_command", "secret_env", "ca_file", "client_certificate", "client_key", "timeout", "allow_loopback",
        "allow_link_local", "service", "environment",
    ]

    private let settings: SourceSettings
    private let windows: TimeWindows
    private let secrets: SecretSource?
    private let connection: ConnectionSettings
    private let query: String
    private let maxRows: Int
    private static let item = "query"

    package init(settings: SourceSettings) throws(ConnectorError) {
        self.settings = settings
        windows = TimeWindows(settings, stepMs: 1_000, longestMs: 7 * .dayMs)
        secrets = SecretSource(settings)
        connection = ConnectionSettings(settings)
        query = settings.text("query") ?? ""
        maxRows = Int(settings.number("max_rows") ?? 10_000)
        guard query.contains("$1") else {
            throw .badSetting(setting: "query", why: "it asks for the same rows at every run; compare a time with `$1`, from when on")
        }
        for setting in ["host", "database", "user"] where settings.text(setting)?.contains(where: \.isNewline) == true {
            throw .badSetting(setting: setting, why: "it has a line end")
        }
    }

    package var isRemote: Bool { true }
    package func readUntil(_ cursors: [String: Cursor]) -> Instant? { cursors.readUntil }
    package func cursors(refetching place: String) -> [String]? { [Self.item] }

    package func fetch(after cursors: [String: Cursor], through access: SourceAccess) async throws(ConnectorError) -> Page? {
        try await windows.page(of: Self.item, after: cursors, now: access.now) {
            (window: inout Range<Int64>) async throws(ConnectorError) in
            let answer = try await ask(window, through: access)
            if answer.rows.isEmpty { return [] }
            let lines = Array(SQLFacts.lines(answer, type: settings.text("type") ?? EventType.deployment.rawValue).utf8)
            return [Page.Item(place: Self.item, content: .bytes(lines, from: origin(access)))]
        }
    }

    private func origin(_ access: SourceAccess) -> DocumentOrigin {
        settings.origin(Self.item, at: access.now)
    }

    private func ask(
        _ window: Range<Int64>, through access: SourceAccess, policy: RetryPolicy = RetryPolicy()
    ) async throws(ConnectorError) -> SQLRows {
        let secret = try await access.secret(from: secrets, of: settings.name)
        let server = PostgresServer(
            host: settings.text("host") ?? "", port: Int(settings.number("port") ?? 5_432), database: settings.text("database") ?? "",
            user: settings.text("user") ?? "", password: secret?.password, usesTLS: settings.text("tls") != "off")
        let question = SQLQuestion(
            query, moments: [Instant(ms: window.lowerBound), Instant(ms: window.upperBound)], maxRows: maxRows,
            maxBytes: Limits.logPageBytes)
        let network = NetworkTransport(connection)
        return try await access.carry(
            for: settings.name, to: "postgresql://\(server.shown)", host: server.shown, timeoutSeconds: settings.timeoutSeconds,
            policy: policy
        ) { (seconds) async throws(TransportError) in try await network.rows(question, from: server, timeoutSeconds: seconds) }
    }

    package func read(_ item: Page.Item) -> Reading {
        switch item.content {
        case .read(let reading): reading
        case .bytes(let bytes, let document): bytes.withUnsafeBytes { EventsConnector.read($0, from: document) }
        }
    }

    package func probe(through access: SourceAccess) async -> SourceProbe {
        var once = RetryPolicy()
        once.maxRetries = 0
        var probe = SourceProbe()
        probe.diagnostics = secrets?.diagnostics(of: settings.name) ?? []
        let place = "\(settings.text("host") ?? "")"
        do throws(ConnectorError) {
            let now = access.now.ms
            let answer = try await ask((now - .dayMs)..<now, through: access, policy: once)
            let columns = answer.columns.map { "`\($0.name)`" }.joined(separator: ", ")
            probe.findings = [
                "PostgreSQL \(answer.serverVersion) at \(place) answers" + (secrets == nil ? "" : ", credentials accepted"),
                "\(answer.rows.count) \(answer.rows.count == 1 ? "row" : "rows") of the last day, with \(columns)".clipped(to: 300),
            ]
            let lines = Array(SQLFacts.lines(answer, type: settings.text("type") ?? EventType.deployment.rawValue).utf8)
            let reading = read(Page.Item(place: Self.item, content: .bytes(lines, from: origin(access))))
            if let last = reading.events.last { probe.findings.append("the last of them is the \(last.type.rawValue) “\(last.title)”") }
            if let refused = reading.rejections.first {
                probe.diagnostics.append(
                    Diagnostic(
                        file: settings.name, line: refused.line.map { Int($0) }, message: refused.reason,
                        remedy: "name the columns as the inbox names fields: `time`, `title`, `service`, `version`, `commit`"))
            }
            if let theirs = answer.serverTime { probe.compare(clock: theirs, with: access.network.clock.now(), of: settings.name) }
        } catch {
            probe.failed(at: place, error, of: settings.name)
        }
        return probe
    }
}

/// Rows as the inbox takes events: one JSON object a line, each column a field.
enum SQLFacts {
    static func lines(_ answer: SQLRows, type: String) -> String {
        var text = ""
        for row in answer.rows {
            var members: [String: JSONValue] = ["type": .string(type)]
            for (column, cell) in zip(answer.columns, row) {
                if let cell { members[column.name] = value(cell, column.type) }
            }
            text += JSONValue.object(members).text + "\n"
        }
        return text
    }

    /// By the numbers of PostgreSQL's own types (`pg_type.dat`); all others are texts.
    static func value(_ cell: String, _ type: UInt32) -> JSONValue {
        switch type {
        case 16: return .bool(cell == "t")
        case 20, 21, 23: return Int64(cell).map { .int($0) } ?? .string(cell)
        case 700, 701, 1_700: return Double(cell).flatMap { $0.isFinite ? .double($0) : nil } ?? .string(cell)
        case 114, 3_802:
            if case .success(let value) = Array(cell.utf8).withUnsafeBytes({ JSONReader.parse($0) }) { return value }
            return .string(cell)
        // `2026-03-10 14:08:00.5+00`; what has no zone is taken for UTC.
        case 1_082, 1_114, 1_184:
            var moment = cell.replacing(each: " ", with: "T")
            if type == 1_082 { moment += "T00:00:00" }
            if moment.hasSuffix("+00") { moment.removeLast(3) }
            return .string(moment + "Z")
        default: return .string(cell)
        }
    }
}
