import Glibc
import Model

/// What `stat(2)` says of a path.
struct FileStatus: Hashable, Sendable {
    enum Kind: Sendable { case file, folder, link, other }
    var kind: Kind
    var signature: FileSignature

    /// Nil when there is nothing. `followingLinks` false is `lstat`.
    init?(_ path: String, followingLinks: Bool = true) {
        var status = stat()
        guard (followingLinks ? stat(path, &status) : lstat(path, &status)) == 0 else { return nil }
        switch status.st_mode & S_IFMT {
        case S_IFREG: kind = .file
        case S_IFDIR: kind = .folder
        case S_IFLNK: kind = .link
        default: kind = .other
        }
        signature = FileSignature(
            device: Int64(truncatingIfNeeded: status.st_dev), inode: Int64(truncatingIfNeeded: status.st_ino), size: Int64(status.st_size),
            modifiedNs: Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec))
    }
}

/// Two equal signatures: nobody wrote to the file in between.
struct FileSignature: Hashable, Sendable {
    var device: Int64
    var inode: Int64
    var size: Int64
    var modifiedNs: Int64

    var modifiedAt: Instant { Instant(ms: modifiedNs.floorDivided(by: 1_000_000)) }

    /// True while somebody may still be writing: changed within a minute of `now`.
    func isFresh(at now: Instant) -> Bool { abs(now - modifiedAt) < .minuteMs }

    var json: JSONValue { .array([.int(device), .int(inode), .int(size), .int(modifiedNs)]) }
    init(device: Int64, inode: Int64, size: Int64, modifiedNs: Int64) {
        self.device = device
        self.inode = inode
        self.size = size
        self.modifiedNs = modifiedNs
    }
    init?(_ json: JSONValue?) {
        guard let numbers = json?.arrayValue?.compactMap({ $0.intValue }), numbers.count == 4 else { return nil }
        self.init(device: numbers[0], inode: numbers[1], size: numbers[2], modifiedNs: numbers[3])
    }
}
