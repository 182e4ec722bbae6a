import Foundation
import Model
import Subprocess

/// The story could not be written.
package enum StoryError: Error, CustomStringConvertible {
    case cannotWrite(path: String, reason: String)
    case git(command: String, reason: String)

    package var description: String {
        switch self {
        case .cannotWrite(let path, let reason): "cannot write `\(path)`: \(reason); choose a folder you may write to"
        case .git(let command, let reason): "`git \(command)` failed: \(reason); install git, the demo makes a small repository with it"
        }
    }
}

package struct StoryWriter: Sendable {
    package let story: Story
    package init(story: Story) { self.story = story }

    /// Writes the whole story below `folder`, its repository in `folder/git`, and returns the sha of the guilty commit.
    /// Modification times are those of the records, as if a machine had written the files while it happened.
    package func write(to folder: URL) async throws -> String {
        var commits = story.commits()
        let repository = folder.appending(path: "git")
        try await makeRepository(&commits, at: repository)
        let requests = story.requests()
        var files = story.logs(requests) + story.metrics() + story.traces(requests) + story.testRuns()
        files += [story.alerts(), story.deployments(commits), story.statusFeed(), story.bundle(), story.reports()]
        for file in files.sorted(by: { $0.path < $1.path }) { try write(file, below: folder) }
        return commits.first { $0.label == "guilty" }?.sha ?? ""
    }

    private func write(_ file: StoryFile, below folder: URL) throws(StoryError) {
        let url = folder.appending(path: file.path)
        do {
            try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(file.bytes).write(to: url)
            let date = Date(timeIntervalSince1970: Double(file.modifiedAt.ms) / 1_000)
            try FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: url.path(percentEncoded: false))
        } catch {
            throw .cannotWrite(path: url.path(percentEncoded: false), reason: error.localizedDescription)
        }
    }

    private func makeRepository(_ commits: inout [StoryCommit], at url: URL) async throws(StoryError) {
        let path = url.path(percentEncoded: false)
        do {
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        } catch {
            throw .cannotWrite(path: path, reason: error.localizedDescription)
        }
        _ = try await git(["init", "--quiet", "--initial-branch=main", path], input: [])
        _ = try await git(["-C", path, "fast-import", "--quiet", "--done"], input: story.fastImport(commits))
        _ = try await git(["-C", path, "reset", "--quiet", "--hard", "main"], input: [])
        let shas = try await git(["-C", path, "rev-list", "--reverse", "main"], input: []).split(separator: "\n").map(String.init)
        for (index, sha) in shas.enumerated() where index < commits.count { commits[index].sha = sha }
    }

    private func git(_ arguments: [String], input: [UInt8]) async throws(StoryError) -> String {
        let command = arguments.filter { !$0.hasPrefix("/") }.joined(separator: " ")
        do {
            let environment: Environment = .inherit.updating([
                "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C",
            ])
            let result = try await run(
                .name("git"), arguments: Arguments(arguments), environment: environment, input: .array(input),
                output: .string(limit: 1 << 20), error: .string(limit: 1 << 16))
            guard result.terminationStatus.isSuccess else {
                throw StoryError.git(command: command, reason: result.standardError.clipped(to: 300))
            }
            return result.standardOutput
        } catch let error as StoryError {
            throw error
        } catch {
            throw .git(command: command, reason: "\(error)")
        }
    }
}
