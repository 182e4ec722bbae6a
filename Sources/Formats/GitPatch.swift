import Model

/// Reads the lines that commits changed, as `git log --patch` prints them (git-diff(1), "generating patch text"). Any bytes may
/// stand in lines and names: a hunk says how many lines follow, so that no line of a file is taken for a header.
package enum GitPatchReader {
    /// Behind `git -C REPOSITORY`; commits come by standard input. No context lines; renames are followed; nothing that the
    /// repository's configuration or attributes name is run, and no submodule is entered.
    package static let arguments = [
        "-c", "log.showSignature=false", "-c", "core.quotePath=false", "-c", "diff.noprefix=false", "-c", "diff.mnemonicPrefix=false",
        "log", "--no-walk=unsorted", "--stdin", "--patch", "-U0", "--inter-hunk-context=0", "-M", "-w", "--diff-algorithm=histogram",
        "--src-prefix=a/", "--dst-prefix=b/", "--submodule=short", "--ignore-submodules=all", "--no-color", "--no-notes", "--no-decorate",
        "--no-ext-diff", "--no-textconv", "--no-indent-heuristic", "--format=tformat:%x01commit%x00%H%x00",
    ]

    /// By sha, hunks in the order printed; of each commit at most `Limits.changedBytesPerCommit`, of each line the beginning.
    package static func read(_ bytes: UnsafeRawBufferPointer) -> [String: [ChangedLines]] {
        var out: [String: [ChangedLines]] = [:]
        var sha = ""
        var path = ""
        var room = 0
        var added = 0
        var deleted = 0
        for line in bytes.split(separator: 10, omittingEmptySubsequences: false) {
            if deleted > 0 || added > 0, let mark = line.first {
                let isRemoved = mark == UInt8(ascii: "-")
                if isRemoved, deleted > 0 {
                    deleted -= 1
                } else if mark == UInt8(ascii: "+"), added > 0 {
                    added -= 1
                } else if mark == UInt8(ascii: "\\") {
                    continue
                } else {
                    (added, deleted) = (0, 0)
                    continue
                }
                let text = String(decoding: line.dropFirst().prefix(min(room, Limits.changedLineBytes)), as: UTF8.self)
                room -= text.utf8.count
                guard !text.isEmpty, let last = out[sha]?.indices.last else { continue }
                if isRemoved { out[sha]?[last].removed.append(text) } else { out[sha]?[last].added.append(text) }
                continue
            }
            if line.starts(with: commitMark) {
                let name = String(decoding: line.dropFirst(commitMark.count).prefix { $0 != 0 }, as: UTF8.self)
                (sha, path, room) = (CommitFact.isSHA(name) ? name : "", "", Limits.changedBytesPerCommit)
                if !sha.isEmpty { out[sha] = [] }
            } else if line.starts(with: fileMark) {
                path = ""
            } else if line.starts(with: "+++ b/".utf8) || line.starts(with: "--- a/".utf8) {
                path = String(decoding: line.dropFirst(6).prefix { $0 != 9 }, as: UTF8.self).clipped(to: 1_000)
            } else if line.starts(with: hunkMark), !sha.isEmpty, let hunk = hunk(line) {
                (deleted, added) = (hunk.deleted, hunk.added)
                if room > 0 { out[sha]?.append(ChangedLines(path: path, enclosing: hunk.enclosing)) }
            }
        }
        return out
    }

    private static let commitMark = Array("\u{1}commit\0".utf8)
    private static let fileMark = Array("diff --git ".utf8)
    private static let hunkMark = Array("@@ -".utf8)

    /// `@@ -12,3 +14 @@ func place(order)`; a missing count is 1.
    private static func hunk(_ line: Slice<UnsafeRawBufferPointer>) -> (deleted: Int, added: Int, enclosing: String)? {
        let text = String(decoding: line.prefix(Limits.changedLineBytes), as: UTF8.self)
        let parts = text.split(separator: " ", maxSplits: 4, omittingEmptySubsequences: false)
        guard parts.count >= 4, parts[3] == "@@", let deleted = count(parts[1], "-"), let added = count(parts[2], "+") else { return nil }
        return (deleted, added, parts.count > 4 ? String(parts[4]) : "")
    }
    private static func count(_ text: Substring, _ mark: String) -> Int? {
        guard text.hasPrefix(mark) else { return nil }
        let numbers = text.dropFirst().split(separator: ",", omittingEmptySubsequences: false)
        guard (1...2).contains(numbers.count), Int(numbers[0]) != nil else { return nil }
        let count = numbers.count == 2 ? Int(numbers[1]) : 1
        return count.flatMap { (0...1_000_000_000).contains($0) ? $0 : nil }
    }
}

/// Reads `git blame --line-porcelain`: which commit wrote which line.
package enum GitBlameReader {
    /// Behind `git -C REPOSITORY`; lines, commits to ignore, the commit and the path follow. Re-indented and moved lines keep
    /// their author.
    package static let arguments = ["blame", "--no-textconv", "--line-porcelain", "-w", "-M"]

    /// Line → full sha. Lines at the border of what was looked at (a first commit, a shallow clone, `--since`) are left out: who
    /// wrote them is not known.
    package static func read(_ bytes: UnsafeRawBufferPointer) -> [Int: String] {
        var out: [Int: String] = [:]
        var current: (line: Int, sha: String)?
        var isBoundary = false
        for line in bytes.split(separator: 10, omittingEmptySubsequences: true) {
            if line.first == 9 {
                if let current, !isBoundary { out[current.line] = current.sha }
                (current, isBoundary) = (nil, false)
            } else if current == nil {
                let parts = line.prefix(200).split(separator: 32).map { String(decoding: $0, as: UTF8.self) }
                guard parts.count >= 3, CommitFact.isSHA(parts[0]), let number = Int(parts[2]), number > 0 else { continue }
                current = (number, parts[0])
            } else if line.elementsEqual("boundary".utf8) {
                isBoundary = true
            }
        }
        return out
    }

    /// The full names in a list of commits to ignore: one a line, `#` begins a remark.
    package static func ignoredRevisions(_ bytes: UnsafeRawBufferPointer) -> [String] {
        var out: [String] = []
        for line in bytes.split(separator: 10) {
            if out.count >= Limits.ignoredRevisions { break }
            let text = String(decoding: line.prefix(200).prefix { $0 != UInt8(ascii: "#") }, as: UTF8.self)
            let name = text.filter { !$0.isWhitespace }.lowercased()
            if name.utf8.count == 40 || name.utf8.count == 64, CommitFact.isSHA(name) { out.append(name) }
        }
        return out
    }
}
