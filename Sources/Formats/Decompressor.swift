import CZlib
import CZstd
import Glibc
import Model

/// Why a file could not be read (on). Whatever was read before stays good.
package enum DecompressionError: Error, Equatable, CustomStringConvertible {
    case cannotOpen(path: String, reason: String)
    /// A pipe, a device or a folder: reading it might never end.
    case notAFile(path: String)
    case cannotRead(path: String, offset: Int64, reason: String)
    /// The compressed stream ends in the middle. `offset` counts decompressed bytes.
    case truncated(path: String, offset: Int64)
    case corrupt(path: String, offset: Int64, reason: String)
    case tooLarge(path: String, offset: Int64)

    package var description: String {
        switch self {
        case .cannotOpen(let path, let reason): "cannot open `\(path)`: \(reason)"
        case .notAFile(let path): "`\(path)` is not a regular file; pipes, devices and folders are not read"
        case .cannotRead(let path, let offset, let reason): "cannot read `\(path)` at byte \(offset): \(reason)"
        case .truncated(let path, let offset):
            "`\(path)` ends in the middle of its compressed data, after \(offset) decompressed bytes; compress it again"
        case .corrupt(let path, let offset, let reason):
            "`\(path)` is damaged after \(offset) decompressed bytes: \(reason)"
        case .tooLarge(let path, let offset):
            "`\(path)` grows beyond the bounds of decompression (\(Limits.decompressedBytes) bytes, or \(Limits.decompressionRatio) times "
                + "its size) after \(offset) bytes; the rest is not read"
        }
    }
}

