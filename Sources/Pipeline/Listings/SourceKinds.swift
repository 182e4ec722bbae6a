import Connectors
import Model

/// `caseboard kinds`: the kinds of sources there are, and the settings of one, all told by the connectors themselves.
package enum SourceKinds {
    /// All kinds, one line each.
    package static func list() -> Answer {
        let all = ConnectorCatalog.all.map { $0.descriptor }
        let width = all.map(\.kind.count).max() ?? 0
        return Answer(
            lines: all.map { Line("\(CaseQueries.pad($0.kind, width))  ", .strong) + Line($0.summary) },
            json: ["schema": "caseboard.kinds/1", "kinds": .array(all.map { document($0) })])
    }

    /// What an entry of that kind looks like, and each setting.
    package static func show(_ name: String) throws(ConnectorError) -> Answer {
        let kind = try ConnectorCatalog.kind(name).descriptor
        var lines = [Line(kind.kind, .strong) + Line("  \(kind.summary)"), Line("")]
        lines.append(Line("  - name: NAME"))
        lines += kind.sample.split(separator: "\n").map { Line("    \($0)") }
        lines.append(Line(""))
        let width = kind.settings.map(\.name.count).max() ?? 0
        let (own, shared) = parts(kind)
        for setting in own + shared {
            if setting == shared.first { lines.append(Line("  over HTTP", .strong)) }
            let usual = setting.isRequired ? "; needed" : setting.usual.isEmpty ? "" : "; usually \(plain(setting.usual))"
            lines.append(Line("  \(CaseQueries.pad(setting.name, width))  ", .strong) + Line(plain(setting.summary)))
            lines.append(Line("  \(CaseQueries.pad("", width))  \(plain(setting.kind.words))\(usual)", .faint))
        }
        return Answer(lines: lines, json: ["schema": "caseboard.kinds/1", "kinds": [document(kind)]])
    }

    /// For a terminal, where a backtick is but a backtick.
    private static func plain(_ markdown: String) -> String { markdown.replacing("`", with: "") }

    private static func document(_ kind: ConnectorDescriptor) -> JSONValue {
        [
            "kind": .string(kind.kind), "summary": .string(kind.summary), "sample": .string(kind.sample),
            "settings": .array(
                kind.settings.map {
                    [
                        "name": .string($0.name), "value": .string($0.kind.words), "usual": .string($0.usual),
                        "summary": .string($0.summary),
                        "required": .bool($0.isRequired),
                    ]
                }),
        ]
    }

    /// What all kinds that ask over HTTP have in common, but for where the server is: nothing can be asked without.
    private static let overHTTP = ConnectorCatalog.httpSettings.filter { $0.name != "url" }

    private static func parts(_ kind: ConnectorDescriptor) -> (own: [SettingDescriptor], shared: [SettingDescriptor]) {
        let isHTTP = overHTTP.allSatisfy { kind.settings.contains($0) }
        return (isHTTP ? kind.settings.filter { !overHTTP.contains($0) } : kind.settings, isHTTP ? overHTTP : [])
    }

    // MARK: - Documentation

    /// `docs/sources.md`.
    package static var reference: String {
        var text = """
            # Settings of sources

            Every kind of source with an entry that works and its settings, as the program itself tells them (`caseboard kinds KIND`).
            What each reads, how far it can be relied on and what happens when it fails: [connectors.md](connectors.md).

            """
        for kind in ConnectorCatalog.all.map({ $0.descriptor }) {
            text += "\n## \(kind.kind)\n\n\(kind.summary)\n\n```yaml\n- name: \(kind.kind)\n"
            text += kind.sample.split(separator: "\n").map { "  \($0)\n" }.joined() + "```\n\n"
            let (own, shared) = parts(kind)
            text += table(own)
            if !shared.isEmpty { text += "\nAnd those [over HTTP](#over-http).\n" }
        }
        return text + "\n## Over HTTP\n\nThe settings of every kind that asks a server over HTTP.\n\n" + table(overHTTP)
    }

    private static func table(_ settings: [SettingDescriptor]) -> String {
        let rows = settings.map { setting in
            let cells = ["`\(setting.name)`", setting.kind.words, setting.isRequired ? "needed" : setting.usual, setting.summary]
            return "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |\n"
        }
        return rows.isEmpty ? "" : "| Setting | Value | Usually | Means |\n|---|---|---|---|\n" + rows.joined()
    }
}
