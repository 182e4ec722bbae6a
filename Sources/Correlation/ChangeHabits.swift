import Model

/// What earlier commits say of habits: which files change together (Zimmermann, Weißgerber, Diehl and Zeller, "Mining version
/// histories to guide software changes", 2005), and who knows a file (Mockus and Weiss, "Predicting risk of software changes",
/// 2000). Merges and commits of very many files say nothing of either.
struct ChangeHabits {
    static let mostFiles = 30
    /// So often must two files have changed together, and so often must others have changed a file before an author is new to it.
    static let leastSupport = 3
    static let leastConfidence = 0.25
    static let leastChanges = 4
    /// Who made this share of the earlier changes knows the files.
    static let familiarShare = 0.2

    /// Authors of the commits, oldest first.
    private var authors: [String] = []
    private var numbers: [String: Int] = [:]
    /// Code file → the commits that touched it, ascending.
    private var touching: [String: [Int]] = [:]
    let paths: RepositoryPaths

    /// Of the commits of a decision and the newest before them.
    init(_ releases: Releases, earlier: [Event]) {
        let all = (earlier.filter { $0.type == .commit } + releases.commits.map(\.event)).sorted {
            ($0.occurredAt, $0.fingerprint) < ($1.occurredAt, $1.fingerprint)
        }
        for event in all {
            guard let sha = event.commit ?? event.sourceID, numbers[sha] == nil else { continue }
            let files = event.touchedFiles
            if Releases.isMerge(event) || files.count > Self.mostFiles { continue }
            let number = authors.count
            numbers[sha] = number
            authors.append(event.text(EventAttribute.author) ?? "")
            for path in Self.code(files) { touching[path, default: []].append(number) }
        }
        paths = RepositoryPaths(touching.keys.sorted())
    }

    private static func code(_ files: [TouchedFile]) -> [String] { Set(files.map(\.path).filter { CommitSize.kind($0) == 0 }).sorted() }

    /// A file of the commit that used to change together with one that failed; nothing for a commit that touches one itself.
    func coChange(of commit: Releases.Commit, with failing: Set<String>) -> (value: Double, why: String)? {
        guard !failing.isEmpty, let number = numbers[commit.sha] else { return nil }
        let files = Self.code(commit.event.touchedFiles)
        if files.contains(where: failing.contains) { return nil }
        var best: (value: Double, why: String)?
        for failed in failing.sorted() {
            let changes = (touching[failed] ?? []).prefix { $0 < number }
            if changes.count < Self.leastSupport { continue }
            for file in files {
                let both = Set(touching[file] ?? []).intersection(changes).count
                let confidence = Double(both) / Double(changes.count)
                if both < Self.leastSupport || confidence < Self.leastConfidence { continue }
                let value = confidence * Double(both) / Double(both + 2)
                if value <= best?.value ?? 0 { continue }
                best = (
                    value,
                    "it touches \(CodeBlame.name(of: file).clipped(to: 80)), which changed in \(both) of \(changes.count) commits to "
                        + "\(CodeBlame.name(of: failed).clipped(to: 80)), which failed"
                )
            }
        }
        return best
    }

    /// How strange the files of a commit were to its author: 1 when others changed them and the author never did.
    func familiarity(of commit: Releases.Commit) -> (value: Double, why: String)? {
        guard let number = numbers[commit.sha] else { return nil }
        let author = authors[number]
        if author.isEmpty { return nil }
        var changes = 0
        var own = 0
        var named: (file: String, changes: Int)?
        for file in Self.code(commit.event.touchedFiles) {
            let before = (touching[file] ?? []).prefix { $0 < number }
            if before.count < Self.leastChanges { continue }
            changes += before.count
            own += before.count { authors[$0] == author }
            if before.count > named?.changes ?? 0 { named = (file, before.count) }
        }
        guard let named else { return nil }
        let value = 1 - Double(own) / Double(changes) / Self.familiarShare
        if value <= 0 { return nil }
        let who = author.clipped(to: 80)
        let file = CodeBlame.name(of: named.file).clipped(to: 80)
        if own > 0 { return (value / 2, "\(who) made \(own) of \(changes) earlier changes to its files") }
        return (value, "the first change of \(who) to \(file), which others had changed \(named.changes) times")
    }
}
