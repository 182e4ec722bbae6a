import Foundation
import Model
import TestKit
import Testing

@testable import Formats

/// Made by Python's `zipfile`.
private let plain =
    "UEsDBBQAAAAIAHkCfl3ra4aZDgAAAAwAAAAJAAAAanVuaXQueG1ssylJLS4pLs0sSdW3AwBQSwMEFAAAAAgAeQJ+XQAAAAACAAAAAAAAAAcAAABmb2xkZXIvAwBQSwMEFAAAAAgAeQJ+XadcVtsIAAAAlgAAAAwAAABmb2xkZXIvYi50eHRLSk1NGnwIAFBLAQIUAxQAAAAIAHkCfl3ra4aZDgAAAAwAAAAJAAAAAAAAAAAAAACAAQAAAABqdW5pdC54bWxQSwECFAMUAAAACAB5An5dAAAAAAIAAAAAAAAABwAAAAAAAAAAABAA/UE1AAAAZm9sZGVyL1BLAQIUAxQAAAAIAHkCfl2nXFbbCAAAAJYAAAAMAAAAAAAAAAAAAACAAVwAAABmb2xkZXIvYi50eHRQSwUGAAAAAAMAAwCmAAAAjgAAAAAA"
/// The same with a byte of the first entry turned round.
private let damaged =
    "UEsDBBQAAAAIAHkCfl3ra4aZDgAAAAwAAAAJAAAAanVuaXQueG1ssylJLdEpLs0sSdW3AwBQSwMEFAAAAAgAeQJ+XQAAAAACAAAAAAAAAAcAAABmb2xkZXIvAwBQSwMEFAAAAAgAeQJ+XadcVtsIAAAAlgAAAAwAAABmb2xkZXIvYi50eHRLSk1NGnwIAFBLAQIUAxQAAAAIAHkCfl3ra4aZDgAAAAwAAAAJAAAAAAAAAAAAAACAAQAAAABqdW5pdC54bWxQSwECFAMUAAAACAB5An5dAAAAAAIAAAAAAAAABwAAAAAAAAAAABAA/UE1AAAAZm9sZGVyL1BLAQIUAxQAAAAIAHkCfl2nXFbbCAAAAJYAAAAMAAAAAAAAAAAAAACAAVwAAABmb2xkZXIvYi50eHRQSwUGAAAAAAMAAwCmAAAAjgAAAAAA"
/// 70 MiB of zeros and a short file, compressed once more by gzip.
private let bomb =
    "H4sIAAAAAAACA+3cvUocURgG4NndUTYJRIXVwCZFxF5bCw2RgM02U2i3oLuQVA5KSGHngthbWXkPVmm0ipWtIEStvACxsEglbuYMElN4BXOeZzjMD+cHTjPwMfNmnUbaSpKkWbTp7kF7Zut4qlZcr6fhSX8z789u5xu3v2rh4WD/8eiu+ToBAAAAKm5wtdsIxYDk4/D3crYKAAAAVF1v7G1aFgUe1t4v2Q4AAACovL3F+fHyC4H7nTy1HQAAAFB5k39uPpe1gLPhz4kV+wEAAACVdykwAAAAAKIiMAAAAADiIjAAAAAA4iIwAAAAACIjMAAAAADiIjAAAAAA4iIwAAAAAOIiMAAAAAAiIzAAAAAA4iIwAAAAAOIiMAAAAADiIjAAAAAAInO9+6UeagFLw7WT09EEgGo5rGedRtp6upvuXnw4r4Wfw0J7VbTetx9fv89u5xsLvblPWadWbzVC52bZ+aA9s3U8FXJl1tPmf5MOyqiZ/mbeDyOfR728xPOom2KufwtmnZHytVMvjrw4v3kXZv0L3WaDaI4XAQA="

private func bytes(_ base64: String) throws -> [UInt8] { Array(try #require(Data(base64Encoded: base64))) }

@Suite struct ZipArchiveTests {
    private func entries(_ bytes: [UInt8], where isWanted: (String) -> Bool = { _ in true }) -> (
        entries: [ZipArchive.Entry], refusal: ZipArchive.Refusal?
    ) {
        var entries: [ZipArchive.Entry] = []
        let refusal = ZipArchive.forEach(bytes, where: isWanted) { entries.append($0) }
        return (entries, refusal)
    }

    @Test func `files come in their order, folders do not`() throws {
        let found = try entries(bytes(plain))
        #expect(found.refusal == nil)
        #expect(found.entries.map(\.name) == ["junit.xml", "folder/b.txt"])
        #expect(
            try found.entries.map { String(decoding: try $0.content.get(), as: UTF8.self) } == [
                "<testsuite/>", String(repeating: "bee", count: 50),
            ])
    }

    @Test func `only what is wanted is taken out`() throws {
        #expect(try entries(bytes(plain), where: { $0.hasSuffix(".xml") }).entries.map(\.name) == ["junit.xml"])
    }

    @Test func `a damaged entry is refused and the next is read`() throws {
        let found = try entries(bytes(damaged)).entries
        #expect(found.map { (try? $0.content.get()) != nil } == [false, true])
    }

    @Test func `an archive that is cut off at any place is no archive`() throws {
        let whole = try bytes(plain)
        for length in 0..<whole.count { #expect(ZipArchive.fault(Array(whole.prefix(length))) != nil) }
        #expect(ZipArchive.fault(whole) == nil)
    }

    @Test func `an entry that grows too large is refused, and what is behind it is read`() throws {
        let folder = try TemporaryFolder()
        try Data(try bytes(bomb)).write(to: URL(filePath: "\(folder.path)/bomb.zip.gz"))
        var archive: [UInt8] = []
        let stream = try Decompressor(path: "\(folder.path)/bomb.zip.gz")
        while try stream.read(into: &archive, upTo: 1 << 20) > 0 {}
        let found = entries(archive).entries
        guard found.count == 2, case .failure(let refusal) = found[0].content else {
            Issue.record("it was taken out")
            return
        }
        #expect(refusal.reason.hasPrefix("it is larger than"))
        #expect(try found[1].content.get() == Array("<a/>".utf8))
    }

    @Test func `random bytes and random changes never trap`() throws {
        var random = SeededGenerator(seed: 7)
        let whole = try bytes(plain)
        for _ in 0..<2_000 {
            var changed = whole
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                changed[Int.random(in: 0..<changed.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            for entry in entries(changed).entries { #expect(entry.name.utf8.count < 2_000) }
        }
    }
}
