import Foundation
import Glibc
import Model
import TestKit
import Testing

@testable import Connectors

@Suite struct GlobPatternTests {
    @Test(arguments: [
        ("*.log", "a.log", true), ("*.log", ".log", false), (".*", ".log", true), ("*.log", "a.log.1", false), ("*.log*", "a.log.1", true),
        ("a?c", "abc", true), ("a?c", "ac", false), ("[a-c]x", "bx", true), ("[a-c]x", "dx", false), ("[!a-c]x", "dx", true),
        ("[^a-c]x", "ax", false),
        ("[]]x", "]x", true), ("[a-]x", "-x", true), ("[z-a]x", "bx", false), ("a[", "a[", true), ("a\\*", "a*", true),
        ("a\\*", "ab", false),
        ("*", "", false), ("**x", "aax", true), ("a*b*c", "aXbYc", true), ("a*b*c", "aXcYb", false), ("*[0-9]", "log7", true),
        ("ä*", "äb", true),
    ])
    func `a name fits a pattern or not`(pattern: String, name: String, expected: Bool) {
        guard case .wild(let tokens)? = GlobPattern("/" + pattern).parts.first else {
            #expect((GlobPattern("/" + pattern).parts == [.literal(name)]) == expected)
            return
        }
        #expect((!name.isEmpty && GlobPattern.matches(name, tokens)) == expected)
    }

    @Test func `a pattern made to take for ever does not`() throws {
        guard case .wild(let tokens)? = GlobPattern("/" + String(repeating: "a*", count: 100) + "b").parts.first else {
            Issue.record("no wildcards")
            return
        }
        #expect(!GlobPattern.matches(String(repeating: "a", count: 255), tokens))
    }

    @Test func `folders above are resolved`() {
        #expect(GlobPattern("/w/../logs/./x").parts == [.literal("logs"), .literal("x")])
    }
}

@Suite struct FileWalkTests {
    private func names(_ workspace: Workspace, _ patterns: String...) -> [String] {
        FileWalk.files(patterns.map { "\(workspace.path)/\($0)" }).files.map { String($0.path.dropFirst(workspace.path.count + 1)) }
    }

    @Test func `files come sorted, each once, whatever the order of the patterns`() throws {
        let workspace = try Workspace()
        for name in ["b/2.log", "b/1.log", "a.log", "a.txt", ".hidden.log"] { try workspace.write("x", to: name) }
        #expect(names(workspace, "b/*.log", "*.log", "**/*.log") == ["a.log", "b/1.log", "b/2.log"])
    }

    @Test func `two stars stand for any folders, also none`() throws {
        let workspace = try Workspace()
        for name in ["x.xml", "a/x.xml", "a/b/c/x.xml", "a/b/y.xml", ".git/x.xml"] { try workspace.write("x", to: name) }
        #expect(names(workspace, "**/x.xml") == ["a/b/c/x.xml", "a/x.xml", "x.xml"])
        #expect(names(workspace, "a/**") == ["a/b/c/x.xml", "a/b/y.xml", "a/x.xml"])
        #expect(names(workspace, "a/**/**/c/*") == ["a/b/c/x.xml"])
    }

    @Test func `a folder means all files below it`() throws {
        let workspace = try Workspace()
        for name in ["logs/a.log", "logs/deep/b.log"] { try workspace.write("x", to: name) }
        #expect(names(workspace, "logs") == ["logs/a.log", "logs/deep/b.log"])
    }

    @Test func `links in a circle end`() throws {
        let workspace = try Workspace()
        try workspace.write("x", to: "a/x.log")
        try FileManager.default.createSymbolicLink(atPath: workspace.path + "/a/loop", withDestinationPath: "..")
        try FileManager.default.createSymbolicLink(atPath: workspace.path + "/a/self", withDestinationPath: "self")
        #expect(names(workspace, "**/*.log") == ["a/x.log"])
        #expect(names(workspace, "a/loop/a/loop/a/*.log") == ["a/loop/a/loop/a/x.log"])
    }

    @Test func `a link and a second name of a file are the same file`() throws {
        let workspace = try Workspace()
        try workspace.write("x", to: "b.log")
        try FileManager.default.createSymbolicLink(atPath: workspace.path + "/c.log", withDestinationPath: "b.log")
        try FileManager.default.linkItem(atPath: workspace.path + "/b.log", toPath: workspace.path + "/a.log")
        #expect(names(workspace, "*.log") == ["a.log"])
    }

    @Test func `pipes, sockets, devices and dangling links are passed over`() throws {
        let workspace = try Workspace()
        try workspace.write("x", to: "a.log")
        mkfifo(workspace.path + "/b.log", 0o644)
        try FileManager.default.createSymbolicLink(atPath: workspace.path + "/c.log", withDestinationPath: "nowhere")
        try FileManager.default.createSymbolicLink(atPath: workspace.path + "/d.log", withDestinationPath: "/dev/zero")
        try FileManager.default.createDirectory(atPath: workspace.path + "/e.log", withIntermediateDirectories: true)
        let found = FileWalk.files([workspace.path + "/*.log"])
        #expect(found.files.map(\.path) == [workspace.path + "/a.log"])
        #expect(found.problems.isEmpty)
        #expect(
            FileWalk.files([workspace.path + "/b.log"]).problems.map(\.reason) == [
                "it is not a regular file; pipes, devices and sockets are not read"
            ])
    }

    @Test func `of too many files the latest are taken and the rest is told`() throws {
        let workspace = try Workspace()
        for index in 0..<(Limits.filesPerSource + 5) {
            let descriptor = open("\(workspace.path)/\(index).log", O_CREAT | O_WRONLY, 0o644)
            // Later numbers are older.
            var times = [timespec(tv_sec: 2_000_000 - index, tv_nsec: 0), timespec(tv_sec: 2_000_000 - index, tv_nsec: 0)]
            futimens(descriptor, &times)
            close(descriptor)
        }
        let found = FileWalk.files([workspace.path + "/*.log"])
        #expect(found.files.count == Limits.filesPerSource)
        #expect(!found.files.contains { $0.path.hasSuffix("/\(Limits.filesPerSource).log") })
        #expect(found.files.contains { $0.path.hasSuffix("/0.log") })
        #expect(found.problems.map(\.remedy) == ["narrow the pattern"])
    }

    @Test func `nothing there is nothing found`() throws {
        let workspace = try Workspace()
        let found = FileWalk.files([workspace.path + "/none/*.log", workspace.path + "/none.log"])
        #expect(found.files.isEmpty && found.problems.isEmpty)
    }
}
