import CZlib
import CZstd
import Foundation
import Model
import TestKit
import Testing

@testable import Formats

struct DecompressorTests {
    private static let text = (0..<12_000).map { "2026-11-22T10:00:00Z line \($0 * 7_919 % 10_007)\n" }.joined()

    private func gzip(_ bytes: [UInt8], level: Int32 = 6) -> [UInt8] {
        var stream = z_stream()
        deflateInit2_(&stream, level, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        defer { deflateEnd(&stream) }
        var input = bytes
        var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(bytes.count))) + 64)
        let count = output.count
        return input.withUnsafeMutableBufferPointer { source in
            output.withUnsafeMutableBufferPointer { target in
                stream.next_in = source.baseAddress
                stream.avail_in = UInt32(source.count)
                stream.next_out = target.baseAddress
                stream.avail_out = UInt32(count)
                deflate(&stream, Z_FINISH)
            }
            return Array(output[..<(count - Int(stream.avail_out))])
        }
    }

    private func zstandard(_ bytes: [UInt8]) -> [UInt8] {
        let context = ZSTD_createCCtx()
        defer { ZSTD_freeCCtx(context) }
        ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
        var output = [UInt8](repeating: 0, count: ZSTD_compressBound(bytes.count))
        let count = ZSTD_compress2(context, &output, output.count, bytes, bytes.count)
        return Array(output[..<count])
    }

    private func file(_ bytes: [UInt8], _ folder: TemporaryFolder, _ name: String = "a.log") throws -> String {
        let url = folder.url.appending(path: name)
        try Data(bytes).write(to: url)
        return url.path(percentEncoded: false)
    }

    /// All that can be read in steps of `step` bytes, and the error at the end.
    private func readAll(_ path: String, step: Int = 10_000) throws -> (bytes: [UInt8], error: DecompressionError?) {
        let stream = try Decompressor(path: path)
        var bytes: [UInt8] = []
        do {
            while try stream.read(into: &bytes, upTo: step) > 0 {}
        } catch {
            #expect(stream.offset == bytes.count)
            return (bytes, error)
        }
        #expect(stream.offset == bytes.count)
        return (bytes, nil)
    }

    @Test(arguments: [1, 7, 65_536, 300_000])
    func `plain, gzip and Zstandard files give the same bytes in steps of any size`(step: Int) throws {
        let folder = try TemporaryFolder()
        let bytes = Array(Self.text.utf8.prefix(step < 10 ? 5_000 : .max))
        for stored in [bytes, gzip(bytes), zstandard(bytes)] {
            let read = try readAll(file(stored, folder), step: step)
            #expect(read.bytes == bytes && read.error == nil)
        }
    }

    @Test func `the kind is told by the content, not by the name`() throws {
        let folder = try TemporaryFolder()
        #expect(try readAll(file(gzip(Array("hello".utf8)), folder, "a.log")).bytes == Array("hello".utf8))
        #expect(try readAll(file(Array("hello".utf8), folder, "a.log.gz")).bytes == Array("hello".utf8))
        #expect(try Decompressor(path: file(zstandard(Array("hello".utf8)), folder, "a.gz")).isCompressed)
    }

    @Test func `an empty file and a file of two bytes are read`() throws {
        let folder = try TemporaryFolder()
        #expect(try readAll(file([], folder)).bytes == [])
        #expect(try readAll(file([0x41, 0x42], folder)).bytes == [0x41, 0x42])
        #expect(try readAll(file(gzip([]), folder)).bytes == [])
    }

    @Test func `members and frames behind one another are one stream`() throws {
        let folder = try TemporaryFolder()
        let parts = [Array("one\n".utf8), [], Array("two\n".utf8)]
        #expect(try readAll(file(parts.flatMap { gzip($0) } + [0, 0, 0], folder)).bytes == Array("one\ntwo\n".utf8))
        #expect(try readAll(file(parts.flatMap { zstandard($0) }, folder)).bytes == Array("one\ntwo\n".utf8))
    }

    @Test func `a truncated stream delivers what is good and then says where it ends`() throws {
        let folder = try TemporaryFolder()
        let bytes = Array(Self.text.utf8)
        for stored in [gzip(bytes), zstandard(bytes)] {
            let read = try readAll(file(Array(stored[..<(stored.count * 2 / 3)]), folder))
            #expect(!read.bytes.isEmpty && bytes.starts(with: read.bytes))
            #expect(
                read.error
                    == .truncated(path: folder.url.appending(path: "a.log").path(percentEncoded: false), offset: Int64(read.bytes.count)))
        }
    }

    @Test func `a damaged stream delivers what is good and then an error, again and again`() throws {
        let folder = try TemporaryFolder()
        let bytes = Array(Self.text.utf8)
        for var stored in [gzip(bytes), zstandard(bytes)] {
            for index in stored.count / 2..<stored.count / 2 + 40 { stored[index] ^= 0x5A }
            let path = try file(stored, folder)
            let stream = try Decompressor(path: path)
            var read: [UInt8] = []
            #expect(throws: DecompressionError.self) { while try stream.read(into: &read, upTo: 4_096) > 0 {} }
            let count = read.count
            #expect(throws: DecompressionError.self) { try stream.read(into: &read, upTo: 4_096) }
            #expect(read.count == count)
        }
    }

    @Test func `something else behind a gzip member is an error after the member`() throws {
        let folder = try TemporaryFolder()
        let read = try readAll(file(gzip(Array("good\n".utf8)) + Array("junk".utf8), folder))
        #expect(read.bytes == Array("good\n".utf8))
        #expect(read.error?.description.contains("not gzip") == true)
    }

    @Test func `a bomb is stopped at the ratio and what was read before is kept`() throws {
        let folder = try TemporaryFolder()
        let bomb = zstandard([UInt8](repeating: 0x61, count: 40 << 20))
        let bound = max(1 << 20, Int64(bomb.count) * Limits.decompressionRatio)
        try #require(bound < 40 << 20)
        let read = try readAll(file(bomb, folder), step: 1 << 20)
        #expect(Int64(read.bytes.count) == bound)
        #expect(read.error == .tooLarge(path: folder.url.appending(path: "a.log").path(percentEncoded: false), offset: bound))
    }

    @Test func `skipping forwards and backwards finds the same bytes in every kind`() throws {
        let folder = try TemporaryFolder()
        let bytes = Array(Self.text.utf8)
        for stored in [bytes, gzip(bytes), zstandard(bytes)] {
            let stream = try Decompressor(path: file(stored, folder))
            for place in [100_000, 5, 300_000, 0, 300_001] {
                try stream.skip(to: Int64(place))
                var read: [UInt8] = []
                try stream.read(into: &read, upTo: 50)
                #expect(read == Array(bytes[place..<place + 50]), "\(place)")
            }
            try stream.skip(to: 1 << 40)
            var read: [UInt8] = []
            #expect(try stream.read(into: &read, upTo: 10) == 0 && stream.offset == bytes.count)
        }
    }

    @Test func `pipes, devices and folders are refused and never waited for`() throws {
        let folder = try TemporaryFolder()
        let pipe = folder.url.appending(path: "pipe").path(percentEncoded: false)
        #expect(mkfifo(pipe, 0o600) == 0)
        for path in [pipe, "/dev/zero", folder.path] {
            #expect(throws: DecompressionError.notAFile(path: path)) { try Decompressor(path: path) }
        }
        #expect(throws: DecompressionError.self) { try Decompressor(path: folder.path + "/none") }
    }

    @Test func `damaged streams of all kinds end in bytes or an error`() throws {
        let folder = try TemporaryFolder()
        var chance = SeededGenerator(seed: 99)
        let bytes = Array(Self.text.utf8.prefix(20_000))
        for round in 0..<150 {
            let stored = LogReaderTests.damaged(round % 2 == 0 ? gzip(bytes) : zstandard(bytes), &chance)
            let read = try readAll(file(stored, folder), step: 3_000)
            #expect(
                read.error != nil || Int64(read.bytes.count) <= Int64(stored.count + 1) * Limits.decompressionRatio + (1 << 20),
                "round \(round)")
        }
    }
}
