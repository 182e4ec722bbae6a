/// The merging itself, in rounds over a snapshot: every round looks at all nodes, decides all merges, then applies them, so
/// that no order of leaves shows. A node is a pattern that stands for the leaves it was made of.
///
/// Constants (the study `log-templates`, sections 6 and 8): four distinct values make a parameter, eight when only one other
/// word holds the message together, sixteen for a first word.
struct TemplateMerging {
    struct Node {
        var tokens: [TemplateToken]
        /// Positions opened by evidence, ascending: only these may take any word.
        var open: [Int]
        /// Any leaf of it: the way into the union.
        var leaf: Int
        var leafCount: Int
        var isTail = false
    }
    struct Union {
        var members: [Int]
        var pattern: String
    }

    static let enoughValues = 4
    static let enoughValuesAlone = 8
    static let enoughFirstWords = 16
    static let maximumRounds = 10

    var vocabulary = TemplateVocabulary()
    private(set) var nodes: [Node] = []
    private var parents: [Int] = []

    init(patterns: [String]) {
        for (index, pattern) in patterns.enumerated() {
            nodes.append(Node(tokens: vocabulary.tokens(of: pattern), open: [], leaf: index, leafCount: 1))
            parents.append(index)
        }
    }

    mutating func run() {
        unifyEqual()
        for _ in 0..<Self.maximumRounds {
            var merges = OneHoleMerging(nodes: nodes, vocabulary: vocabulary).merges()
            if merges.isEmpty { merges = ManyHoleMerging(nodes: nodes, vocabulary: vocabulary).merges() }
            if merges.isEmpty { break }
            apply(merges)
            absorb()
        }
        apply(tails())
        uniteByWords()
    }

    /// The unions of leaves, each with its members ascending and the text of its heaviest pattern; ascending by first member.
    func unions() -> [Union] {
        var members: [Int: [Int]] = [:]
        for leaf in parents.indices { members[root(leaf), default: []].append(leaf) }
        var best: [Int: (count: Int, text: String)] = [:]
        for node in nodes {
            let union = root(node.leaf)
            let candidate = (count: node.leafCount, text: text(of: node))
            if let held = best[union], (held.count, candidate.text) >= (candidate.count, held.text) { continue }
            best[union] = candidate
        }
        return members.map { Union(members: $0.value, pattern: best[$0.key]?.text ?? "") }.sorted { $0.members[0] < $1.members[0] }
    }

    private func text(of node: Node) -> String {
        var out = ""
        var lastWasVariable = false
        for (index, token) in node.tokens.enumerated() {
            if lastWasVariable, token.isVariable, !token.isSpaced { continue }
            if token.isSpaced, index > 0 { out += " " }
            out += vocabulary.text(token)
            lastWasVariable = token.isVariable
        }
        return out
    }

    // MARK: - Unions

    private func root(_ leaf: Int) -> Int {
        var at = leaf
        while parents[at] != at { at = parents[at] }
        return at
    }

    private mutating func unite(_ left: Int, _ right: Int) {
        let low = min(root(left), root(right))
        let high = max(root(left), root(right))
        parents[high] = low
        var at = max(left, right)
        while parents[at] != at {
            let next = parents[at]
            parents[at] = low
            at = next
        }
    }

    // MARK: - Rounds

    /// Nodes that become one: their indices, and the pattern that replaces them.
    struct Merge {
        var members: [Int]
        var tokens: [TemplateToken]
        var open: [Int]
        var isTail = false
    }

    private mutating func apply(_ merges: [Merge]) {
        guard !merges.isEmpty else { return }
        var isGone = Array(repeating: false, count: nodes.count)
        var made: [Node] = []
        for merge in merges {
            guard let first = merge.members.first else { continue }
            var count = 0
            for member in merge.members {
                unite(nodes[first].leaf, nodes[member].leaf)
                count += nodes[member].leafCount
                isGone[member] = true
            }
            made.append(Node(tokens: merge.tokens, open: merge.open, leaf: nodes[first].leaf, leafCount: count, isTail: merge.isTail))
        }
        nodes = nodes.indices.filter { !isGone[$0] }.map { nodes[$0] } + made
        unifyEqual()
    }

    /// Nodes of equal tokens become one; the nodes are in a canonical order afterwards.
    private mutating func unifyEqual() {
        var byTokens: [[TemplateToken]: Int] = [:]
        var kept: [Node] = []
        for node in nodes {
            if let place = byTokens[node.tokens] {
                unite(kept[place].leaf, node.leaf)
                kept[place].leafCount += node.leafCount
                kept[place].leaf = min(kept[place].leaf, node.leaf)
                kept[place].open = Set(kept[place].open).union(node.open).sorted()
                kept[place].isTail = kept[place].isTail || node.isTail
            } else {
                byTokens[node.tokens] = kept.count
                kept.append(node)
            }
        }
        nodes = kept
    }

