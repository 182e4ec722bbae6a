import DemoStory
import Foundation
import Model
import TestKit
import Testing

@Suite struct StoryTests {
    static let end = Instant(rfc3339: "2026-03-10T15:00:00Z") ?? Instant(ms: 0)

    @Test func `the same seed and end give the same files and the same guilty commit`() async throws {
        let first = try TemporaryFolder()
        let second = try TemporaryFolder()
        let story = Story(end: Self.end, scale: 0.05)
        let one = try await StoryWriter(story: story).write(to: first.url)
        let two = try await StoryWriter(story: story).write(to: second.url)
        #expect(one == two)
        #expect(one.count == 40)
        let paths = try FileManager.default.subpathsOfDirectory(atPath: first.path).filter { !$0.hasPrefix("git") && $0.contains(".") }
        #expect(paths.count > 20)
        for path in paths {
            #expect(
                FileManager.default.contentsEqual(atPath: first.path + "/" + path, andPath: second.path + "/" + path), "\(path) differs")
        }
    }

    @Test func `another seed gives other logs`() async throws {
        let first = try TemporaryFolder()
        let second = try TemporaryFolder()
        _ = try await StoryWriter(story: Story(end: Self.end, seed: 1, scale: 0.02)).write(to: first.url)
        _ = try await StoryWriter(story: Story(end: Self.end, seed: 2, scale: 0.02)).write(to: second.url)
        #expect(!FileManager.default.contentsEqual(atPath: first.path + "/logs/cart.logfmt", andPath: second.path + "/logs/cart.logfmt"))
    }

    @Test func `at full scale it has about two hundred thousand log lines`() async throws {
        let folder = try TemporaryFolder()
        _ = try await StoryWriter(story: Story(end: Self.end)).write(to: folder.url)
        var lines = 0
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path + "/logs") {
            let data = try Data(contentsOf: folder.url.appending(path: "logs/\(name)"))
            lines += data.reduce(0) { $0 + ($1 == 10 ? 1 : 0) }
        }
        #expect((150_000...260_000).contains(lines), "\(lines) lines")
    }

    @Test func `the repository holds one guilty and thirty innocent commits`() async throws {
        let folder = try TemporaryFolder()
        let guilty = try await StoryWriter(story: Story(end: Self.end, scale: 0.02)).write(to: folder.url)
        let packed = folder.url.appending(path: "git/.git")
        #expect(FileManager.default.fileExists(atPath: packed.path(percentEncoded: false)))
        #expect(guilty.allSatisfy { $0.isHexDigit })
        #expect(FileManager.default.fileExists(atPath: folder.path + "/git/services/checkout/VERSION"))
    }

    @Test func `a workspace made at any moment ends its story at the last full hour`() {
        let end = Story.end(before: Instant(rfc3339: "2026-03-10T15:59:59Z") ?? Instant(ms: 0))
        #expect(end == Self.end)
    }
}
