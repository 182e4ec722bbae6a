import Model

/// One thing that can be found.
package struct SearchDocument: Sendable {
    package enum Kind: Int, Sendable { case investigation, changes, service, source }
    /// Text with the place it leads to, behind the document's address; empty leads to the document.
    package struct Piece: Sendable {
        package var text: String
        package var anchor: String
        package init(_ text: String, anchor: String = "") {
            self.text = text
            self.anchor = anchor
        }
    }
    /// Keeps its number for ever: numbers of postings and files of documents follow from it.
    package var id: Int
    package var kind: Kind
    package var title: String
    /// From the root of the site.
    package var address: String
    /// The class of its mark.
    package var mark: String
    /// Small print: status, day, services.
    package var remark: String
    /// Shown where they match.
    package var pieces: [Piece]
    /// Found, and not shown.
    package var hidden: [String]
    package init(
        id: Int, kind: Kind, title: String, address: String, mark: String = "", remark: String = "", pieces: [Piece] = [],
        hidden: [String] = []
    ) {
        self.id = id
        self.kind = kind
        self.title = title
        self.address = address
        self.mark = mark
        self.remark = remark
        self.pieces = pieces
        self.hidden = hidden
    }

    /// A number for what has a name instead: kinds do not meet, and a name keeps its number whatever else is there.
    package static func id(kind: Kind, name: String) -> Int { kind.rawValue << 24 | Int(SHA256Digest.prefix64(of: name) >> 44) }
    package static func id(day: Int64) -> Int { Kind.changes.rawValue << 24 | Int(clamping: day & 0xFFFFFF) }
}

