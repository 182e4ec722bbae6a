import Model

/// The commits of a window and the deployments that carried them.
///
/// What a deployment carried is told, in this order, by the commit graph between its commit and the one it replaced, or,
/// where commits or parents are unknown, by the times of the two deployments.
struct Releases {
    struct Commit {
        let event: Event
        let sha: String
        var parents: [Int] = []
        var revertedBy: Int?
        let isMerge: Bool
        /// The sha this commit takes back, as its message says.
        let reverts: String?
        var at: Instant { event.occurredAt }
    }
    struct Deployment {
        let event: Event
        var head: Int?
        var previousHead: Int?
        /// Commits new with this deployment, in order of time.
        var carried: [Int] = []
        var isRollback: Bool
        var at: Instant { event.occurredAt }
        var service: String? { event.service }
    }

    /// By time, then fingerprint.
    private(set) var commits: [Commit] = []
    private(set) var deployments: [Deployment] = []
    private var bySha: [String: Int] = [:]
    private var byPrefix: [String: [Int]] = [:]
    /// The deployments that carried each commit, oldest first.
    private(set) var carriers: [Int: [Int]] = [:]
    /// True when commits or deployments name more than one service.
    private var knowsServices = false

    static let mostWalked = 5_000

    init(changes: [Event]) {
        let ordered = changes.sorted { ($0.occurredAt, $0.fingerprint, $0.id) < ($1.occurredAt, $1.fingerprint, $1.id) }
        for event in ordered where event.type == .commit {
            guard let sha = event.commit ?? event.sourceID, !sha.isEmpty, bySha[sha] == nil else { continue }
            let number = commits.count
            bySha[sha] = number
            byPrefix[Phrases.short(sha), default: []].append(number)
            commits.append(
                Commit(
                    event: event, sha: sha, isMerge: Self.isMerge(event),
                    reverts: event.text(EventAttribute.reverts) ?? event.attributes[EventAttribute.reverts]?.arrayValue?.first?.stringValue)
            )
        }
        for index in commits.indices {
            let parents = commits[index].event.attributes[EventAttribute.parents]?.arrayValue ?? []
            commits[index].parents = parents.prefix(16).compactMap { $0.stringValue.flatMap(commit(named:)) }.filter { $0 != index }
        }
        for index in commits.indices {
            guard let sha = commits[index].reverts, let reverted = commit(named: sha), reverted != index else { continue }
            commits[reverted].revertedBy = commits[reverted].revertedBy ?? index
        }
        readDeployments(ordered.filter { $0.type == .deployment })
    }

    static func isMerge(_ commit: Event) -> Bool {
        commit.attributes[EventAttribute.isMerge]?.boolValue ?? ((commit.attributes[EventAttribute.parents]?.arrayValue?.count ?? 0) > 1)
    }

    /// A full sha, or an unambiguous beginning of at least seven characters.
    func commit(named sha: String) -> Int? {
        if let exact = bySha[sha] { return exact }
        if sha.count < 7 { return nil }
        let candidates = (byPrefix[Phrases.short(sha)] ?? []).filter { commits[$0].sha.hasPrefix(sha) || sha.hasPrefix(commits[$0].sha) }
        return candidates.count == 1 ? candidates[0] : nil
    }

    /// A commit and all it stands on, as far as they are known; `nil` keeps nothing out.
    func ancestry(of head: Int, without excluded: Set<Int> = []) -> Set<Int> {
        var seen: Set<Int> = excluded.contains(head) ? [] : [head]
        var front = Array(seen)
        while let next = front.popLast(), seen.count < Self.mostWalked {
            for parent in commits[next].parents where !excluded.contains(parent) && seen.insert(parent).inserted { front.append(parent) }
        }
        return seen
    }

    /// True for a commit that only takes another back. What takes back such a commit brings the first one in again, and may fail.
    func isRevert(_ commit: Int) -> Bool {
        guard let sha = commits[commit].reverts else { return false }
        return self.commit(named: sha).map { commits[$0].reverts == nil } ?? true
    }

    /// True when one of the `live` commits took a commit back before `moment`, and nothing took that one back in turn.
    func isTakenBack(_ commit: Int, live: Set<Int>, before moment: Instant) -> Bool {
        var isBack = false
        var next = commits[commit].revertedBy
        for _ in 0..<16 {
            guard let revert = next, live.contains(revert), commits[revert].at <= moment else { break }
            isBack.toggle()
            next = commits[revert].revertedBy
        }
        return isBack
    }

