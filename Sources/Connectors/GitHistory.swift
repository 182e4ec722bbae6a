import Model

/// The commits still to read in this run, oldest first, and what was read: a value, so that its laws are tested without git.
///
/// What was read is kept as its *heads*: commits without a read child. Parents come before children, so the read part always
/// holds the ancestors of all it holds, and `rev-list TIPS --not HEADS` is exactly what is left.
struct GitHistory: Sendable {
    struct Commit: Hashable, Sendable {
        var sha: String
        var parents: [String]
    }

    /// Abandoned heads (force-pushed, deleted branches) kept so that their commits are not listed again.
    static let maxHeads = 64

    private(set) var heads: Set<String>
    private let tips: Set<String>
    /// `rev-list --topo-order --reverse --parents`, one commit a line, as printed.
    private let listing: [UInt8]
    private var at = 0

    /// `tips` are the commits that the listing leads to.
    init(heads: [String], tips: [String], listing: [UInt8]) {
        self.heads = Set(heads)
        self.tips = Set(tips)
        self.listing = listing
    }

    var isAtEnd: Bool { at >= listing.count }

    /// The next commits, without moving on.
    func next(_ count: Int) -> [Commit] {
        var commits: [Commit] = []
        var from = at
        while from < listing.count, commits.count < count {
            let end = listing[from...].firstIndex(of: 10) ?? listing.count
            let words = listing[from..<end].split(separator: 32).map { String(decoding: $0, as: UTF8.self) }
            if let sha = words.first { commits.append(Commit(sha: sha, parents: Array(words.dropFirst()))) }
            from = end + 1
        }
        return commits
    }

    /// Marks the next commits as read; they are the first of `next`.
    mutating func advance(over commits: [Commit]) {
        for commit in commits {
            at = (listing[min(at, listing.count)...].firstIndex(of: 10) ?? listing.count) + 1
            heads.subtract(commit.parents)
            heads.insert(commit.sha)
        }
    }

    /// The cursor: all heads while the history is being read; at its end the tips and, of the others, a bounded few.
    var cursor: Cursor {
        let others = heads.subtracting(tips).sorted()
        let kept = isAtEnd ? Array(others.prefix(max(0, Self.maxHeads - tips.count))) : others
        return Cursor(.object(["heads": .strings(heads.intersection(tips).sorted() + kept)]))
    }

    static func heads(_ cursor: Cursor?) -> [String] {
        (cursor?.state["heads"]?.arrayValue ?? []).compactMap { $0.stringValue }.filter(isObjectName)
    }

    /// 40 or 64 hex digits: SHA-1 or SHA-256.
    static func isObjectName(_ text: String) -> Bool {
        (text.utf8.count == 40 || text.utf8.count == 64) && text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
    }
}

/// Which service a path belongs to: the longest configured folder that holds it.
struct PathServices: Sendable {
    private let folders: [(prefix: String, service: String)]

    /// `services/checkout: checkout`; an empty path or `.` is the whole repository.
    init(_ map: [String: String]) {
        folders = map.map { path, service in
            let parts = path.split(separator: "/").filter { $0 != "." }
            return (parts.isEmpty ? "" : parts.joined(separator: "/") + "/", service)
        }.sorted { ($1.prefix.utf8.count, $0.prefix) < ($0.prefix.utf8.count, $1.prefix) }
    }

    var isEmpty: Bool { folders.isEmpty }
    func service(of path: String) -> String? { folders.first { path.hasPrefix($0.prefix) || path + "/" == $0.prefix }?.service }

    /// Gives a commit its service when all the files that belong to one belong to the same; several go to the attribute
    /// `services`. The fingerprint stays: it is the commit that is the fact, whoever owns its files.
    func apply(to event: inout Event) {
        guard !isEmpty else { return }
        let services = Set(event.touchedFiles.compactMap { service(of: $0.path) }).sorted()
        if services.count == 1 { event.service = services[0] }
        if services.count > 1 { event.attributes["services"] = .strings(services) }
        event.sealID()
    }
}
