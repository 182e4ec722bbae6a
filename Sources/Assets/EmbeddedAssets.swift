import CAssets

/// The files of `templates/`, `site/` and `reports/` as they were when the program was built.
package enum EmbeddedAssets {
    /// Every path, from the checkout's root, in byte order.
    package static let paths: [String] = (0..<caseboard_asset_count()).map { index in
        caseboard_asset_path(index).map { String(cString: $0) } ?? ""
    }

    private static let indices = Dictionary(uniqueKeysWithValues: paths.enumerated().map { ($1, $0) })

    /// The contents of the file at `path`, or nil when there is none, as for `templates/nothing.html`.
    package static func bytes(_ path: String) -> [UInt8]? {
        guard let index = indices[path], let start = caseboard_asset_bytes(index) else { return nil }
        return Array(UnsafeBufferPointer(start: start, count: caseboard_asset_size(index)))
    }
}