    /// Nodes that no evidence opened, and that an opened pattern covers, join it: of several the one with the fewest open
    /// places.
    private mutating func absorb() {
        struct Shape: Hashable {
            var skeleton: UInt64
            var open: [Int]
        }
        var patterns: [UInt64: [Shape: [UInt64: Int]]] = [:]
        for (index, node) in nodes.enumerated() where !node.open.isEmpty {
            let skeleton = Self.skeleton(node.tokens)
            let rest = Self.rest(node.tokens, without: node.open)
            let shape = Shape(skeleton: skeleton, open: node.open)
            if patterns[skeleton, default: [:]].count < 64 || patterns[skeleton]?[shape] != nil {
                patterns[skeleton, default: [:]][shape, default: [:]][rest] = index
            }
        }
        guard !patterns.isEmpty else { return }
        var isGone = Array(repeating: false, count: nodes.count)
        let ordered = patterns.mapValues { shapes in
            shapes.keys.sorted { ($0.open.count, $0.open.description) < ($1.open.count, $1.open.description) }
        }
        for (index, node) in nodes.enumerated() where node.open.isEmpty {
            let skeleton = Self.skeleton(node.tokens)
            for shape in ordered[skeleton] ?? [] {
                guard let pattern = patterns[skeleton]?[shape]?[Self.rest(node.tokens, without: shape.open)] else { continue }
                unite(nodes[pattern].leaf, node.leaf)
                nodes[pattern].leafCount += node.leafCount
                isGone[index] = true
                break
            }
        }
        nodes = nodes.indices.filter { !isGone[$0] }.map { nodes[$0] }
    }

    /// Punctuation, blanks and length; equal for patterns that can differ in values only.
    static func skeleton(_ tokens: [TemplateToken]) -> UInt64 {
        var hash = UInt64(tokens.count)
        for token in tokens { hash = mixed(hash ^ (token.isSlot ? 0x51 : token.text) ^ (token.isSpaced ? 1 : 0), 0xA076_1D64_78BD_642F) }
        return hash
    }

    /// The sum of what each token adds at its position, so that one can be taken out at once.
    static func sum(_ tokens: [TemplateToken]) -> UInt64 {
        var sum = UInt64(tokens.count)
        for (position, token) in tokens.enumerated() { sum &+= share(token, position) }
        return sum
    }
    static func share(_ token: TemplateToken, _ position: Int) -> UInt64 {
        mixed(token.text ^ (token.isSpaced ? 0x55 : 0), 0xE703_7ED1_A0B4_28DB ^ UInt64(position) &* 0x9E37_79B9_7F4A_7C15)
    }
    static func rest(_ tokens: [TemplateToken], without open: [Int]) -> UInt64 {
        var rest = sum(tokens)
        for position in open {
            rest &-= share(tokens[position], position)
            rest &+= tokens[position].isSpaced ? 3 : 2
        }
        return rest
    }

    // MARK: - Tails and words

    /// Free text behind a common head: `label:value` without a blank from eight leaves on; three common first words from
    /// thirty-two leaves of four lengths on. Also what keeps free text from being a template a line.
    private func tails() -> [Merge] {
        var tight: [UInt64: [Int]] = [:]
        var loose: [UInt64: [Int]] = [:]
        for (index, node) in nodes.enumerated() where node.open.isEmpty && node.leafCount == 1 {
            if let colon = tightHead(node.tokens) {
                tight[Self.sum(Array(node.tokens[...colon])), default: []].append(index)
            }
            if let end = looseHead(node.tokens) { loose[Self.sum(Array(node.tokens[..<end])), default: []].append(index) }
        }
        var merges: [Merge] = []
        for group in tight.values where group.count >= 8 {
            let tokens = nodes[group[0]].tokens
            guard let colon = tightHead(tokens) else { continue }
            merges.append(Merge(members: group, tokens: Array(tokens[...colon]) + [.variable(isSpaced: false)], open: [], isTail: true))
        }
        for group in loose.values where group.count >= 32 && Set(group.map { nodes[$0].tokens.count }).count >= 4 {
            let tokens = nodes[group[0]].tokens
            guard let end = looseHead(tokens) else { continue }
            merges.append(Merge(members: group, tokens: Array(tokens[..<end]) + [.variable(isSpaced: true)], open: [], isTail: true))
        }
        return merges.sorted { ($0.members[0], $0.tokens.count) < ($1.members[0], $1.tokens.count) }
    }

    private func tightHead(_ tokens: [TemplateToken]) -> Int? {
        guard let colon = tokens.firstIndex(where: { $0.kind == .sign && vocabulary.text($0) == ":" }), colon > 0, colon + 1 < tokens.count,
            !tokens[colon + 1].isSpaced, tokens[..<colon].allSatisfy({ $0.kind == .word })
        else { return nil }
        return colon
    }

    private func looseHead(_ tokens: [TemplateToken]) -> Int? {
        var slots = 0
        for (index, token) in tokens.enumerated() where token.isSlot {
            slots += 1
            if slots == 3 { return index + 2 < tokens.count && tokens[...index].contains { $0.kind == .word } ? index + 1 : nil }
        }
        return nil
    }

    /// The same constant words in the same order around values of different shapes are one template, given three words.
    private mutating func uniteByWords() {
        var byWords: [UInt64: Int] = [:]
        for node in nodes where !node.isTail {
            var key: UInt64 = 17
            var words = 0
            var hasVariable = false
            for (index, token) in node.tokens.enumerated() {
                if token.isVariable { hasVariable = true }
                guard token.kind == .word || token.kind == .stem else { continue }
                if index > 0, node.tokens[index - 1].isVariable, TemplateWords.units.contains(vocabulary.text(token).lowercased()) {
                    continue
                }
                key = mixed(key ^ token.text, 0x5895_66D2_5A6F_3F4B)
                words += 1
            }
            guard hasVariable, words >= 3 else { continue }
            if let held = byWords[key] { unite(held, node.leaf) } else { byWords[key] = node.leaf }
        }
    }
}
