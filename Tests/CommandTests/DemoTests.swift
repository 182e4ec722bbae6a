import Foundation
import Model
import TestKit
import Testing

/// The demo story through the built program: what a newcomer's first command must show.
@Suite(.serialized) struct DemoTests {
    static let shared: Result<DemoWorkspace, any Error> = Result {
        let workspace = try DemoWorkspace()
        let run = try workspace.run()
        guard run.status == 0 else { throw Golden.Mismatch(description: run.output + run.error) }
        return workspace
    }

    private func services(_ document: [String: Any]) -> Set<String> { Set(document["services"] as? [String] ?? []) }

    @Test func `the guilty commit is the first suspect of the main incident`() throws {
        let workspace = try Self.shared.get()
        let guilty = try shell(["git", "-C", workspace.path + "/story/git", "log", "--format=%H", "--grep=open a session per cart line"])
        let main = try #require(try workspace.cases().first { services($0).contains("payments") })
        let suspects = main["suspect_changes"] as? [[String: Any]] ?? []
        #expect(suspects.first?["sha"] as? String == guilty)
        #expect(main["severity"] as? String == "critical")
        #expect((main["causes"] as? [[String: Any]])?.first?["kind"] as? String == "change")
    }

    @Test func `the unrelated problems are investigations of their own`() throws {
        let cases = try Self.shared.get().cases()
        let search = cases.filter { services($0).contains("search") }
        let mail = cases.filter { services($0).contains("notifications") && !services($0).contains("payments") }
        #expect(search.count == 1)
        #expect(search.allSatisfy { services($0).isDisjoint(with: ["payments", "checkout", "shop-db"]) })
        #expect(mail.count == 1)
        #expect(cases.count <= 6)
    }

    @Test func `no secret of the story is in the store, on a page or in a mail`() throws {
        let workspace = try Self.shared.get()
        let secrets = [
            "AKIA" + "IOSFODNN7EXAMPLE", "wJalrXUtnFEMI", "c0rrect-horse", "hunter2-staple", "4111 1111 1111 1111",
            "c2lnbmF0dXJlLW9mLXRoZS1kZW1v",
            "MIIEpAIBAAKCAQEAdemo",
        ]
        for folder in ["var", "public"] {
            for name in try FileManager.default.subpathsOfDirectory(atPath: workspace.path + "/" + folder) {
                guard let data = FileManager.default.contents(atPath: workspace.path + "/\(folder)/\(name)") else { continue }
                for secret in secrets { #expect(data.range(of: Data(secret.utf8)) == nil, "\(secret) is in \(folder)/\(name)") }
            }
        }
    }

    @Test func `the terminal gets no control character from outside`() throws {
        let workspace = try Self.shared.get()
        for arguments in [["list"], ["show", "1"], ["explain", "1"], ["show", "2"], ["explain", "2"], ["search", "rejected query"]] {
            let result = try Program.run(arguments + ["-w", workspace.path, "--now", DemoWorkspace.now])
            let bad = result.output.unicodeScalars.filter {
                ($0.value < 32 && $0 != "\n") || (0x7F...0x9F).contains($0.value) || (0x202A...0x202E).contains($0.value)
            }
            #expect(bad.isEmpty, "\(arguments)")
        }
    }

    @Test func `the same input twice changes nothing and says so`() throws {
        let workspace = try DemoWorkspace()
        #expect(try workspace.run().status == 0)
        let before = try workspace.site()
        let mails = workspace.mails()
        let again = try workspace.run()
        #expect(again.status == 0)
        #expect(again.output.contains("nothing new"))
        #expect(try workspace.site() == before)
        #expect(workspace.mails() == mails && mails.count == 1)
        // A later clock alone makes no page new either.
        #expect(try workspace.run(now: "2026-03-10T15:29:00Z").output.contains("nothing new"))
        #expect(try workspace.site() == before)
    }

    @Test func `two workspaces of the same story publish the same bytes`() throws {
        let first = try DemoWorkspace()
        let second = try DemoWorkspace()
        try first.run()
        try second.run()
        let one = try first.siteBytes()
        let two = try second.siteBytes()
        #expect(one.keys.sorted() == two.keys.sorted())
        for name in one.keys.sorted() { #expect(one[name] == two[name], "\(name) differs") }
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `evidence in any order and in ten runs ends where one run ends`(seed: UInt64) throws {
        let expected = try Self.shared.get().verdicts()
        let pieces = try DemoWorkspace()
        let hidden = pieces.path + "/hidden"
        try FileManager.default.moveItem(atPath: pieces.path + "/story", toPath: hidden)
        var files = try FileManager.default.subpathsOfDirectory(atPath: hidden).filter { name in
            var isFolder: ObjCBool = false
            _ = FileManager.default.fileExists(atPath: hidden + "/" + name, isDirectory: &isFolder)
            return !isFolder.boolValue && !name.hasPrefix("git/")
        }
        files.sort()
        var chance = SeededGenerator(seed: seed)
        files.shuffle(using: &chance)
        files.append("git")
        files.swapAt(files.count - 1, Int.random(in: 0..<files.count, using: &chance))
        let size = (files.count + 9) / 10
        for start in stride(from: 0, to: files.count, by: size) {
            for name in files[start..<min(start + size, files.count)] {
                let target = pieces.path + "/story/" + name
                try FileManager.default.createDirectory(
                    at: URL(filePath: target).deletingLastPathComponent(), withIntermediateDirectories: true)
                try FileManager.default.moveItem(atPath: hidden + "/" + name, toPath: target)
            }
            // A source whose files have not come yet may complain; the run goes on.
            let result = try pieces.run()
            #expect(result.status <= 1, "\(result.error)")
        }
        #expect(try pieces.verdicts() == expected)
    }

    @Test func `causes, suspects and similar print their rankings with terms`() throws {
        let workspace = try Self.shared.get()
        let number = try #require(try workspace.cases().first { services($0).contains("payments") }?["number"] as? Int)
        for (command, member) in [("causes", "causes"), ("suspects", "suspect_changes"), ("similar", "similar")] {
            let text = try Program.run([command, "\(number)", "-w", workspace.path])
            #expect(text.status == 0 && text.output.hasPrefix("#\(number) "), "\(text.error)")
            let json = try Program.run([command, "\(number)", "-w", workspace.path, "--json"])
            let object = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
            #expect(object?["schema"] as? String == "caseboard.\(command)/1")
            let entries = try #require(object?[member] as? [[String: Any]])
            #expect(command == "similar" || !entries.isEmpty)
            for entry in entries { #expect((entry["terms"] as? [Any])?.isEmpty == false && entry["summary"] is String) }
            #expect(try Program.run([command, "999", "-w", workspace.path]).status == 1)
        }
    }

    @Test func `investigate on the story's folder names the guilty commit first`() throws {
        let workspace = try DemoWorkspace()
        let guilty = try shell(["git", "-C", workspace.path + "/story/git", "log", "--format=%H", "--grep=open a session per cart line"])
        let out = workspace.folder.path + "/case"
        let result = try Program.run(["investigate", workspace.path + "/story", "--out", out, "--json", "--now", DemoWorkspace.now])
        #expect(result.status == 0, "\(result.error)")
        let object = try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
        #expect(object["schema"] as? String == "caseboard.investigation/1")
        let suspects = object["suspect_changes"] as? [[String: Any]] ?? []
        #expect(suspects.first?["sha"] as? String == guilty)
        #expect(FileManager.default.fileExists(atPath: out + "/index.html"))
    }

    private func shell(_ command: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = command
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
