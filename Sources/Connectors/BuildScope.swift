import Formats
import Model

/// What every kind of CI server is told about its builds: which branches matter, and whose they are.
struct BuildScope: Sendable {
    private let branches: NameList
    private let services: [String: String]

    static let settings: [SettingDescriptor] = [
        SettingDescriptor(
            "branches", .text, usual: usualBranches,
            "the branches whose failures are signals and whose tests are read; builds of others are context"),
        SettingDescriptor("services", .map, "name of the builder or job → the service that it builds"),
    ]
    private static let usualBranches = "main, master, trunk, develop, release*, production"

    init(_ settings: SourceSettings) {
        branches = NameList(settings.text("branches") ?? Self.usualBranches)
        services = settings.map("services")
    }

    /// A build that names no branch is taken to be of one that matters.
    func placed(_ fact: BuildFact) -> BuildFact {
        var fact = fact
        fact.isSideline = fact.branch.map { !branches.contains($0) } ?? false
        fact.service = services[fact.name]
        return fact
    }
}
