import Formats
import Foundation
import Model

/// A file named on the command line, or standard input as `-`: read as a stream, plain, `.gz` or `.zst`.
struct InputFile {
    let stream: Decompressor
    /// As the user wrote it.
    let name: String
    let modifiedAt: Instant
    /// Keeps what came through a pipe until it was read.
    private let spool: Spool?

    init(_ name: String, now: Instant) throws {
        self.name = name == "-" ? "standard input" : name
        var path = name
        var spool: Spool?
        if name == "-" {
            var status = stat()
            if fstat(0, &status) == 0, status.st_mode & S_IFMT == S_IFREG {
                path = "/dev/stdin"
            } else {
                let copy = try Spool(named: self.name)
                try copy.take(from: 0)
                path = copy.path
                spool = copy
            }
        }
        self.spool = spool
        do throws(DecompressionError) {
            stream = try Decompressor(path: path)
        } catch {
            throw PipelineError.cannotRead(path: self.name, reason: Self.reason(error))
        }
        var status = stat()
        modifiedAt = name != "-" && stat(path, &status) == 0 ? Instant(ms: Int64(status.st_mtim.tv_sec) * 1_000) : now
    }

    /// Up to `count` more bytes appended to `buffer`; false at the end.
    func read(into buffer: inout [UInt8], upTo count: Int) throws(PipelineError) -> Bool {
        do throws(DecompressionError) {
            return try stream.read(into: &buffer, upTo: count) > 0
        } catch {
            throw .cannotRead(path: name, reason: Self.reason(error))
        }
    }

    private static func reason(_ error: DecompressionError) -> String {
        switch error {
        case .cannotOpen(_, let reason): reason.prefix(1).lowercased() + reason.dropFirst()
        case .notAFile: "it is a folder, a pipe or a device; `-` reads standard input"
        case .cannotRead(_, let offset, let reason): "\(reason) at byte \(offset)"
        case .truncated(_, let offset): "its compressed data ends in the middle, after \(offset) bytes"
        case .corrupt(_, let offset, let reason): "it is damaged after \(offset) bytes: \(reason)"
        case .tooLarge(_, let offset): "it grows beyond the bounds of decompression after \(offset) bytes"
        }
    }
}

/// A nameless temporary file: gone with the process, whatever ends it.
final class Spool {
    private let descriptor: Int32
    private let name: String
    var path: String { "/proc/self/fd/\(descriptor)" }

    init(named name: String) throws(PipelineError) {
        self.name = name
        var template = Array(
            (FileManager.default.temporaryDirectory.path(percentEncoded: false).withTrailingSlash + "caseboard-XXXXXX").utf8CString)
        descriptor = mkstemp(&template)
        guard descriptor >= 0 else {
            throw .cannotWrite(path: FileManager.default.temporaryDirectory.plainPath, reason: String(cString: strerror(errno)))
        }
        unlink(template)
    }
    deinit { close(descriptor) }

    /// Copies all that a pipe gives.
    func take(from source: Int32) throws {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Glibc.read(source, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            if count < 0 { throw PipelineError.cannotRead(path: name, reason: String(cString: strerror(errno))) }
            if count == 0 { return }
            try buffer.withUnsafeBytes { try append(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        }
    }

    func append(_ bytes: UnsafeRawBufferPointer) throws(PipelineError) {
        var sent = 0
        while sent < bytes.count {
            let count = Glibc.write(descriptor, bytes.baseAddress.map { $0 + sent }, bytes.count - sent)
            if count < 0 && errno == EINTR { continue }
            if count <= 0 { throw .cannotWrite(path: "a temporary file", reason: String(cString: strerror(errno))) }
            sent += count
        }
    }

    /// Reads it again from the front, in pieces.
    func replay(_ take: (UnsafeRawBufferPointer) throws -> Void) throws {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        var at: off_t = 0
        while true {
            let count = pread(descriptor, &buffer, buffer.count, at)
            if count < 0 && errno == EINTR { continue }
            if count < 0 { throw PipelineError.cannotRead(path: "a temporary file", reason: String(cString: strerror(errno))) }
            if count == 0 { return }
            try buffer.withUnsafeBytes { try take(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            at += off_t(count)
        }
    }
}
