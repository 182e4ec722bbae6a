import Connectors
import Delivery
import Foundation
import Model

/// Makes connectors and channels from what the configuration declares, checked against what each of them documents.
struct ConfigurationBinding {
    private let configuration: Configuration
    private let workspace: Workspace
    init(_ configuration: Configuration, workspace: Workspace) {
        self.configuration = configuration
        self.workspace = workspace
    }

    private var root: String {
        workspace.root.plainPath.count > 1 && workspace.root.plainPath.hasSuffix("/")
            ? String(workspace.root.plainPath.dropLast()) : workspace.root.plainPath
    }

    // MARK: - Sources

    /// The connectors in the order of the catalogue (and of the file within a kind), the inbox last.
    func connectors() throws(PipelineError) -> [(name: String, connector: any Connector)] {
        var problems: [Diagnostic] = []
        var made: [(order: Int, name: String, connector: any Connector)] = []
        for declaration in configuration.sources + [inbox] {
            switch connector(declaration) {
            case .success(let connector):
                let order = ConnectorCatalog.all.firstIndex { $0.descriptor.kind == declaration.kind } ?? ConnectorCatalog.all.count
                made.append((order, declaration.name, connector))
            case .failure(let found): problems += found.diagnostics
            }
        }
        problems += deliveryProblems()
        guard problems.isEmpty else { throw .configuration(problems) }
        return made.enumerated().sorted { ($0.element.order, $0.offset) < ($1.element.order, $1.offset) }.map {
            ($0.element.name, $0.element.connector)
        }
    }

    /// Programs and people drop events here; it needs no entry in the configuration.
    private var inbox: SourceDeclaration {
        SourceDeclaration(name: "inbox", kind: "events", settings: ["path": SettingNode(.list(["inbox/*.jsonl", "inbox/*.json"]))])
    }

    struct Problems: Error { var diagnostics: [Diagnostic] }

    private func connector(_ declaration: SourceDeclaration) -> Result<any Connector, Problems> {
        func problem(_ message: String, _ remedy: String, setting: String = "") -> Diagnostic {
            let node = declaration.settings[setting]
            return Diagnostic(
                file: Workspace.configurationName, line: node?.line ?? declaration.line, column: node?.column ?? 3, message: message,
                remedy: remedy)
        }
        do {
            let kind = try ConnectorCatalog.kind(declaration.kind)
            var values = declaration.settings.mapValues(\.json)
            // Whose folder of a repository is whose service is said once, under `services`.
            if kind == GitConnector.self, values["paths"] == nil, !servicePaths.isEmpty {
                values["paths"] = .object(servicePaths.mapValues { .string($0) })
            }
            switch kind.descriptor.settings(name: declaration.name, values: values, workspace: root) {
            case .success(let settings): return .success(try kind.init(settings: settings))
            case .failure(let found):
                return .failure(Problems(diagnostics: found.all.map { problem($0.message, $0.remedy, setting: $0.setting) }))
            }
        } catch {
            let parts = "\(error)".split(separator: ";", maxSplits: 1).map(String.init)
            return .failure(
                Problems(diagnostics: [problem(parts.first ?? "\(error)", parts.count > 1 ? parts[1].trimmingPrefix(" ").description : "")])
            )
        }
    }

    private var servicePaths: [String: String] {
        var paths: [String: String] = [:]
        for service in configuration.services { for path in service.paths { paths[path] = service.name } }
        return paths
    }

    // MARK: - Channels

    func channel(_ declaration: DeliveryDeclaration) throws(DeliveryError) -> any Channel {
        guard case .success(let settings) = settings(declaration), let kind = try? ChannelCatalog.kind(declaration.kind) else {
            throw .noRecipient  // `deliveryProblems` refused it before
        }
        return try kind.init(settings: settings)
    }

    private func settings(_ declaration: DeliveryDeclaration) -> Result<ChannelSettings, ChannelSettingProblems> {
        ChannelCatalog.settings(
            name: declaration.name, kind: declaration.kind, values: declaration.settings.mapValues(\.json), workspace: root)
    }

    /// Everything that is wrong with the deliveries.
    func deliveryProblems() -> [Diagnostic] {
        configuration.deliveries.flatMap { declaration -> [Diagnostic] in
            guard case .failure(let problems) = settings(declaration) else { return [] }
            return problems.all.map { problem in
                let node = declaration.settings[problem.setting]
                return Diagnostic(
                    file: Workspace.configurationName, line: node?.line ?? declaration.line, column: node?.column, message: problem.message,
                    remedy: problem.remedy)
            }
        }
    }
}

extension SettingNode {
    var json: JSONValue {
        switch value {
        case .scalar(let text): .string(text)
        case .list(let texts): .strings(texts)
        case .map(let map): .object(map.mapValues { .string($0) })
        }
    }
}
