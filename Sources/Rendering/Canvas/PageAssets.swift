import Model
import Synchronization

/// What a page cannot be made without.
package enum PageAssetError: Error, CustomStringConvertible {
    case missing(String)
    package var description: String {
        switch self {
        case .missing(let path): "\(path): there is no such asset; put the file back, or take away the folder that replaces it"
        }
    }
}

/// Style sheets and the stitched module of a page.
enum PageAssets {
    static func style(_ names: [String], _ site: (String) -> [UInt8]?) throws -> [UInt8] {
        var css: [UInt8] = []
        for name in names {
            let path = "site/css/\(name).css"
            guard let bytes = site(path) else { throw PageAssetError.missing(path) }
            css += bytes
        }
        return css
    }

    /// The module `site/js/NAME.js` with all it imports. Stitching takes longer than a small page, so the last result for
    /// each name is kept and used again as long as every source is the same, byte for byte.
    static func script(_ name: String, _ site: (String) -> [UInt8]?) throws -> [UInt8] {
        if let known = stitched.withLock({ $0[name] }), known.sources.allSatisfy({ site($0.path) == $0.bytes }) { return known.script }
        let entry = "site/js/\(name).js"
        guard site(entry) != nil else { throw PageAssetError.missing(entry) }
        var sources: [Source] = []
        let text = try ModuleStitcher.stitch(entry: entry) { path in
            guard let bytes = site(path) else { return nil }
            sources.append(Source(path: path, bytes: bytes))
            return String(decoding: bytes, as: UTF8.self)
        }
        let made = Stitched(sources: sources, script: Array(text.utf8))
        stitched.withLock { $0[name] = made }
        return made.script
    }

    private struct Source {
        let path: String
        let bytes: [UInt8]
    }
    private struct Stitched {
        let sources: [Source]
        let script: [UInt8]
    }
    private static let stitched = Mutex<[String: Stitched]>([:])
}