/// The search of the site: an inverted index in files of a few kilobytes that a page loads when they are first needed.
///
/// Documents are ranked by BM25 (Robertson and Zaragoza, *The Probabilistic Relevance Framework*, 2009, 3.4) with fields
/// weighted before saturation (BM25F, 3.6). The length is compared with a fixed pivot instead of the mean, so that a posting does
/// not depend on other documents: adding one changes the files of its own terms and leaves the bytes of all others alone.
package struct SearchIndex {
    package struct File: Sendable {
        package var path: String
        package var bytes: [UInt8]
    }
    static let k1 = 1.2
    static let b = 0.6
    static let pivot = 60.0
    static let titleWeight: Float = 5
    static let remarkWeight: Float = 3
    static let pieceWeight: Float = 1.5
    static let hiddenWeight: Float = 1
    /// A term that is in more documents keeps the strongest postings.
    static let postingsKept = 1_000
    static let shardBytes = 14 << 10
    static let documentsPerFile = 4
    /// Known to the corrector of words whose first letters are wrong.
    static let wordsKept = 6_000

    private var numbers: [String: Int32] = [:]
    private var names: [String] = []
    private var postings: [[UInt64]] = []
    private var weights: [Float] = []
    private var terms = SearchTerms()
    private var documents: [Int: SearchDocument] = [:]

    package init() {}

    /// Every file of the index. Of two documents with one number the first counts.
    package static func files(_ documents: some Sequence<SearchDocument>) -> [File] {
        var out: [File] = []
        each(of: documents) { out.append($0) }
        return out
    }
    /// The same, one after the other; `search/index.js` is the last.
    package static func each(of documents: some Sequence<SearchDocument>, _ give: (File) throws -> Void) rethrows {
        var index = SearchIndex()
        for document in documents { index.add(document) }
        try index.each(give)
    }

    package mutating func add(_ document: SearchDocument) {
        guard documents[document.id] == nil else { return }
        documents[document.id] = document
        var touched: [Int32] = []
        var length: Float = 0
        note(document.title, Self.titleWeight, &touched, &length)
        note(document.remark, Self.remarkWeight, &touched, &length)
        for piece in document.pieces { note(piece.text, Self.pieceWeight, &touched, &length) }
        for text in document.hidden { note(text, Self.hiddenWeight, &touched, &length) }
        let norm = Self.k1 * (1 - Self.b + Self.b * Double(length) / Self.pivot)
        for term in touched {
            let weight = Double(weights[Int(term)])
            weights[Int(term)] = 0
            let impact = weight * (Self.k1 + 1) / (weight + norm)  // below 2.2
            let step = min(63, max(1, Int((impact * 28).rounded())))
            postings[Int(term)].append(UInt64(document.id) << 8 | UInt64(step))
        }
    }

    private mutating func note(_ text: String, _ weight: Float, _ touched: inout [Int32], _ length: inout Float) {
        var found: [Int32] = []
        var (numbers, names) = (numbers, names)
        self.numbers = [:]
        self.names = []
        terms.each(of: text) { bytes in
            let term = String(decoding: bytes, as: UTF8.self)
            if let known = numbers[term] {
                found.append(known)
            } else {
                let number = Int32(names.count)
                numbers[term] = number
                names.append(term)
                found.append(number)
            }
        }
        swap(&self.numbers, &numbers)
        swap(&self.names, &names)
        while postings.count < self.names.count {
            postings.append([])
            weights.append(0)
        }
        for term in found {
            if weights[Int(term)] == 0 { touched.append(term) }
            weights[Int(term)] += weight
        }
        length += Float(found.count)
    }

    // MARK: - Files

    private struct Entry {
        var route: [UInt8]
        var term: String
        var postings: [UInt8]
        var frequency: Int
    }

    private func each(_ give: (File) throws -> Void) rethrows {
        var entries = names.indices.map { index in
            Entry(
                route: SearchRoute.route(names[index]), term: names[index], postings: Self.encoded(postings[index]),
                frequency: postings[index].count)
        }
        entries.sort { $0.route.lexicographicallyPrecedes($1.route) }
        var keys: [String] = []
        try cut(entries[...], depth: 1) { key, part in
            let name = String(decoding: key, as: UTF8.self)
            keys.append(name)
            try give(
                File(
                    path: "search/t-\(name).js",
                    bytes: Self.script([
                        "t": .string(name), "w": .string(Self.frontCoded(part.map(\.term))),
                        "p": .string(part.map { String(decoding: $0.postings, as: UTF8.self) }.joined(separator: " ")),
                    ])))
        }
        let groups = Dictionary(grouping: documents.values) { $0.id / Self.documentsPerFile }
        for (number, group) in groups.sorted(by: { $0.key < $1.key }) {
            let items = group.sorted { $0.id < $1.id }.map { (String($0.id), Self.json($0)) }
            try give(
                File(
                    path: "search/d-\(number).js",
                    bytes: Self.script(["d": .int(Int64(number)), "r": .object(Dictionary(uniqueKeysWithValues: items))])))
        }
        let common = entries.filter { $0.term.count >= 4 && $0.term.count <= 24 && $0.term.allSatisfy(\.isLetter) }
            .sorted { ($1.frequency, $0.term) < ($0.frequency, $1.term) }.prefix(Self.wordsKept)
        let words = common.sorted { $0.route.lexicographicallyPrecedes($1.route) }.map(\.term)
        try give(File(path: "search/words.js", bytes: Self.script(["words": .string(Self.frontCoded(words))])))
        try give(
            File(
                path: "search/index.js",
                bytes: Self.script(["n": .int(Int64(documents.count)), "shards": .string(keys.joined(separator: " "))])))
    }

    /// Ranges of one beginning each, as long as they are small enough for a file; a range that is not is cut by the next letter.
    private func cut(
        _ entries: ArraySlice<Entry>, depth: Int, _ give: (ArraySlice<UInt8>, ArraySlice<Entry>) throws -> Void
    ) rethrows {
        var start = entries.startIndex
        while start < entries.endIndex {
            let key = entries[start].route.prefix(depth)
            var end = start
            var bytes = 0
            while end < entries.endIndex, entries[end].route.prefix(depth) == key {
                bytes += entries[end].postings.count + entries[end].term.utf8.count + 2
                end += 1
            }
            if bytes <= Self.shardBytes || end - start == 1 {
                try give(key, entries[start..<end])
            } else {
                // Terms that end here cannot be cut further and stand in a file of their own.
                let whole = entries[start..<end].prefix { $0.route.count == depth }
                if !whole.isEmpty { try give(key + [46], whole) }
                try cut(entries[whole.endIndex..<end], depth: depth + 1, give)
            }
            start = end
        }
    }

    /// A call that JavaScript reads and no page can be hurt by: the text is JSON without `<`, `>`, `&` and line separators.
    private static func script(_ value: JSONValue) -> [UInt8] {
        Array("caseboardFound(".utf8) + ScriptData.bytes(value) + Array(");\n".utf8)
    }

    private static func json(_ document: SearchDocument) -> JSONValue {
        [
            "k": .int(Int64(document.kind.rawValue)), "t": .string(document.title), "a": .string(document.address),
            "m": .string(document.mark), "s": .string(document.remark),
            "p": .array(document.pieces.map { $0.anchor.isEmpty ? .string($0.text) : .array([.string($0.text), .string($0.anchor)]) }),
        ]
    }

    /// Each word by how many characters it shares with the one before (a digit in base 36) and the rest.
    static func frontCoded(_ words: [String]) -> String {
        var out = String.UnicodeScalarView()
        var last: [Unicode.Scalar] = []
        for word in words {
            let scalars = Array(word.unicodeScalars)
            var shared = 0
            while shared < 35, shared < last.count, shared < scalars.count, last[shared] == scalars[shared] { shared += 1 }
            if !out.isEmpty { out.append(" ") }
            out.append(contentsOf: String(shared, radix: 36).unicodeScalars)
            out.append(contentsOf: scalars[shared...])
            last = scalars
        }
        return String(out)
    }

    private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    /// How many documents, then for each kept one the distance to the one before and its strength.
    static func encoded(_ postings: [UInt64]) -> [UInt8] {
        var out: [UInt8] = []
        func put(_ value: UInt64) {
            var rest = value
            while rest >= 32 {
                out.append(digits[Int(rest & 31) + 32])
                rest >>= 5
            }
            out.append(digits[Int(rest)])
        }
        put(UInt64(postings.count))
        var kept = postings
        if kept.count > postingsKept {
            kept.sort { ($1 & 255, $1 >> 8) < ($0 & 255, $0 >> 8) }
            kept.removeLast(kept.count - postingsKept)
        }
        kept.sort()
        var last: UInt64 = 0
        for posting in kept {
            put((posting >> 8) - last)
            last = posting >> 8
            out.append(digits[Int(posting & 63)])
        }
        return out
    }
}

/// The way from a term to its file: letters and digits of ASCII as they are, any other as `_`, its block of 256, `-`, its place.
enum SearchRoute {
    static func route(_ term: String) -> [UInt8] {
        if term.utf8.allSatisfy({ $0 < 128 }) { return Array(term.utf8) }
        var out: [UInt8] = []
        for scalar in term.unicodeScalars {
            if scalar.isASCII {
                out.append(UInt8(truncatingIfNeeded: scalar.value))
            } else {
                out.append(contentsOf: "_\(String(scalar.value >> 8, radix: 16))-\(String(scalar.value & 255, radix: 16))".utf8)
            }
        }
        return out
    }
}
