import Model

/// Gives each message of a log its leaf, and at the end each leaf its template with a text that keeps what all its values have in
/// common: the work of `caseboard logs templates`. The same leaves, and the same ids, as `LogSummarizer`'s.
///
/// Memory is bounded by the number of distinct masked messages, of which at most `LogTemplates.maximumLeaves` are told apart:
/// a message beyond counts for the leaf of its first three words.
package struct LogTemplateMiner {
    private let redact: @Sendable (String) -> RedactedText
    private let masker = LineMasker()
    private var leafOfKey = KeyTable()
    private var leafOfID: [Int64: Int32] = [:]
    private var leaves: [LogLeaf] = []
    private var samples: [LeafSamples] = []

    /// `redact` takes secrets out of a text before it is kept.
    package init(redact: @escaping @Sendable (String) -> RedactedText) { self.redact = redact }

    private static let maximumKeys = 1 << 20

    /// The leaf of the message `bytes[start..<end]`: a number from 0, in the order of first sight.
    package mutating func leaf(of bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) -> Int32 {
        guard let base = bytes.baseAddress, start >= 0, start <= end, end <= bytes.count else { return leaf(ofPattern: "") }
        let key = masker.key(base, start, end, limit: bytes.count)
        let leaf: Int32
        if let known = leafOfKey.find(key) {
            leaf = Int32(truncatingIfNeeded: known)
        } else {
            leaf = self.leaf(
                ofPattern: redact(String(decoding: masker.pattern(of: base), as: UTF8.self)).text.clipped(
                    toBytes: LineMasker.maximumBytes * 2))
            if leafOfKey.count >= Self.maximumKeys { leafOfKey = KeyTable() }
            leafOfKey.insert(key, leaf)
        }
        samples[Int(leaf)].take(masker, base)
        return leaf
    }

    private mutating func leaf(ofPattern whole: String) -> Int32 {
        var pattern = whole
        var id = LogSummarizer.leafID(of: pattern)
        if leafOfID[id] == nil, leaves.count >= LogTemplates.maximumLeaves {
            pattern = leaves.count < LogTemplates.maximumLeaves * 21 / 20 ? LogSummarizer.head(of: pattern) : "<*>"
            id = LogSummarizer.leafID(of: pattern)
        }
        if let known = leafOfID[id] { return known }
        let leaf = Int32(leaves.count)
        leaves.append(LogLeaf(id: id, pattern: pattern))
        samples.append(LeafSamples())
        leafOfID[id] = leaf
        return leaf
    }

    /// A template: its id, its text, how many messages it stands for, and its leaves' numbers.
    package struct Template: Hashable, Sendable {
        package var id: Int64
        package var text: String
        package var count: Int64
        package var leaves: [Int32]
    }

    /// All templates, by id.
    package func templates() -> [Template] {
        let united = LogTemplates(leaves: leaves)
        var members: [Int64: [Int32]] = [:]
        for (index, leaf) in leaves.enumerated() { members[united.template(of: leaf.id), default: []].append(Int32(index)) }
        var vocabulary = TemplateVocabulary()
        return members.keys.sorted().map { id in
            let own = members[id] ?? []
            let byWeight = own.sorted { (samples[Int($1)].count, leaves[Int($0)].id) < (samples[Int($0)].count, leaves[Int($1)].id) }
                .prefix(Self.leavesRendered)
            let pattern = Self.filled(united.pattern(of: id), byWeight.map { leaves[Int($0)].pattern })
            var text = TemplateText(pattern: pattern, vocabulary: &vocabulary)
            for leaf in byWeight {
                text.take(leaves[Int(leaf)].pattern, samples[Int(leaf)], vocabulary: &vocabulary)
            }
            let shown = redact(text.rendered(vocabulary)).text
            return Template(id: id, text: shown, count: own.reduce(0) { $0 + samples[Int($1)].count }, leaves: own)
        }
    }
    private static let leavesRendered = 256

    /// Brackets that are empty in the pattern and hold a value in a leaf of it hold that value in the text.
    private static func filled(_ pattern: String, _ leaves: [String]) -> String {
        guard pattern.contains("()") || pattern.contains("[]") else { return pattern }
        func emptied(_ text: String) -> String { text.replacing("(<*>)", with: "()").replacing("[<*>]", with: "[]") }
        let own = emptied(pattern)
        return leaves.filter { emptied($0) == own }.max { ($0.utf8.count, $1) < ($1.utf8.count, $0) } ?? pattern
    }
}

/// What the parameters of one leaf looked like in its first messages.
struct LeafSamples {
    private(set) var count: Int64 = 0
    /// For each parameter of the leaf, in order.
    private(set) var holes: [Hole] = []

    struct Hole {
        /// The shapes met, most often first met first, each with how often.
        var shapes: [(shape: [UInt8], count: Int)] = []
        /// Of a word with a number in it: the word as written, while it was always the same.
        var word: [UInt8]?
    }

    private static let looks = 64
    private static let maximumShapes = 4
    private static let maximumNameDigits = 3

