import Formats
import Model
import Transport

/// What every kind of CI server is told about its builds: which branches matter, and whose they are.
struct BuildScope: Sendable {
    private let configured: String?
    /// Nil when every build that is asked for matters.
    private let branches: NameList?
    private let services: [String: String]

    static let settings = descriptors(usual: usualBranches)
    /// Of a forge, which knows the default branch itself.
    static let forgeSettings = descriptors(usual: "the default branch")
    private static let usualBranches = "main, master, trunk, develop, release*, production"

    private static func descriptors(usual: String) -> [SettingDescriptor] {
        [
            SettingDescriptor(
                "branches", .text, usual: usual,
                "the branches whose failures are signals and whose tests are read; builds of others are context"),
            SettingDescriptor("services", .map, "name of the builder, job, workflow or pipeline → the service that it builds"),
        ]
    }

    init(_ settings: SourceSettings, isForge: Bool = false) {
        configured = settings.text("branches")
        branches = (configured ?? (isForge ? nil : Self.usualBranches)).map { NameList($0) }
        services = settings.map("services")
    }

    /// A build that names no branch is taken to be of one that matters.
    func placed(_ fact: BuildFact) -> BuildFact {
        var fact = fact
        fact.isSideline = fact.branch.flatMap { branch in branches.map { !$0.contains(branch) } } ?? false
        fact.service = services[fact.name]
        return fact
    }

    // MARK: - Branches of a forge

    /// Whose builds a forge is asked for.
    enum Asked {
        case all
        case branch(String)
        /// The default branch, which the repository has to be asked for, once a day.
        case unknown

        var branch: String? { if case .branch(let name) = self { name } else { nil } }
    }
    static let cursorKey = "repository"

    /// One branch, when one is named or none; else all, and `placed` tells which matter.
    func asked(_ cursors: [String: Cursor], now: Instant) -> Asked {
        if let configured { return configured.contains { "*?[{,".contains($0) } ? .all : .branch(configured) }
        let known = cursors[Self.cursorKey]?.state
        if let checked = known?["checked"]?.intValue, now.ms - checked < .dayMs, let branch = known?["branch"]?.stringValue {
            return .branch(branch)
        }
        return .unknown
    }

    /// What is remembered of the answer of a repository.
    static func page(_ answer: [UInt8], now: Instant) -> Page {
        var page = Page()
        let branch = answer.withUnsafeBytes { ForgeAnswer.defaultBranch($0) } ?? "main"
        page.cursorUpdates[cursorKey] = Cursor(["checked": .int(now.ms), "branch": .string(branch)])
        return page
    }
}

extension HTTPSource {
    /// What tells the builds and issues of a server from those of others, however it is reached.
    var place: String { WebPlace(url)?.text ?? url }

    /// Whose tests a report of a build holds.
    func origin(of build: BuildFact, report: String? = nil, _ access: SourceAccess) -> DocumentOrigin {
        var origin = origin(build.run(of: report), access)
        origin.service = build.service ?? origin.service
        origin.fallbackTime = build.endedAt
        return origin
    }
}