/// Reads a file as a stream of bytes, decompressing gzip (RFC 1952, several members too) and Zstandard (RFC 8878), told by
/// their magic bytes and never by the file's name.
///
/// Memory is bounded by the two libraries' windows (32 KiB, and at most 128 MiB for Zstandard) and one input buffer. An error
/// comes only after everything before it was delivered, and comes again at each later read.
package final class Decompressor {
    private enum Kind { case plain, gzip, zstandard }
    private enum Step { case more, memberEnd, needsInput }

    package let path: String
    /// Of the file as it is on disk.
    package let fileBytes: Int64
    /// How many (decompressed) bytes were delivered or passed over.
    package private(set) var offset: Int64 = 0

    private let descriptor: Int32
    private var kind = Kind.plain
    private var input = [UInt8](repeating: 0, count: 64 << 10)
    private var inputStart = 0
    private var inputEnd = 0
    private var isInputAtEnd = false
    /// Inside of a gzip member or a Zstandard frame.
    private var isInMember = false
    private var isFinished = false
    private var failure: DecompressionError?
    private var inflater: UnsafeMutablePointer<z_stream>?
    private var zstandard: OpaquePointer?

    package var isCompressed: Bool { kind != .plain }

    package init(path: String) throws(DecompressionError) {
        self.path = path
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw .cannotOpen(path: path, reason: String(cString: strerror(errno))) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw .notAFile(path: path)
        }
        self.descriptor = descriptor
        fileBytes = Int64(status.st_size)
        try begin()
    }

    deinit {
        if let inflater {
            inflateEnd(inflater)
            inflater.deallocate()
        }
        if let zstandard { ZSTD_freeDCtx(zstandard) }
        close(descriptor)
    }

    /// Tells the kind by the first bytes and makes its decompressor.
    private func begin() throws(DecompressionError) {
        try fill()
        let head = input[..<inputEnd].prefix(4)
        if head.starts(with: [0x1F, 0x8B]) {
            kind = .gzip
            let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
            stream.initialize(to: z_stream())
            // 16 asks for gzip's header and trailer (zlib.h, inflateInit2).
            guard inflateInit2_(stream, 16 + MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
                stream.deallocate()
                throw .cannotRead(path: path, offset: 0, reason: "zlib has no memory")
            }
            inflater = stream
        } else if head.elementsEqual([0x28, 0xB5, 0x2F, 0xFD])
            || head.dropFirst().elementsEqual([0x2A, 0x4D, 0x18]) && input[0] & 0xF0 == 0x50
        {
            kind = .zstandard
            guard let context = ZSTD_createDCtx() else { throw .cannotRead(path: path, offset: 0, reason: "libzstd has no memory") }
            zstandard = context
        }
    }

    /// Appends at most `count` bytes to `buffer`; how many, 0 at the end of the file.
    @discardableResult
    package func read(into buffer: inout [UInt8], upTo count: Int) throws(DecompressionError) -> Int {
        guard count > 0 else { return 0 }
        if kind == .plain { return try readPlain(into: &buffer, upTo: count) }
        // Room for what is likely there, not for the bound: a small file must not cost a page of zeros.
        let room = min(count, 1 << 20)
        let start = buffer.count
        buffer.append(contentsOf: [UInt8](repeating: 0, count: room))
        var taken = 0
        defer { buffer.removeLast(room - taken) }
        taken = try buffer.withUnsafeMutableBufferPointer { bytes throws(DecompressionError) in
            try read(into: UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: bytes[start...])))
        }
        return taken
    }

    /// Moves to a place in the decompressed bytes: by seeking in a plain file, by reading on (from the beginning, if it lies
    /// behind) in a compressed one. A place behind the end is the end.
    package func skip(to target: Int64) throws(DecompressionError) {
        let target = max(0, target)
        if kind == .plain {
            let place = min(target, fileBytes)
            guard lseek(descriptor, off_t(place), SEEK_SET) >= 0 else {
                throw .cannotRead(path: path, offset: target, reason: String(cString: strerror(errno)))
            }
            inputStart = 0
            inputEnd = 0
            isInputAtEnd = false
            isFinished = false
            failure = nil
            offset = place
            return
        }
        if target < offset { try rewind() }
        guard offset < target else { return }
        var scratch = [UInt8](repeating: 0, count: 256 << 10)
        while offset < target {
            let wanted = Int(min(Int64(scratch.count), target - offset))
            let taken = try scratch.withUnsafeMutableBufferPointer { bytes throws(DecompressionError) in
                try read(into: UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: bytes[..<wanted])))
            }
            if taken == 0 { return }
        }
    }

    private func rewind() throws(DecompressionError) {
        guard lseek(descriptor, 0, SEEK_SET) >= 0 else {
            throw .cannotRead(path: path, offset: 0, reason: String(cString: strerror(errno)))
        }
        inputStart = 0
        inputEnd = 0
        isInputAtEnd = false
        isFinished = false
        isInMember = false
        failure = nil
        offset = 0
        if let inflater { inflateReset(inflater) }
        if let zstandard { ZSTD_DCtx_reset(zstandard, ZSTD_reset_session_only) }
    }

    // MARK: - Reading

    private func read(into output: UnsafeMutableRawBufferPointer) throws(DecompressionError) -> Int {
        var taken = 0
        while taken < output.count, !isFinished, failure == nil {
            let rest = UnsafeMutableRawBufferPointer(rebasing: output[taken...])
            do {
                taken += kind == .plain ? try copy(into: rest) : try decompress(into: rest, delivered: taken)
            } catch {
                failure = error
            }
        }
        offset += Int64(taken)
        if taken == 0, let failure { throw failure }
        return taken
    }

    /// Straight behind what `buffer` holds, without room that is cleared first.
    private func readPlain(into buffer: inout [UInt8], upTo count: Int) throws(DecompressionError) -> Int {
        var taken = 0
        while taken < count, !isFinished, failure == nil {
            do throws(DecompressionError) {
                if inputStart == inputEnd { try fill() }
            } catch {
                failure = error
            }
            let piece = min(count - taken, inputEnd - inputStart)
            if piece == 0 { isFinished = failure == nil }
            buffer.append(contentsOf: input[inputStart..<inputStart + piece])
            inputStart += piece
            taken += piece
        }
        offset += Int64(taken)
        if taken == 0, let failure { throw failure }
        return taken
    }

    private func copy(into output: UnsafeMutableRawBufferPointer) throws(DecompressionError) -> Int {
        if inputStart == inputEnd { try fill() }
        let count = min(output.count, inputEnd - inputStart)
        guard count > 0 else {
            isFinished = true
            return 0
        }
        output.copyBytes(from: input[inputStart..<inputStart + count])
        inputStart += count
        return count
    }

    /// Reads the next piece of the file behind what is not used yet (which is nothing).
    private func fill() throws(DecompressionError) {
        inputStart = 0
        inputEnd = 0
        guard !isInputAtEnd else { return }
        while true {
            let count = input.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .cannotRead(path: path, offset: offset, reason: String(cString: strerror(errno))) }
            inputEnd = count
            isInputAtEnd = count == 0
            return
        }
    }

    private func decompress(into output: UnsafeMutableRawBufferPointer, delivered: Int) throws(DecompressionError) -> Int {
        let place = offset + Int64(delivered)
        let allowance = min(Limits.decompressedBytes, max(1 << 20, Swift.max(1, fileBytes) * Limits.decompressionRatio))
        guard place < allowance else { throw .tooLarge(path: path, offset: place) }
        if inputStart == inputEnd { try fill() }
        if inputStart == inputEnd {
            guard !isInMember else { throw .truncated(path: path, offset: place) }
            isFinished = true
            return 0
        }
        if !isInMember, kind == .gzip, try isPastLastMember(place) { return 0 }
        isInMember = true
        let room = UnsafeMutableRawBufferPointer(rebasing: output[..<min(output.count, Int(min(allowance - place, Int64(Int32.max))))])
        return kind == .gzip ? try inflate(into: room, place) : try decode(into: room, place)
    }

    /// Between gzip members: another one may follow, or zeros that fill up a block.
    private func isPastLastMember(_ place: Int64) throws(DecompressionError) -> Bool {
        if input[inputStart] == 0x1F { return false }
        guard input[inputStart..<inputEnd].allSatisfy({ $0 == 0 }) else {
            throw .corrupt(path: path, offset: place, reason: "something that is not gzip stands behind the compressed data")
        }
        inputStart = inputEnd
        return true
    }

    private func inflate(into output: UnsafeMutableRawBufferPointer, _ place: Int64) throws(DecompressionError) -> Int {
        guard let inflater, let base = output.bindMemory(to: UInt8.self).baseAddress else { return 0 }
        inflater.pointee.next_out = base
        inflater.pointee.avail_out = UInt32(output.count)
        let result = input.withUnsafeMutableBufferPointer { bytes -> Int32 in
            inflater.pointee.next_in = bytes.baseAddress.map { $0 + inputStart }
            inflater.pointee.avail_in = UInt32(inputEnd - inputStart)
            return CZlib.inflate(inflater, Z_NO_FLUSH)
        }
        inputStart = inputEnd - Int(inflater.pointee.avail_in)
        let made = output.count - Int(inflater.pointee.avail_out)
        switch result {
        case Z_OK, Z_BUF_ERROR: break
        case Z_STREAM_END:
            isInMember = false
            inflateReset(inflater)
        default:
            failure = .corrupt(
                path: path, offset: place + Int64(made), reason: inflater.pointee.msg.map { String(cString: $0) } ?? "zlib error \(result)")
        }
        return made
    }

    private func decode(into output: UnsafeMutableRawBufferPointer, _ place: Int64) throws(DecompressionError) -> Int {
        guard let zstandard else { return 0 }
        var target = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
        let result = input.withUnsafeBytes { bytes -> Int in
            var source = ZSTD_inBuffer(src: bytes.baseAddress.map { $0 + inputStart }, size: inputEnd - inputStart, pos: 0)
            let result = ZSTD_decompressStream(zstandard, &target, &source)
            inputStart += source.pos
            return result
        }
        if ZSTD_isError(result) != 0 {
            failure = .corrupt(path: path, offset: place + Int64(target.pos), reason: String(cString: ZSTD_getErrorName(result)))
        } else if result == 0 {
            isInMember = false
        }
        return target.pos
    }
}