    /// The commits after `good` up to and with `bad`: by the graph where parents are known, else by time. Without a good one,
    /// or when nothing lies between, the bad one alone.
    func between(_ good: Int?, _ bad: Int) -> [Int] {
        guard let good, good != bad else { return [bad] }
        if !commits[bad].parents.isEmpty { return ancestry(of: bad, without: ancestry(of: good)).union([bad]).sorted() }
        return commits.indices.filter { $0 == bad || commits[$0].at > commits[good].at && commits[$0].at <= commits[bad].at }
    }

    private mutating func readDeployments(_ events: [Event]) {
        var last: [String: Int] = [:]
        knowsServices = commits.contains { $0.event.service != nil } || Set(events.map { $0.service ?? "" }).count > 1
        for event in events {
            let key = event.service ?? ""
            let previous = last[key]
            var deployment = Deployment(event: event, isRollback: false)
            deployment.head = event.commit.flatMap(commit(named:))
            deployment.previousHead =
                event.text(EventAttribute.previousCommit).flatMap(commit(named:)) ?? previous.flatMap { deployments[$0].head }
            deployment.isRollback = isRollback(event, after: previous)
            deployment.carried = deployment.isRollback ? [] : carried(by: deployment, after: previous.map { deployments[$0].at })
            let number = deployments.count
            for commit in deployment.carried { carriers[commit, default: []].append(number) }
            deployments.append(deployment)
            last[key] = number
        }
    }

    private func carried(by deployment: Deployment, after previousAt: Instant?) -> [Int] {
        if let head = deployment.head, let old = deployment.previousHead {
            if head == old { return [] }
            let base = ancestry(of: old)
            let fresh = ancestry(of: head, without: base)
            if !commits[head].parents.isEmpty { return fresh.sorted() }
        }
        let to = deployment.head.map { commits[$0].at } ?? deployment.at
        let from = deployment.previousHead.map { commits[$0].at } ?? previousAt
        let between = commits.indices.filter { index in
            if index == deployment.head { return true }
            return commits[index].at <= to && (from.map { commits[index].at > $0 } ?? true)
        }
        guard let service = deployment.service else { return between }
        // Time alone would give every service's commits to each deployment: they must be of the service or touch its folder,
        // unless the repository knows neither.
        let own = between.filter { $0 == deployment.head || Self.touches(commits[$0].event, service: service) }
        return own.isEmpty && !knowsServices ? between : own
    }

    /// True for a commit of the service, or one under a folder that bears the service's name.
    static func touches(_ commit: Event, service: String) -> Bool {
        if commit.service == service { return true }
        let words = Set(TextTokens.tokens(service, whole: false))
        if words.isEmpty { return false }
        return commit.touchedFiles.prefix(100).contains { file in
            file.path.split(separator: "/").dropLast().contains { Set(TextTokens.tokens(String($0), whole: false)).isSuperset(of: words) }
        }
    }

    /// A deployment that goes back: it says so, or it brings back the version or commit that its predecessor replaced.
    private func isRollback(_ event: Event, after previous: Int?) -> Bool {
        if Self.speaksOfRollback(event) { return true }
        guard let previous else { return false }
        let before = deployments[previous].event
        if let commit = event.commit, commit != before.commit, commit == before.text(EventAttribute.previousCommit) { return true }
        guard let version = event.text(EventAttribute.version), version != before.text(EventAttribute.version) else { return false }
        return deployments.contains {
            $0.event.service == event.service && $0.at < before.occurredAt && $0.event.text(EventAttribute.version) == version
        }
    }
    static func speaksOfRollback(_ event: Event) -> Bool {
        let text = (event.title + " " + event.tags.joined(separator: " ") + " " + (event.text(EventAttribute.status) ?? "")).lowercased()
        return ["rollback", "rolled back", "roll back", "rolled_back", "rolling back"].contains { text.contains($0) }
    }

    /// The last deployment of a service, or of everything, at a moment.
    func current(of service: String, at moment: Instant) -> Int? {
        deployments.indices.last { deployments[$0].at <= moment && (deployments[$0].service == service || deployments[$0].service == nil) }
    }
}
