import Glibc
import Model

/// Finds the regular files that patterns name. Bounded in entries, depth and files; pipes, devices and sockets are passed
/// over; `**` does not follow links, so there are no loops.
struct FileWalk {
    struct File: Hashable, Sendable {
        var path: String
        var signature: FileSignature
    }
    struct Found: Sendable {
        /// Sorted by path; of several names of one file (links) the first.
        var files: [File] = []
        /// What could not be looked at: a path and why.
        var problems: [(path: String, reason: String, remedy: String)] = []
    }

    private static let maxEntries = 500_000
    private static let maxDepth = 64

    private var entriesLeft = FileWalk.maxEntries
    private var files: [String: FileSignature] = [:]
    private var found = Found()

    static func files(_ paths: [String], limit: Int = Limits.filesPerSource) -> Found {
        var walk = FileWalk()
        for path in paths { walk.walk("", GlobPattern(path).parts[...], depth: 0) }
        return walk.finished(paths, limit)
    }

    private mutating func walk(_ folder: String, _ parts: ArraySlice<GlobPattern.Part>, depth: Int) {
        guard let part = parts.first else { return take(folder, isLiteral: true) }
        guard depth < Self.maxDepth else { return }
        let rest = parts.dropFirst()
        switch part {
        case .literal(let name): walk("\(folder)/\(name)", rest, depth: depth + 1)
        case .wild(let tokens):
            for name in names(in: folder) where GlobPattern.matches(name, tokens) {
                rest.isEmpty ? take("\(folder)/\(name)", isLiteral: false) : walk("\(folder)/\(name)", rest, depth: depth + 1)
            }
        case .folders:
            walk(folder, rest, depth: depth + 1)
            for name in names(in: folder) where !name.hasPrefix(".") {
                let path = "\(folder)/\(name)"
                if FileStatus(path, followingLinks: false)?.kind == .folder { walk(path, parts, depth: depth + 1) }
            }
        }
    }

    /// A path without wildcards that is a folder stands for all files below it.
    private mutating func take(_ path: String, isLiteral: Bool) {
        guard let status = FileStatus(path) else { return }
        switch status.kind {
        case .file: files[path] = status.signature
        case .folder where isLiteral: walk(path, [.folders, .wild([.anyText])], depth: 0)
        case .folder, .link: break
        case .other:
            if isLiteral {
                found.problems.append((path, "it is not a regular file; pipes, devices and sockets are not read", "name a regular file"))
            }
        }
    }

    private mutating func names(in folder: String) -> [String] {
        guard entriesLeft > 0 else { return [] }
        guard let listing = opendir(folder.isEmpty ? "/" : folder) else {
            if errno != ENOENT, errno != ENOTDIR {
                found.problems.append(
                    (
                        folder, "the folder cannot be listed: \(String(cString: strerror(errno)))",
                        "give the user who runs caseboard the right to read it"
                    ))
            }
            return []
        }
        defer { closedir(listing) }
        var names: [String] = []
        while let entry = readdir(listing) {
            entriesLeft -= 1
            guard entriesLeft > 0 else {
                found.problems.append(
                    (folder, "the patterns lead past more than \(Self.maxEntries) names; the rest is not looked at", "narrow the pattern"))
                break
            }
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: UInt8.self, capacity: 256) { bytes in
                    String(
                        decoding: UnsafeBufferPointer(
                            start: bytes, count: strnlen(UnsafeRawPointer(bytes).assumingMemoryBound(to: CChar.self), 256)), as: UTF8.self)
                }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    private consuming func finished(_ paths: [String], _ limit: Int) -> Found {
        var sorted = files.map { File(path: $0.key, signature: $0.value) }.sorted { $0.path < $1.path }
        struct Identity: Hashable { var device, inode: Int64 }
        var seen: Set<Identity> = []
        sorted.removeAll { !seen.insert(Identity(device: $0.signature.device, inode: $0.signature.inode)).inserted }
        if sorted.count > limit {
            found.problems.append(
                (
                    paths.joined(separator: ", "), "\(sorted.count) files match; only the \(limit) changed last are read",
                    "narrow the pattern"
                ))
            sorted.sort { ($1.signature.modifiedNs, $0.path) < ($0.signature.modifiedNs, $1.path) }
            sorted = sorted.prefix(limit).sorted { $0.path < $1.path }
        }
        found.files = sorted
        return found
    }
}
