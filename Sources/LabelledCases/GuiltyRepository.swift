import Model

/// How a commit can be told to be guilty, beside its words.
package enum GuiltFamily: String, CaseIterable, Sendable {
    /// It wrote the line that fails; others touched the same file.
    case failingLine = "failing_line"
    /// No stack; only its changed lines have the words of the error.
    case diffWords = "diff_words"
    /// The stack names a file that it did not touch, but that usually changes together with one it touched.
    case coChange = "co_change"
    /// A tempting commit wrote the failing line too, and was taken back before the release.
    case takenBack = "taken_back"
    /// It came by a branch; the merge stands between.
    case merged
    /// Every line of the file was formatted anew after it; the repository lists that commit to be ignored.
    case reformatted
    /// The file has another name since.
    case renamed
    /// Two commits touched the failing file; one author never had before.
    case stranger

    /// True where an innocent commit that speaks of the failure would rightly go first.
    var isWeak: Bool { [.diffWords, .coChange, .stranger].contains(self) }
}

/// A small repository with one guilty commit, and the bundle of the incident it made: the commits as `git fast-import` streams
/// (git-fast-import(1)) and the evidence as files. Pure: the same seed makes the same bytes, and so the same commits.
///
/// Every subject is drawn from the same few words, none of which tells anything, and commits are of one size: what tells the
/// guilty one apart is what its family says. One innocent commit of the release speaks of the failure, or, in families of weak
/// evidence, of requests.
package struct GuiltyRepository: Sendable {
    package let name: String
    package let family: GuiltFamily
    /// In order. `<<N>>` stands for the commit of mark N, known once the streams before are imported.
    package let streams: [String]
    package let guiltyMark: Int
    /// Below the case's folder; `<<N>>` as above.
    package let files: [(path: String, text: String)]

    package static func make(_ family: GuiltFamily, seed: UInt64) -> GuiltyRepository {
        var maker = RepositoryMaker(family, SplitMix64(seed: SHA256Digest.prefix64(of: "repository \(family.rawValue) \(seed)")))
        return maker.make(name: "\(family.rawValue)_\(seed)")
    }
}

/// One source file: lines of methods. Lines are told apart by their text, which no other line has.
private struct MadeFile {
    var path: String
    var className: String
    var owner: Int
    /// Statements of each method.
    var methods: [(name: String, lines: [String])]

    /// With the first line of each method.
    var text: (lines: [String], starts: [Int]) {
        var out = ["package com.acme;", "", "class \(className) {"]
        var starts: [Int] = []
        for method in methods {
            starts.append(out.count + 1)
            out.append("    void \(method.name)(Request request) {")
            out += method.lines.map { "        " + $0 }
            out += ["    }", ""]
        }
        return (out + ["}"], starts)
    }
    /// Number of a line, from 1.
    func number(of line: String) -> Int { (text.lines.firstIndex { $0.hasSuffix(line) } ?? 0) + 1 }
}

private struct RepositoryMaker {
    let family: GuiltFamily
    var random: SplitMix64
    var files: [MadeFile] = []
    var streams: [String] = [""]
    var marks = 0
    var guilty = 0
    /// Epoch seconds of the next commit.
    var clock: Int64
    let onset: Int64
    var branch = "main"
    var tips: [String: Int] = [:]
    /// The method of the failing file as the side branch has it.
    var sideLines: [String] = []

    static let authors = ["Ada Holt", "Ben Ruiz", "Cleo Park", "Dan Moss", "Eve Lund"]
    static let stranger = "Finn Gray"
    static let words = [
        "batch", "cursor", "window", "ledger", "quota", "bucket", "shard", "lease", "token", "digest", "carrier", "margin", "offset",
        "packet", "anchor", "beacon", "cipher", "domain", "engine", "filter", "gadget", "header", "index", "journal", "kernel", "layer",
        "matrix", "nonce", "outlet", "parcel",
    ]
    /// Words of failures, in no other line, name or subject.
    static let failures = [
        ("negative", "carry"), ("stale", "epoch"), ("orphan", "voucher"), ("cyclic", "parent"), ("expired", "grant"), ("torn", "segment"),
    ]

