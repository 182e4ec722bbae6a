import Assets
import Foundation
import TestKit
import Testing

@Suite struct AssetsTests {
    /// The changelog and the files of the three folders, as scripts/embed-assets lists them.
    private static let files: [String] =
        ["CHANGELOG.md"]
        + ["reports", "site", "templates"].flatMap { folder -> [String] in
            let root = Checkout.root.appending(path: folder).resolvingSymlinksInPath()
            guard let walk = FileManager.default.enumerator(at: root, includingPropertiesForKeys: [.isRegularFileKey]) else { return [] }
            return walk.compactMap { item in
                guard let file = item as? URL, (try? file.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile) == true else {
                    return nil
                }
                let name = file.lastPathComponent
                if name.hasPrefix(".") || name.hasSuffix("~") || name.hasSuffix(".orig") { return nil }
                let rest = file.resolvingSymlinksInPath().path(percentEncoded: false).dropFirst(root.path(percentEncoded: false).count)
                return folder + "/" + rest.drop { $0 == "/" }
            }
        }.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }

    @Test func `every file of templates, site and reports is in the binary, and nothing else`() {
        #expect(!Self.files.isEmpty)
        #expect(EmbeddedAssets.paths == Self.files, "run scripts/embed-assets")
    }

    @Test func `the embedded bytes are those of the files`() throws {
        for path in Self.files {
            let bytes = try [UInt8](Data(contentsOf: Checkout.root.appending(path: path)))
            let isSame = EmbeddedAssets.bytes(path) == bytes  // not in the expectation, which would print all bytes
            #expect(isSame, "\(path); `scripts/embed-assets` embeds it again")
        }
    }

    @Test func `an asset that is not there is nil`() { #expect(EmbeddedAssets.bytes("templates/nothing.html") == nil) }
}
