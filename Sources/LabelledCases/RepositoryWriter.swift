import Foundation
import Model
import Subprocess

/// Writes a made-up repository and its bundle with git: `bundle/git`, the evidence beside it, and `truth.json`.
package enum RepositoryWriter {
    package struct Failure: Error, CustomStringConvertible {
        package var description: String
    }

    /// The sha of the guilty commit.
    @discardableResult
    package static func write(_ made: GuiltyRepository, to folder: URL) async throws -> String {
        let repository = folder.appending(path: "bundle/git")
        let path = repository.path(percentEncoded: false)
        try FileManager.default.createDirectory(at: repository, withIntermediateDirectories: true)
        try await git(["init", "--quiet", "--bare", "--initial-branch=main", path])
        let marks = repository.appending(path: "marks")
        var shas: [(mark: String, sha: String)] = []
        for stream in made.streams {
            try await git(
                [
                    "-C", path, "fast-import", "--quiet", "--done", "--force", "--import-marks-if-exists=marks", "--export-marks=marks",
                ], input: filled(stream, shas))
            shas = try String(contentsOf: marks, encoding: .utf8).split(separator: "\n").compactMap { line in
                let parts = line.split(separator: " ")
                return parts.count == 2 ? ("<<\(parts[0].dropFirst())>>", String(parts[1])) : nil
            }
        }
        try FileManager.default.removeItem(at: marks)
        for file in made.files {
            let url = folder.appending(path: file.path)
            try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(filled(file.text, shas).utf8).write(to: url)
        }
        return shas.first { $0.mark == "<<\(made.guiltyMark)>>" }?.sha ?? ""
    }

    /// The commits of a repository as lines of `changes/*.jsonl`, for a bundle without the repository.
    package static func commits(of repository: URL) async throws -> String {
        let format = "%x1e%H%x1f%ct%x1f%an%x1f%s%x1f%b%x1f%P%x1f"
        let log = try await git(["-C", repository.path(percentEncoded: false), "log", "-M", "--numstat", "--format=\(format)", "main"])
        return log.split(separator: "\u{1e}").compactMap { commit in
            let parts = commit.split(separator: "\u{1f}", omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 7 else { return nil }
            let files = parts[6].split(separator: "\n").compactMap { line -> JSONValue? in
                let cells = line.split(separator: "\t")
                guard cells.count == 3 else { return nil }
                // `folder/{old => new}` and `old => new` of a rename.
                let path = String(cells[2]).replacing(/\{.* => (.*)\}/) { $0.1 }.split(separator: " => ").last.map(String.init) ?? ""
                return .array([.string(path), .int(Int64(cells[0]) ?? -1), .int(Int64(cells[1]) ?? -1)])
            }
            let line: JSONValue = [
                "sha": .string(parts[0]), "commit_time": .int(Int64(parts[1]) ?? 0), "author": .string(parts[2]),
                "subject": .string(parts[3]), "body": .string(parts[4]), "parents": .string(parts[5]), "files": .array(files),
            ]
            return line.text + "\n"
        }.joined()
    }

    private static func filled(_ text: String, _ shas: [(mark: String, sha: String)]) -> String {
        shas.reduce(text) { $0.contains($1.mark) ? $0.replacing($1.mark, with: $1.sha) : $0 }
    }

    @discardableResult
    private static func git(_ arguments: [String], input: String = "") async throws -> String {
        let result = try await run(
            .name("git"), arguments: Arguments(arguments),
            environment: .inherit.updating(["GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null", "LC_ALL": "C"]),
            input: .array(Array(input.utf8)), output: .string(limit: 1 << 20), error: .string(limit: 1 << 16))
        if !result.terminationStatus.isSuccess {
            throw Failure(description: "`git \(arguments.joined(separator: " "))` failed: \(result.standardError.clipped(to: 300))")
        }
        return result.standardOutput
    }
}