    init(_ family: GuiltFamily, _ random: SplitMix64) {
        self.family = family
        self.random = random
        onset = CaseMaker.epochMs / 1_000
        clock = onset - 40 * 86_400
    }

    mutating func make(name: String) -> GuiltyRepository {
        let failure = random.pick(Self.failures)
        layOut()
        live()
        let before = tips["main"] ?? 0
        clock = onset - 20 * 3_600
        let failing = release(failure)
        let head = tips["main"] ?? 0
        let stack = self.stack(failing)
        // What is committed and not deployed moves lines and explains nothing.
        clock = onset - 300
        files[failing.file].methods.insert(("later", [statement(), statement()]), at: 0)
        commit(Self.authors[0], [failing.file])
        return GuiltyRepository(
            name: name, family: family, streams: streams.map { $0 + "done\n" }, guiltyMark: guilty,
            files: evidence(failure, stack: family == .diffWords ? nil : stack, head: head, before: before))
    }

    // MARK: - Files

    private mutating func statement() -> String {
        let a = random.pick(Self.words)
        let b = random.pick(Self.words)
        return "\(a).\(random.pick(["put", "take", "merge", "check"]))(\(b), \(random.below(1_000_000)));"
    }

    private mutating func layOut() {
        var names = Self.words
        for number in 0..<10 {
            let word = names.remove(at: random.below(names.count))
            let className = word.prefix(1).uppercased() + word.dropFirst()
            let methods = (0..<5).map { _ in
                (
                    name: random.pick(["load", "save", "visit", "apply", "reset"]) + "\(random.below(1_000))",
                    lines: (0..<8).map { _ in statement() }
                )
            }
            files.append(
                MadeFile(
                    path: "services/orders/src/com/acme/\(className).java", className: className, owner: number % 4, methods: methods))
        }
        for file in files.indices { commit(Self.authors[files[file].owner], [file]) }
    }

    /// Months of ordinary work: owners change their files; the files 0 and 1 change together.
    private mutating func live() {
        for _ in 0..<70 {
            clock += 3_600 * Int64(4 + random.below(12))
            let file = random.below(files.count)
            var touched = [file]
            if file < 2 || random.chance(0.15) { touched = [0, 1] } else if random.chance(0.3) { touched.append(2 + random.below(8)) }
            touched = Set(touched).sorted()
            for each in touched { edit(each) }
            commit(random.chance(0.85) ? Self.authors[files[file].owner] : random.pick(Self.authors), touched)
        }
    }

    /// Writes three lines of one method anew; which.
    @discardableResult
    private mutating func edit(_ file: Int, method: Int? = nil, words: String? = nil) -> String {
        let method = method ?? random.below(files[file].methods.count)
        let from = random.below(files[file].methods[method].lines.count - 2)
        for line in from..<from + 3 { files[file].methods[method].lines[line] = statement() }
        if let words { files[file].methods[method].lines[from + 1] = words }
        return files[file].methods[method].lines[from + 1]
    }

    // MARK: - The release

