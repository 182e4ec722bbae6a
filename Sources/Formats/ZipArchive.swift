import CZip
import Model

/// Reads ZIP archives in memory by libzip (<https://libzip.org/documentation/>): the only code that calls it.
///
/// Bounded whatever the archive says of itself: entries, bytes of each and of all, and how many times an entry may grow.
package enum ZipArchive {
    package static let mostEntries = 10_000
    package static let entryBytes = Limits.documentBytes
    package static let allBytes = 4 * Limits.documentBytes

    /// One entry, or why it cannot be had.
    package struct Entry: Sendable {
        package var name: String
        package var content: Result<[UInt8], Refusal>
    }
    package struct Refusal: Error, Hashable, Sendable {
        package var reason: String
    }

    /// Nil when the bytes are an archive whose list of entries is whole.
    package static func fault(_ bytes: [UInt8]) -> String? {
        switch with(bytes, { _ in }) {
        case .success: nil
        case .failure(let refusal): refusal.reason
        }
    }

    /// Calls `body` with each entry whose name is wanted, one after the other, in the order of the archive. Folders are none.
    package static func forEach(
        _ bytes: [UInt8], where isWanted: (String) -> Bool, _ body: (Entry) -> Void
    ) -> Refusal? {
        let outcome = with(bytes) { archive in
            var room = allBytes
            for index in 0..<UInt64(min(zip_get_num_entries(archive, 0), Int64(mostEntries))) {
                var status = zip_stat_t()
                guard zip_stat_index(archive, index, 0, &status) == 0, let text = status.name else { continue }
                let name = String(cString: text)
                guard !name.hasSuffix("/"), isWanted(name) else { continue }
                let content = content(of: index, status, in: archive, &room)
                body(Entry(name: StructuredText.name(name, count: 400) ?? "entry \(index)", content: content))
            }
        }
        if case .failure(let refusal) = outcome { return refusal }
        return nil
    }

    private static func content(
        of index: UInt64, _ status: zip_stat_t, in archive: OpaquePointer, _ room: inout Int
    ) -> Result<[UInt8], Refusal> {
        if status.encryption_method != UInt16(ZIP_EM_NONE) { return .failure(Refusal(reason: "it is encrypted")) }
        guard let file = zip_fopen_index(archive, index, 0) else { return .failure(Refusal(reason: words(of: archive))) }
        defer { zip_fclose(file) }
        let growth = Int(clamping: status.comp_size).multipliedReportingOverflow(by: Int(Limits.decompressionRatio))
        let limit = min(entryBytes, room, growth.overflow ? entryBytes : growth.partialValue + 4_096)
        var content: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 256 << 10)
        while true {
            let count = part.withUnsafeMutableBytes { bytes in bytes.baseAddress.map { zip_fread(file, $0, UInt64(bytes.count)) } ?? -1 }
            // The last read checks the sum of the entry.
            guard count >= 0 else { return .failure(Refusal(reason: "it is damaged after \(content.count) bytes")) }
            guard count > 0 else { break }
            guard content.count + Int(count) <= limit else {
                return .failure(Refusal(reason: "it is larger than \(limit) bytes, the most that is taken out of it"))
            }
            content.append(contentsOf: part[..<Int(count)])
        }
        room -= content.count
        return .success(content)
    }

    private static func words(of archive: OpaquePointer) -> String { String(cString: zip_strerror(archive)).clipped(to: 200) }

    private static func with<Outcome>(_ bytes: [UInt8], _ body: (OpaquePointer) -> Outcome) -> Result<Outcome, Refusal> {
        // To libzip nothing at all is an archive without entries.
        if bytes.isEmpty { return .failure(Refusal(reason: "there is nothing in it")) }
        return bytes.withUnsafeBytes { bytes in
            var error = zip_error_t()
            zip_error_init(&error)
            defer { zip_error_fini(&error) }
            guard let source = zip_source_buffer_create(bytes.baseAddress, UInt64(bytes.count), 0, &error) else {
                return .failure(Refusal(reason: "there is no memory to read it"))
            }
            guard let archive = zip_open_from_source(source, ZIP_RDONLY, &error) else {
                zip_source_free(source)
                return .failure(
                    Refusal(reason: "it is no whole ZIP archive: \(String(cString: zip_error_strerror(&error)).clipped(to: 200))"))
            }
            defer { zip_discard(archive) }
            return .success(body(archive))
        }
    }
}
