import Model

/// Where each page of the site is, seen from its root. Names from outside become safe names of folders.
package enum SiteAddress {
    package static let board = "index.html"
    package static func investigation(_ number: Int) -> String { "investigations/\(number)/index.html" }
    package static func report(_ number: Int) -> String { "investigations/\(number)/report.html" }
    package static func service(_ name: String) -> String { "services/\(slug(name))/index.html" }
    package static let services = "services/index.html"
    package static func source(_ name: String) -> String { "sources/\(slug(name))/index.html" }
    package static let sources = "sources/index.html"
    package static func day(_ day: Int64) -> String { "timeline/\(Instant(ms: day * .dayMs).date).html" }
    package static let timeline = "timeline/index.html"
    package static let analytics = "analytics/index.html"
    package static let reports = "reports/index.html"
    package static let archive = "archive/index.html"
    package static let open = "archive/open.html"
    package static let help = "help.html"
    package static let changelog = "changelog.html"
    /// The ended investigations of a month, `part` from 1.
    package static func month(_ month: String, part: Int) -> String { "archive/\(month)\(part == 1 ? "" : "-\(part)").html" }

    /// The name when it is a plain word of small letters, digits and hyphens; else what is left of it with ten characters of
    /// its fingerprint, so that no two names share a folder and none leads out of it.
    package static func slug(_ name: String) -> String {
        var plain: [UInt8] = []
        for byte in name.utf8 where plain.count < 40 {
            switch byte {
            case 97...122, 48...57: plain.append(byte)
            case 65...90: plain.append(byte + 32)
            default: if let last = plain.last, last != 45 { plain.append(45) }
            }
        }
        if plain.last == 45 { plain.removeLast() }
        let word = String(decoding: plain, as: UTF8.self)
        // Folders of these names cannot be made on every system.
        let isReserved = ["con", "prn", "aux", "nul", "index"].contains(word) || word.isEmpty
        if word == name && !isReserved { return word }
        return (word.isEmpty ? "" : word + "-") + String(Fingerprint(name).text.prefix(10))
    }
}
