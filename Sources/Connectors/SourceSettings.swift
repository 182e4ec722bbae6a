import Model

package enum SettingValue: Hashable, Sendable {
    case text(String)
    case texts([String])
    case flag(Bool)
    /// Whole numbers, durations in milliseconds, moments in epoch milliseconds, zones in minutes.
    case number(Int64)
    case map([String: String])
}

/// One source of `caseboard.yaml` after validation.
package struct SourceSettings: Sendable {
    /// As configured; it is the `origin` of all facts.
    package let name: String
    package let kind: String
    /// Absolute, without a slash at its end.
    package let workspace: String
    private let values: [String: SettingValue]

    package init(name: String, kind: String, workspace: String, values: [String: SettingValue]) {
        self.name = name
        self.kind = kind
        self.workspace = workspace.count > 1 && workspace.hasSuffix("/") ? String(workspace.dropLast()) : workspace
        self.values = values
    }

    /// With these values for what is not set.
    func usually(_ values: [String: SettingValue]) -> SourceSettings {
        SourceSettings(name: name, kind: kind, workspace: workspace, values: self.values.merging(values) { set, _ in set })
    }

    func text(_ setting: String) -> String? { if case .text(let value)? = values[setting] { value } else { nil } }
    func flag(_ setting: String) -> Bool? { if case .flag(let value)? = values[setting] { value } else { nil } }
    func number(_ setting: String) -> Int64? { if case .number(let value)? = values[setting] { value } else { nil } }
    func map(_ setting: String) -> [String: String] { if case .map(let value)? = values[setting] { value } else { [:] } }
    func texts(_ setting: String) -> [String] {
        switch values[setting] {
        case .texts(let value): value
        case .text(let value): [value]
        default: []
        }
    }

    /// Whose facts the document at `path` holds; `time` is assumed for those that do not say when.
    func origin(_ path: String, at time: Instant) -> DocumentOrigin {
        var origin = DocumentOrigin(
            origin: name, path: path, service: text("service"), environment: text("environment"), fallbackTime: time)
        origin.services = map("services")
        return origin
    }

    /// Absolute; a relative path starts at the workspace.
    func absolute(_ path: String) -> String { path.hasPrefix("/") ? path : "\(workspace)/\(path)" }

    /// As people know it: relative inside the workspace, so that a workspace may be moved, absolute outside.
    func shown(_ path: String) -> String {
        let inside = workspace == "/" ? "/" : workspace + "/"
        return path.hasPrefix(inside) ? String(path.dropFirst(inside.count)) : path
    }
}
