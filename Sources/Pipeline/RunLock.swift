import Foundation
import Model

/// An exclusive `flock(2)` on `var/lock`, held for the life of the value: the kernel drops it when the process ends, however
/// it ends, so there is never a stale lock to remove.
package final class RunLock {
    private let descriptor: Int32

    /// How long a held lock is waited for. A killed run can leave a child between fork and exec, which still has the
    /// descriptor for a moment; a real run holds it longer.
    private static let attempts = 40
    private static let pauseMicroseconds: UInt32 = 25_000

    package init(_ url: URL) throws(PipelineError) {
        let path = url.plainPath
        do {
            try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        } catch {
            throw .cannotWrite(path: path, reason: error.localizedDescription)
        }
        let opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard opened >= 0 else { throw .cannotWrite(path: path, reason: String(cString: strerror(errno))) }
        var isOurs = flock(opened, LOCK_EX | LOCK_NB) == 0
        for _ in 0..<Self.attempts where !isOurs {
            usleep(Self.pauseMicroseconds)
            isOurs = flock(opened, LOCK_EX | LOCK_NB) == 0
        }
        if !isOurs {
            var buffer = [UInt8](repeating: 0, count: 64)
            let count = read(opened, &buffer, buffer.count)
            close(opened)
            let holder = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self).clipped(to: 40)
            throw .locked(path: path, holder: holder.isEmpty ? "held by another process" : "held by process \(holder)")
        }
        descriptor = opened
        ftruncate(opened, 0)
        let pid = "\(getpid())"
        _ = pid.withCString { write(opened, $0, strlen($0)) }  // the pid is a courtesy for the reader of the message
    }

    deinit { close(descriptor) }
}
