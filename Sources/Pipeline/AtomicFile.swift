import Foundation

/// Writes a file whole or not at all: beside its place, then renamed into it.
package enum AtomicFile {
    package static func write(_ bytes: [UInt8], to url: URL) throws(PipelineError) {
        let temporary = try temporary(for: url)
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
        try place(temporary, at: url)
    }

    /// Where a file is made before it takes its place; its folder is there.
    package static func temporary(for url: URL) throws(PipelineError) -> String {
        let folder = url.deletingLastPathComponent()
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        } catch {
            throw .cannotWrite(path: folder.plainPath, reason: error.localizedDescription)
        }
        return folder.appending(path: ".\(url.lastPathComponent).part").plainPath
    }

    package static func place(_ temporary: String, at url: URL) throws(PipelineError) {
        guard rename(temporary, url.plainPath) == 0 else {
            throw .cannotWrite(path: url.plainPath, reason: String(cString: strerror(errno)))
        }
    }
}
