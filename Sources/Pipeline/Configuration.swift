import Model

/// `caseboard.yaml`, read and checked.
package struct Configuration: Sendable {
    package var title = "Caseboard"
    package var environment: String?
    package var sources: [SourceDeclaration] = []
    package var services: [ServiceDeclaration] = []
    package var rules = CorrelationRules()
    package var redactsEmails = false
    package var redactsAddresses = false
    /// Where the site is published; nil leaves absolute links out.
    package var baseURL: String?
    /// Whether `public/caseboard.db` is written.
    package var publishesDatabase = true
    package var deliveries: [DeliveryDeclaration] = []
    /// What the sources of the network may take in one run.
    package var networkBudgetMs: Int64 = 120_000
    package var warnings: [Diagnostic] = []
    package init() {}

    /// Alias seen in evidence → the service's own name.
    package var aliasTable: [String: String] {
        var table: [String: String] = [:]
        for service in services { for alias in service.aliases { table[alias] = service.name } }
        return table
    }
}

/// One entry under `sources:`; its settings are checked against the connector's own list.
package struct SourceDeclaration: Sendable {
    package var name: String
    package var kind: String
    package var line: Int
    package var settings: [String: SettingNode]
    package init(name: String, kind: String, line: Int = 0, settings: [String: SettingNode] = [:]) {
        self.name = name
        self.kind = kind
        self.line = line
        self.settings = settings
    }
}

/// A value of a setting as written, with its place.
package struct SettingNode: Sendable {
    package enum Value: Sendable { case scalar(String), list([String]), map([String: String]) }
    package var value: Value
    package var line: Int
    package var column: Int
    package init(_ value: Value, line: Int = 0, column: Int = 0) {
        self.value = value
        self.line = line
        self.column = column
    }
}

package struct ServiceDeclaration: Sendable {
    package var name: String
    package var aliases: [String]
    package var dependsOn: [String]
    /// Folders of a repository that belong to the service.
    package var paths: [String]
    package init(name: String, aliases: [String] = [], dependsOn: [String] = [], paths: [String] = []) {
        self.name = name
        self.aliases = aliases
        self.dependsOn = dependsOn
        self.paths = paths
    }
}

/// One entry under `delivery:`.
package struct DeliveryDeclaration: Sendable {
    package var name: String
    package var kind: String
    package var to: [String]
    package var settings: [String: SettingNode]
    package var line: Int
    /// The least severity that is told.
    package var minimumSeverity: Severity
    package init(
        name: String, kind: String, to: [String], settings: [String: SettingNode] = [:], line: Int = 0, minimumSeverity: Severity = .info
    ) {
        self.name = name
        self.kind = kind
        self.to = to
        self.settings = settings
        self.line = line
        self.minimumSeverity = minimumSeverity
    }
    /// What the outbox and the digest's memory are kept by.
    package var audience: String { name }
}