    /// Twelve commits or so, one of them guilty; where it fails. None touches the file that calls the failing one (2), and none
    /// but the guilty one the file whose changed lines alone tell (9).
    private mutating func release(_ failure: (String, String)) -> (file: Int, line: String, method: Int) {
        var failing = (file: 0, line: files[0].methods[0].lines[4], method: 0)
        let place = 2 + random.below(6)
        let decoy = (place + 3) % 10
        for number in 0..<10 {
            clock += 2_400
            if number == place {
                failing = guiltyCommit(failure, failing)
            } else if number == decoy {
                let file = 3 + random.below(6)
                edit(file)
                commit(Self.authors[files[file].owner], [file], subject: "Say \(family.isWeak ? "request" : failure.1) in the notes")
            } else {
                innocent(number, place)
            }
        }
        clock += 2_400
        switch family {
        case .merged:
            merge()
        case .reformatted:
            for method in files[0].methods.indices {
                files[0].methods[method].lines = files[0].methods[method].lines.map {
                    $0.replacing("(", with: "( ").replacing(");", with: " );")
                }
            }
            failing.line = failing.line.replacing("(", with: "( ").replacing(");", with: " );")
            let formatter = commit(Self.authors[1], [0], subject: "Format \(files[0].className)")
            streams.append("")
            commit(Self.authors[1], [], extra: [(".git-blame-ignore-revs", "# formatting\n<<\(formatter)>>\n")])
        case .renamed:
            let old = files[0].path
            files[0].className += "Impl"
            files[0].path = old.replacing(".java", with: "Impl.java")
            commit(Self.authors[2], [0], removing: old)
        default: break
        }
        return failing
    }

    private mutating func guiltyCommit(_ failure: (String, String), _ failing: (file: Int, line: String, method: Int)) -> (
        file: Int, line: String, method: Int
    ) {
        let author = Self.authors[random.below(4)]
        switch family {
        case .diffWords:
            let file = 9
            let humps = failure.0 + failure.1.prefix(1).uppercased() + failure.1.dropFirst()
            edit(file, words: "throw \(humps)(\(random.below(1_000_000)));")
            guilty = commit(author, [file])
            return failing
        case .coChange:
            edit(1)
            guilty = commit(author, [1])
            return failing
        case .takenBack:
            let old = files[0].methods[0].lines
            edit(0, method: 0)
            let tempting = commit(author, [0], subject: "Change \(failure.0) \(failure.1)")
            files[0].methods[0].lines = old
            clock += 600
            commit(
                Self.authors[4], [0], subject: "Revert \"Change \(failure.0) \(failure.1)\"", body: "This reverts commit <<\(tempting)>>.")
            clock += 600
            let own = edit(0, method: 0)
            guilty = commit(Self.authors[random.below(4)], [0])
            return (0, own, 0)
        case .merged:
            let old = files[0].methods[0].lines
            let line = edit(0, method: 0)
            branch = "side"
            guilty = commit(author, [0], parent: tips["main"])
            branch = "main"
            sideLines = files[0].methods[0].lines
            files[0].methods[0].lines = old
            return (0, line, 0)
        case .stranger:
            edit(0, method: 1)
            guilty = commit(Self.stranger, [0])
            return failing
        default:
            let line = edit(0, method: 0)
            guilty = commit(author, [0])
            return (0, line, 0)
        }
    }

    /// In most families some touch the failing file elsewhere.
    private mutating func innocent(_ number: Int, _ place: Int) {
        let touchesIt = ![.diffWords, .coChange].contains(family) && (family == .stranger ? number == (place + 1) % 10 : number % 3 == 0)
        let file = touchesIt ? 0 : 3 + random.below(6)
        edit(file, method: touchesIt ? 2 + random.below(3) : nil)
        commit(Self.authors[touchesIt ? files[0].owner : files[file].owner], [file])
    }

    private mutating func merge() {
        // The main line moved on in other methods only, so the merge takes both.
        files[0].methods[0].lines = sideLines
        commit(Self.authors[3], [0], subject: "Merge branch 'side'", merging: tips["side"])
    }

    // MARK: - The stream