    /// `eth0` is a name as long as nothing else is seen; a long number behind a word is a value, seen once or often.
    private static func isName(_ word: UnsafeBufferPointer<UInt8>) -> Bool {
        word.count <= 80 && word.reduce(0) { $0 + ($1 >= 48 && $1 <= 57 ? 1 : 0) } <= maximumNameDigits
    }

    /// Notes what the masker has just scanned.
    mutating func take(_ masker: LineMasker, _ bytes: UnsafePointer<UInt8>) {
        count &+= 1
        let isFirst = count == 1
        guard isFirst || count <= Self.looks || holes.contains(where: { $0.word != nil }) else { return }
        var place = 0
        for index in 0..<masker.count where masker.tokens[index].kind != .constant {
            let token = masker.tokens[index]
            let text = UnsafeBufferPointer(start: bytes + Int(token.start), count: Int(token.end - token.start))
            if isFirst { holes.append(Hole()) }
            guard place < holes.count else { return }
            if token.kind == .stem {
                if isFirst {
                    holes[place].word = Self.isName(text) ? Array(text) : nil
                } else if let word = holes[place].word, !word.elementsEqual(text) {
                    holes[place].word = nil
                }
            } else if count <= Self.looks {
                note(ValueShape.of(text), place)
            }
            place += 1
        }
    }

    private mutating func note(_ shape: [UInt8], _ place: Int) {
        if let known = holes[place].shapes.firstIndex(where: { $0.shape == shape }) {
            holes[place].shapes[known].count += 1
        } else if holes[place].shapes.count < Self.maximumShapes {
            holes[place].shapes.append((shape, 1))
        }
    }
}

/// The text of one template, made from its pattern and what its leaves' values looked like.
struct TemplateText {
    private let tokens: [TemplateToken]
    private var shapes: [[(shape: [UInt8], count: Int64)]]
    private var words: [Set<[UInt8]>]
    private var isVaried: [Bool]
    private var isOpened: [Bool]

    init(pattern: String, vocabulary: inout TemplateVocabulary) {
        tokens = vocabulary.tokens(of: pattern)
        shapes = Array(repeating: [], count: tokens.count)
        words = Array(repeating: [], count: tokens.count)
        isVaried = Array(repeating: false, count: tokens.count)
        isOpened = Array(repeating: false, count: tokens.count)
    }

    /// Takes a leaf in whose tokens the template's stand one for one; another has nothing to say about the text.
    mutating func take(_ pattern: String, _ samples: LeafSamples, vocabulary: inout TemplateVocabulary) {
        let own = vocabulary.tokens(of: pattern)
        guard own.count == tokens.count else { return }
        for (token, mine) in zip(own, tokens) where token != mine { guard mine.isVariable, token.isSlot else { return } }
        var place = 0
        let holeCount = own.reduce(0) { $0 + ($1.kind == .variable || $1.kind == .stem ? 1 : 0) }
        let isWhole = holeCount == samples.holes.count
        for (index, token) in own.enumerated() {
            let isHole = token.kind == .variable || token.kind == .stem
            defer { if isHole { place += 1 } }
            if tokens[index].isVariable, !token.isVariable {
                isOpened[index] = true
            } else if isHole, !isWhole {
                isVaried[index] = true
                isOpened[index] = true
            } else if token.kind == .stem {
                if let word = samples.holes[place].word { words[index].insert(word) } else { isVaried[index] = true }
            } else if token.isVariable {
                let total = max(1, samples.holes[place].shapes.reduce(0) { $0 + $1.count })
                for (shape, count) in samples.holes[place].shapes { add(shape, samples.count * Int64(count) / Int64(total), index) }
            }
        }
    }

    private mutating func add(_ shape: [UInt8], _ count: Int64, _ index: Int) {
        if let known = shapes[index].firstIndex(where: { $0.shape == shape }) {
            shapes[index][known].count += count
        } else {
            shapes[index].append((shape, count))
        }
    }

    func rendered(_ vocabulary: TemplateVocabulary) -> String {
        var out: [UInt8] = []
        for (index, token) in tokens.enumerated() {
            if token.isSpaced, index > 0 { out.append(32) }
            if token.kind == .stem, !isVaried[index], words[index].count == 1, let word = words[index].first {
                out += word
            } else if token.isVariable, !isOpened[index], let shape = commonest(index) {
                out += shape
            } else {
                out += Array(vocabulary.text(token).utf8)
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// The shape of nearly all values; else that of most values that are numbers alone.
    private func commonest(_ index: Int) -> [UInt8]? {
        let total = shapes[index].reduce(0) { $0 + $1.count }
        let first = most(shapes[index])
        if let first, first.count * 10 >= total * 9 { return first.shape }
        return most(shapes[index].filter { !ValueShape.hasWords($0.shape) })?.shape
    }
    private func most(_ shapes: [(shape: [UInt8], count: Int64)]) -> (shape: [UInt8], count: Int64)? {
        shapes.max {
            ($0.count, $1.shape.count, String(decoding: $1.shape, as: UTF8.self)) < (
                $1.count, $0.shape.count, String(decoding: $0.shape, as: UTF8.self)
            )
        }
    }
}
