import Foundation
import Model
import Store

/// Writes the site: each file whole or not at all (written beside, then renamed), and only when its bytes differ from those
/// that are there, so unchanged pages keep their bytes and dates.
package struct SitePublisher {
    package let root: URL
    private var known: [String: Publication]
    private var wanted: Set<String> = []
    private var changed: [String: Publication] = [:]
    package private(set) var writtenCount = 0
    private let now: Instant

    package init(root: URL, known: [String: Publication], now: Instant) {
        self.root = root
        self.known = known
        self.now = now
    }

    /// Renders and writes `path` unless what it is made from (`inputDigest`) is what it was made from last time.
    package mutating func publish(_ path: String, inputDigest: String, render: () throws -> [UInt8]) throws {
        wanted.insert(path)
        let url = root.appending(path: path)
        if let before = known[path], before.inputDigest == inputDigest, FileManager.default.fileExists(atPath: url.plainPath) { return }
        let bytes = try render()
        let digest = SHA256Digest.hex(of: bytes)
        if let present = try? Data(contentsOf: url), present.count == bytes.count, Array(present) == bytes {
            // Made again from other input, but no byte differs: the file keeps its date.
        } else {
            try write(bytes, to: url)
            writtenCount += 1
        }
        changed[path] = Publication(inputDigest: inputDigest, bytesDigest: digest, publishedAt: now)
    }

    /// True when nothing would have to be made for this input.
    package func isCurrent(_ path: String, inputDigest: String) -> Bool {
        known[path]?.inputDigest == inputDigest && FileManager.default.fileExists(atPath: root.appending(path: path).plainPath)
    }
    /// Says that a path still belongs to the site without making it.
    package mutating func keep(_ path: String) { wanted.insert(path) }

    /// Removes files of earlier publications that belong to the site no longer, and remembers what was made.
    package mutating func finish(in store: CaseStore) throws {
        let gone = known.keys.filter { !wanted.contains($0) }.sorted()
        for path in gone {
            let url = root.appending(path: path)
            try? FileManager.default.removeItem(at: url)  // already gone is as good
            writtenCount += 1
        }
        if changed.isEmpty && gone.isEmpty { return }
        try store.transaction {
            try store.savePublications(changed)
            try store.removePublications(gone)
        }
    }

    private func write(_ bytes: [UInt8], to url: URL) throws(PipelineError) {
        do {
            try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        } catch {
            throw .cannotWrite(path: url.deletingLastPathComponent().plainPath, reason: error.localizedDescription)
        }
        let temporary = url.deletingLastPathComponent().appending(path: ".\(url.lastPathComponent).part").plainPath
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else { throw .cannotWrite(path: temporary, reason: String(cString: strerror(errno))) }
        let failure = bytes.withUnsafeBytes { buffer -> String? in
            var written = 0
            while written < buffer.count {
                let count = Foundation.write(descriptor, buffer.baseAddress.map { $0 + written }, buffer.count - written)
                if count < 0 {
                    if errno == EINTR { continue }
                    return String(cString: strerror(errno))
                }
                written += count
            }
            return nil
        }
        close(descriptor)
        if let failure {
            unlink(temporary)
            throw .cannotWrite(path: url.plainPath, reason: failure)
        }
        guard rename(temporary, url.plainPath) == 0 else {
            throw .cannotWrite(path: url.plainPath, reason: String(cString: strerror(errno)))
        }
    }
}
