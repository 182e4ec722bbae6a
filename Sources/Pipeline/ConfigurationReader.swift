import Foundation
import Model
import Yams

/// Reads `caseboard.yaml`. Every problem is found in one pass and has a line, a column and a remedy.
package struct ConfigurationReader {
    private let file: String
    private var problems: [Diagnostic] = []

    package static func read(_ url: URL) throws(PipelineError) -> Configuration {
        let text: String
        do {
            text = try String(contentsOf: url, encoding: .utf8)
        } catch {
            throw .cannotRead(path: url.plainPath, reason: error.localizedDescription)
        }
        return try read(text: text, file: url.lastPathComponent)
    }

    package static func read(text: String, file: String) throws(PipelineError) -> Configuration {
        var reader = ConfigurationReader(file: file)
        let configuration = reader.configuration(from: text)
        let errors = reader.problems.filter { $0.level == .error }
        guard errors.isEmpty else { throw .configuration(reader.problems) }
        var result = configuration
        result.warnings = reader.problems
        return result
    }

    private init(file: String) { self.file = file }

    private static let keys = ["title", "environment", "sources", "services", "rules", "redaction", "site", "delivery", "network"]

    private mutating func configuration(from text: String) -> Configuration {
        var configuration = Configuration()
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch let error as YamlError {
            let (line, column) = ConfigurationReader.place(of: error)
            add(line, column, "this is not YAML: \(ConfigurationReader.words(of: error))", "check the indentation and the colon before it")
            return configuration
        } catch {
            add(1, 1, "this is not YAML", "start from the file that `caseboard init` writes")
            return configuration
        }
        guard let root else { return configuration }  // an empty file configures nothing, and says so in `check`
        guard let map = YAMLMap(root, file: file) else {
            add(root.place.line, root.place.column, "the file must be a mapping", "begin with `sources:`")
            return configuration
        }
        problems += map.unknownKeys(besides: Self.keys, in: "the configuration")
        if let title = map["title"]?.scalarText { configuration.title = title.clipped(to: 80) }
        configuration.environment = map["environment"]?.scalarText
        configuration.sources = sources(map["sources"])
        configuration.services = services(map["services"])
        configuration.rules = rules(map["rules"])
        if let redaction = section(map["redaction"], "redaction", ["emails", "addresses"]) {
            configuration.redactsEmails = flag(redaction["emails"], "emails") ?? false
            configuration.redactsAddresses = flag(redaction["addresses"], "addresses") ?? false
        }
        if let site = section(map["site"], "site", ["base_url", "database"]) {
            if let base = site["base_url"] { configuration.baseURL = address(base) }
            configuration.publishesDatabase = flag(site["database"], "database") ?? true
        }
        configuration.deliveries = deliveries(map["delivery"])
        if let network = section(map["network"], "network", ["budget"]), let ms = duration(network["budget"], "budget") {
            configuration.networkBudgetMs = ms
        }
        return configuration
    }

    // MARK: - Sections

    private mutating func sources(_ node: Node?) -> [SourceDeclaration] {
        var names: Set<String> = ["inbox"]
        return list(node, "sources").compactMap { item in
            guard let map = YAMLMap(item, file: file) else {
                add(item, "a source must be a mapping", "write `- name: …` and `kind: …`")
                return nil
            }
            guard let kind = map["kind"]?.scalarText else {
                add(item, "this source has no `kind`", "`caseboard help sources` lists the kinds")
                return nil
            }
            let name = map["name"]?.scalarText ?? kind
            guard names.insert(name).inserted else {
                add(item, "two sources are named `\(name)`", "give each its own `name`; cursors and dead letters are kept by it")
                return nil
            }
            var settings: [String: SettingNode] = [:]
            for entry in map.entries where entry.key != "name" && entry.key != "kind" {
                if let setting = entry.node.settingNode {
                    settings[entry.key] = SettingNode(setting.value, line: entry.line, column: entry.column)
                } else {
                    add(entry.node, "`\(entry.key)` is nested too deep", "a setting is a text, a list of texts or a mapping of texts")
                }
            }
            return SourceDeclaration(name: name, kind: kind, line: item.place.line, settings: settings)
        }
    }

    private mutating func services(_ node: Node?) -> [ServiceDeclaration] {
        list(node, "services").compactMap { item in
            if let name = item.scalarText { return ServiceDeclaration(name: name) }
            guard let map = YAMLMap(item, file: file), let name = map["name"]?.scalarText else {
                add(item, "a service must have a `name`", "write `- name: checkout`")
                return nil
            }
            problems += map.unknownKeys(besides: ["name", "aliases", "depends_on", "paths"], in: "service `\(name)`")
            return ServiceDeclaration(
                name: name, aliases: map["aliases"]?.texts ?? [], dependsOn: map["depends_on"]?.texts ?? [],
                paths: map["paths"]?.texts ?? [])
        }
    }

    private mutating func rules(_ node: Node?) -> CorrelationRules {
        var rules = CorrelationRules()
        let keys = ["link_threshold", "max_gap", "quiet_period", "change_lookback", "minimum_severity"]
        guard let map = section(node, "rules", keys) else { return rules }
        if let value = map["link_threshold"] {
            if let number = Double(value.scalarText ?? ""), (0.05...0.95).contains(number) {
                rules.linkThreshold = number
            } else {
                add(value, "`link_threshold` must be a number from 0.05 to 0.95", "the default is \(rules.linkThreshold)")
            }
        }
        if let minutes = duration(map["max_gap"], "max_gap") { rules.maxGapMinutes = max(1, Int(minutes / .minuteMs)) }
        if let minutes = duration(map["quiet_period"], "quiet_period") { rules.quietPeriodMinutes = max(1, Int(minutes / .minuteMs)) }
        if let hours = duration(map["change_lookback"], "change_lookback") { rules.changeLookbackHours = max(1, Int(hours / .hourMs)) }
        if let value = map["minimum_severity"], let severity = severity(value) { rules.minimumSeverity = severity }
        return rules
    }

    private mutating func deliveries(_ node: Node?) -> [DeliveryDeclaration] {
        var names: Set<String> = []
        return list(node, "delivery").compactMap { item in
            guard let map = YAMLMap(item, file: file), let kind = map["kind"]?.scalarText else {
                add(item, "a delivery must have a `kind`", "folder, sendmail or smtp")
                return nil
            }
            var settings: [String: SettingNode] = [:]
            for entry in map.entries where !["kind", "name", "minimum_severity"].contains(entry.key) {
                settings[entry.key] = entry.node.settingNode.map { SettingNode($0.value, line: entry.line, column: entry.column) }
            }
            let to = map["to"]?.texts ?? []
            if to.isEmpty { add(item, "nobody would get this digest", "name them under `to:`") }
            let name = map["name"]?.scalarText ?? "\(kind) to \(to.joined(separator: ", "))"
            if !names.insert(name).inserted { add(item, "two deliveries are named `\(name)`", "give each its own `name`") }
            return DeliveryDeclaration(
                name: name, kind: kind, to: to, settings: settings, line: item.place.line,
                minimumSeverity: map["minimum_severity"].flatMap { severity($0) } ?? .info)
        }
    }

    private mutating func address(_ node: Node) -> String? {
        let text = node.scalarText ?? ""
        let isPlain = text.unicodeScalars.allSatisfy { !$0.isDangerous && !$0.properties.isWhitespace && $0 != "\"" && $0 != "<" }
        guard isPlain, text.hasPrefix("https://") || text.hasPrefix("http://") else {
            add(node, "`base_url` must begin with https:// or http://", "write the address under which `public/` is served")
            return nil
        }
        return text.hasSuffix("/") ? String(text.dropLast()) : text
    }

    // MARK: - Values

    private mutating func list(_ node: Node?, _ name: String) -> [Node] {
        guard let node, node.scalarText?.isEmpty != true else { return [] }
        guard let items = node.items else {
            add(node, "`\(name)` must be a list", "begin each entry with `- `")
            return []
        }
        return items
    }
    private mutating func section(_ node: Node?, _ name: String, _ keys: [String]) -> YAMLMap? {
        guard let node, node.scalarText?.isEmpty != true else { return nil }
        guard let map = YAMLMap(node, file: file) else {
            add(node, "`\(name)` must be a mapping", "it knows \(keys.map { "`\($0)`" }.joined(separator: ", "))")
            return nil
        }
        problems += map.unknownKeys(besides: keys, in: "`\(name)`")
        return map
    }
    private mutating func flag(_ node: Node?, _ name: String) -> Bool? {
        guard let node else { return nil }
        switch node.scalarText?.lowercased() {
        case "true", "yes", "on": return true
        case "false", "no", "off": return false
        default:
            add(node, "`\(name)` must be true or false", "write true or false")
            return nil
        }
    }
    private mutating func severity(_ node: Node) -> Severity? {
        if let severity = Severity(rawValue: node.scalarText ?? "") { return severity }
        add(node, "`\(node.scalarText ?? "")` is not a severity", "it is one of critical, high, medium, low, info")
        return nil
    }
    private mutating func duration(_ node: Node?, _ name: String) -> Int64? {
        guard let node else { return nil }
        if let ms = DurationText.milliseconds(node.scalarText ?? ""), ms > 0, ms <= 366 * .dayMs { return ms }
        add(node, "`\(name)` must be a duration", "write 90m, 2h or 7d")
        return nil
    }

    private mutating func add(_ node: Node, _ message: String, _ remedy: String) {
        add(node.place.line, node.place.column, message, remedy)
    }
    private mutating func add(_ line: Int, _ column: Int, _ message: String, _ remedy: String) {
        problems.append(Diagnostic(file: file, line: line, column: column, message: message, remedy: remedy))
    }

    private static func place(of error: YamlError) -> (Int, Int) {
        switch error {
        case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _): (mark.line, mark.column)
        default: (1, 1)
        }
    }
    private static func words(of error: YamlError) -> String {
        switch error {
        case .scanner(_, let problem, _, _), .parser(_, let problem, _, _), .composer(_, let problem, _, _): problem
        default: "\(error)".clipped(to: 160)
        }
    }
}
