import Model
import Testing

@testable import Formats

@Suite struct GitPatchTests {
    private let first = String(repeating: "a", count: 40)
    private let second = String(repeating: "b", count: 40)
    private func patch(_ text: String) -> [String: [ChangedLines]] {
        Array(text.utf8).withUnsafeBytes { GitPatchReader.read($0) }
    }
    private func blame(_ text: String) -> [Int: String] { Array(text.utf8).withUnsafeBytes { GitBlameReader.read($0) } }

    @Test func `hunks belong to their commit and file`() {
        let text = """
            \u{1}commit\0\(first)\0

            diff --git a/x.go b/x.go
            index 1..2 100644
            --- a/x.go
            +++ b/x.go
            @@ -3,2 +3 @@ func sum() {
            -old one
            -old two
            +new
            @@ -9,0 +9,1 @@
            +more
            \\ No newline at end of file
            \u{1}commit\0\(second)\0

            diff --git a/y.go b/y.go
            deleted file mode 100644
            --- a/y.go
            +++ /dev/null
            @@ -1 +0,0 @@
            -gone
            """
        let found = patch(text)
        #expect(
            found[first] == [
                ChangedLines(path: "x.go", enclosing: "func sum() {", added: ["new"], removed: ["old one", "old two"]),
                ChangedLines(path: "x.go", added: ["more"]),
            ])
        #expect(found[second] == [ChangedLines(path: "y.go", removed: ["gone"])])
    }

    @Test func `a line that looks like a header is a line`() {
        let text = """
            \u{1}commit\0\(first)\0
            diff --git a/x b/x
            --- a/x
            +++ b/x
            @@ -1,3 +1,2 @@
            --- a/evil
            -@@ -1 +1 @@
            -diff --git a/e b/e
            +++ b/evil
            +\u{1}commit\0\(second)\0
            """
        #expect(
            patch(text) == [
                first: [
                    ChangedLines(
                        path: "x", added: ["++ b/evil", "\u{1}commit\0\(second)\0"],
                        removed: ["-- a/evil", "@@ -1 +1 @@", "diff --git a/e b/e"])
                ]
            ])
    }

    @Test func `a commit says only so much, and a line only its beginning`() {
        let long = String(repeating: "x", count: 5_000)
        let lines = (0..<200).map { _ in "+" + long }.joined(separator: "\n")
        let text = "\u{1}commit\0\(first)\0\n--- a/x\n+++ b/x\n@@ -0,0 +1,200 @@\n\(lines)\n"
        let found = patch(text)[first]?.flatMap(\.added) ?? []
        #expect(found.first?.utf8.count == Limits.changedLineBytes)
        #expect(found.reduce(0) { $0 + $1.utf8.count } == Limits.changedBytesPerCommit)
    }

    @Test(arguments: [
        "", "@@ -1 +1 @@\n-a\n+b", "\u{1}commit\0xyz\0\n@@ -1 +1 @@\n-a", "\u{1}commit\0", "@@ -99999999999999999999 +1 @@\n+a",
    ])
    func `what is no patch says nothing`(text: String) {
        #expect(patch(text).values.allSatisfy { $0.flatMap(\.added).isEmpty })
    }

    @Test func `blame names the commit of each line but not of the border`() {
        let text = """
            \(first) 7 12 2
            author Ann
            summary one
            filename cart.go
            \t\tcode
            \(second) 8 13
            author Bob
            boundary
            filename cart.go
            \tboundary
            \(first) 9 14
            filename cart.go
            \t\(second) 1 99
            """
        #expect(blame(text) == [12: first, 14: first])
    }

    @Test func `a list of commits to ignore has full names and remarks`() {
        let text = "# formatting\n\n\(first) # once\n  \(second.uppercased())\nabc1234\n"
        #expect(Array(text.utf8).withUnsafeBytes { GitBlameReader.ignoredRevisions($0) } == [first, second])
    }
}