    @discardableResult
    private mutating func commit(
        _ author: String, _ touched: [Int], subject: String? = nil, body: String = "", extra: [(path: String, text: String)] = [],
        removing: String? = nil, parent: Int? = nil, merging: Int? = nil
    ) -> Int {
        if body.contains("<<") { streams.append("") }
        marks += 1
        let mail = author.lowercased().replacing(" ", with: ".") + "@acme.example"
        let subject =
            subject ?? "\(random.pick(["Tidy", "Change", "Revise", "Simplify"])) \(random.pick(["code", "things", "a part", "some lines"]))"
        let message = subject + "\n" + (body.isEmpty ? "" : "\n\(body)\n")
        var text = "commit refs/heads/\(branch)\nmark :\(marks)\nauthor \(author) <\(mail)> \(clock) +0000\n"
        text += "committer \(author) <\(mail)> \(clock) +0000\n" + Self.data(message)
        if let from = parent ?? tips[branch] { text += "from :\(from)\n" }
        if let merging { text += "merge :\(merging)\n" }
        if let removing { text += "D \(removing)\n" }
        for file in touched {
            text += "M 100644 inline \(files[file].path)\n" + Self.data(files[file].text.lines.joined(separator: "\n") + "\n")
        }
        for file in extra { text += "M 100644 inline \(file.path)\n" + Self.data(file.text) }
        streams[streams.count - 1] += text + "\n"
        tips[branch] = marks
        return marks
    }
    /// By delimiter, since the length of what stands in `<<N>>` is not known yet.
    private static func data(_ text: String) -> String { "data <<END-OF-DATA\n\(text)\(text.hasSuffix("\n") ? "" : "\n")END-OF-DATA\n" }

    // MARK: - The evidence

    private func stack(_ failing: (file: Int, line: String, method: Int)) -> String {
        let file = files[failing.file]
        let caller = files[2]
        let inner =
            "com.acme.\(file.className).\(file.methods[failing.method].name)(\(file.className).java:\(file.number(of: failing.line)))"
        let outer = "com.acme.\(caller.className).\(caller.methods[0].name)(\(caller.className).java:\(caller.text.starts[0] + 2))"
        return "\\n\\tat \(inner)\\n\\tat \(outer)\\n\\tat java.lang.Thread.run(Thread.java:840)"
    }

    private mutating func evidence(_ failure: (String, String), stack: String?, head: Int, before: Int) -> [(path: String, text: String)] {
        var log = ""
        for second in stride(from: onset - 1_800, to: onset + 900, by: 5) {
            let at = Instant(ms: second * 1_000).rfc3339
            log +=
                "{\"time\":\"\(at)\",\"service\":\"orders\",\"level\":\"info\",\"message\":\"handled request \(random.below(100_000))\"}\n"
            if second >= onset, random.chance(0.5) {
                let message = "cannot go on: \(failure.0) \(failure.1) of request \(random.below(100_000))"
                let trace = stack.map { ",\"stack\":\"java.lang.IllegalStateException: \(failure.0) \(failure.1)\($0)\"" } ?? ""
                log += "{\"time\":\"\(at)\",\"service\":\"orders\",\"level\":\"error\",\"message\":\"\(message)\"\(trace)}\n"
            }
        }
        func deployment(_ second: Int64, _ version: String, _ commit: Int, _ previous: Int?) -> String {
            "{\"type\":\"deployment\",\"time\":\"\(Instant(ms: second * 1_000).rfc3339)\",\"service\":\"orders\",\"version\":\"\(version)\","
                + "\"title\":\"orders \(version) live\",\"commit\":\"<<\(commit)>>\""
                + (previous.map { ",\"previous_commit\":\"<<\($0)>>\"" } ?? "") + "}\n"
        }
        return [
            ("bundle/bundle.yaml", "title: \"orders fail\"\nstarted_at: \"\(Instant(ms: onset * 1_000).rfc3339)\"\n"),
            ("bundle/logs/orders.jsonl", log),
            (
                "bundle/changes/deployments.jsonl",
                deployment(onset - 86_400, "1.4.0", before, nil) + deployment(onset - 900, "1.5.0", head, before)
            ),
            ("truth.json", "{\"culprits\": [\"<<\(guilty)>>\"], \"kind\": \"\(family.rawValue)\", \"candidates\": 12}\n"),
        ]
    }
}
