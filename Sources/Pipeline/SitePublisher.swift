import Foundation
import Model
import Store

/// Writes the site: each file whole or not at all (written beside, then renamed), and only when its bytes differ from those
/// that are there, so unchanged pages keep their bytes and dates.
package struct SitePublisher {
    package let root: URL
    private let rootPath: String
    private var known: [String: Publication]
    private var wanted: Set<String> = []
    private var changed: [String: Publication] = [:]
    package private(set) var writtenCount = 0
    private let now: Instant

    package init(root: URL, known: [String: Publication], now: Instant) {
        self.root = root
        rootPath = root.plainPath.withTrailingSlash
        self.known = known
        self.now = now
    }

    /// Asked for every file of the site in every run.
    private func exists(_ path: String) -> Bool { access(rootPath + path, F_OK) == 0 }

    /// Renders and writes `path` unless what it is made from (`inputDigest`) is what it was made from last time.
    package mutating func publish(_ path: String, inputDigest: String, render: () throws -> [UInt8]) throws {
        wanted.insert(path)
        if isCurrent(path, inputDigest: inputDigest) { return }
        let url = root.appending(path: path)
        let bytes = try render()
        let digest = SHA256Digest.hex(of: bytes)
        if let present = try? Data(contentsOf: url), present.count == bytes.count, Array(present) == bytes {
            // Made again from other input, but no byte differs: the file keeps its date.
        } else {
            try AtomicFile.write(bytes, to: url)
            writtenCount += 1
        }
        changed[path] = Publication(inputDigest: inputDigest, bytesDigest: digest, publishedAt: now)
    }

    /// The same for a file that may be large: `make` writes it at the path it is given.
    package mutating func publish(file path: String, inputDigest: String, make: (String) throws -> Void) throws {
        wanted.insert(path)
        if isCurrent(path, inputDigest: inputDigest) { return }
        let url = root.appending(path: path)
        let temporary = try AtomicFile.temporary(for: url)
        try make(temporary)
        let digest = try Data(contentsOf: URL(filePath: temporary), options: .alwaysMapped).withUnsafeBytes { SHA256Digest.hex(of: $0) }
        if let before = known[path], before.bytesDigest == digest, exists(path) {
            try? FileManager.default.removeItem(atPath: temporary)  // no byte differs: the file keeps its date
        } else {
            try AtomicFile.place(temporary, at: url)
            writtenCount += 1
        }
        changed[path] = Publication(inputDigest: inputDigest, bytesDigest: digest, publishedAt: now)
    }

    /// The same for a page that says when it was published. What it is made from may have changed without changing what it
    /// shows: it is made as of its last publication first, and if no byte differs the file stays, moment and all.
    package mutating func publish(_ path: String, inputDigest: String, timed render: (Instant) throws -> [UInt8]) throws {
        if isCurrent(path, inputDigest: inputDigest) { return keep(path) }
        if let before = known[path], let present = try? Data(contentsOf: root.appending(path: path)) {
            if Array(present) == (try render(before.publishedAt)) {
                wanted.insert(path)
                changed[path] = Publication(
                    inputDigest: inputDigest, bytesDigest: before.bytesDigest, publishedAt: before.publishedAt)
                return
            }
        }
        let moment = now
        try publish(path, inputDigest: inputDigest) { try render(moment) }
    }

    /// A file whose bytes are there already; those that are published and unchanged cost one comparison.
    package mutating func publish(_ path: String, bytes: [UInt8]) throws {
        try publish(path, inputDigest: SHA256Digest.hex(of: bytes)) { bytes }
    }

    /// True when nothing would have to be made for this input.
    package func isCurrent(_ path: String, inputDigest: String) -> Bool {
        known[path]?.inputDigest == inputDigest && exists(path)
    }
    /// Says that a path still belongs to the site without making it.
    package mutating func keep(_ path: String) { wanted.insert(path) }
    /// When the bytes of a path were published; nil for one that never was.
    package func publishedAt(_ path: String) -> Instant? { (changed[path] ?? known[path])?.publishedAt }
    /// True for a path that an earlier run published.
    package func isKnown(_ path: String) -> Bool { known[path] != nil }
    /// Keeps every file that was published below some folders (a file stands for itself), if `marker`, which is written after
    /// them, was made from this input and none of them is missing; false when they must be looked at one by one.
    package mutating func keep(below folders: [String], marker: String, inputDigest: String) -> Bool {
        guard isCurrent(marker, inputDigest: inputDigest) else { return false }
        let below = folders.map { $0 + "/" }
        let paths = known.keys.filter { path in folders.contains(path) || below.contains { path.hasPrefix($0) } }
        guard paths.allSatisfy({ exists($0) }) else { return false }
        wanted.formUnion(paths)
        wanted.insert(marker)
        return true
    }

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
}
