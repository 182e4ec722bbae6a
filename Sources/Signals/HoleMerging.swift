/// Patterns that are equal but for one place: is that place a parameter?
struct OneHoleMerging {
    let nodes: [TemplateMerging.Node]
    let vocabulary: TemplateVocabulary

    private struct Entry {
        var group: UInt64
        var value: UInt64
        var node: Int32
        var position: Int32
    }

    func merges() -> [TemplateMerging.Merge] {
        var entries: [Entry] = []
        for (index, node) in nodes.enumerated() where !node.isTail {
            let sum = TemplateMerging.sum(node.tokens)
            for (position, token) in node.tokens.enumerated() where token.isSlot {
                let group =
                    sum &- TemplateMerging.share(token, position)
                    &+ mixed(UInt64(position) &+ 1, token.isSpaced ? 0x9E37_79B9_7F4A_7C15 : 0xD6E8_FEB8_6659_FD93)
                entries.append(Entry(group: group, value: token.text, node: Int32(index), position: Int32(position)))
            }
        }
        entries.sort { ($0.group, $0.value, $0.node) < ($1.group, $1.value, $1.node) }
        var merges: [TemplateMerging.Merge] = []
        var start = 0
        while start < entries.count {
            var end = start + 1
            while end < entries.count, entries[end].group == entries[start].group { end += 1 }
            if end - start >= 2, let merge = merge(entries[start..<end]) { merges.append(merge) }
            start = end
        }
        return merges
    }

    private func merge(_ entries: ArraySlice<Entry>) -> TemplateMerging.Merge? {
        guard let first = entries.first else { return nil }
        let position = Int(first.position)
        var values: [TemplateToken] = []
        for entry in entries {
            let token = nodes[Int(entry.node)].tokens[position]
            if values.last?.text != token.text { values.append(token) }
        }
        guard values.count >= 2, isParameter(values, at: position, in: nodes[Int(first.node)].tokens) else { return nil }
        var tokens = nodes[Int(first.node)].tokens
        tokens[position] = .variable(isSpaced: tokens[position].isSpaced)
        var open = Set([position])
        for entry in entries { open.formUnion(nodes[Int(entry.node)].open) }
        return TemplateMerging.Merge(members: entries.map { Int($0.node) }, tokens: tokens, open: open.sorted())
    }

    /// `values` are the distinct tokens seen at `position` of `tokens`; everything else there is equal.
    private func isParameter(_ values: [TemplateToken], at position: Int, in tokens: [TemplateToken]) -> Bool {
        let context = tokens.indices.reduce(0) { $0 + ($1 != position && tokens[$1].kind == .word ? 1 : 0) }
        guard context > 0 else { return false }
        let hasVariable = values.contains { $0.isVariable }
        let texts = values.filter { !$0.isVariable }.map { vocabulary.text($0) }
        if position > 0, tokens[position - 1].isVariable, texts.allSatisfy({ TemplateWords.units.contains($0.lowercased()) }) {
            return !texts.isEmpty
        }
        if texts.count < 8, texts.contains(where: { TemplateWords.truths.contains($0.lowercased()) }) { return false }
        if position == 0 { return isFirstParameter(texts, hasVariable: hasVariable, context: context, in: tokens) }
        if hasVariable { return true }
        if texts.count >= 3, Self.shareAnAffix(texts) { return true }
        if texts.allSatisfy({ Self.dots(in: $0) >= 2 }), texts.count >= 3 || texts.allSatisfy({ $0 == $0.lowercased() }) { return true }
        let previous = tokens[position - 1]
        if previous.kind == .sign, vocabulary.text(previous) == "=", texts.allSatisfy({ Self.dots(in: $0) >= 1 }) { return true }
        if texts.count >= 3, isOwner(before: position, in: tokens), !texts.contains(where: Self.isParticiple) { return true }
        return texts.count >= (context == 1 ? TemplateMerging.enoughValuesAlone : TemplateMerging.enoughValues)
    }

    /// The first word of a message usually says what it is.
    private func isFirstParameter(_ texts: [String], hasVariable: Bool, context: Int, in tokens: [TemplateToken]) -> Bool {
        if hasVariable, context >= 3 { return true }
        if tokens.count > 1, tokens[1].kind == .sign, [":", "[", "("].contains(vocabulary.text(tokens[1])),
            texts.count >= (context == 1 ? TemplateMerging.enoughValuesAlone : TemplateMerging.enoughValues)
        {
            return true
        }
        if texts.count >= TemplateMerging.enoughValues, Self.shareAnAffix(texts) { return true }
        return texts.count >= TemplateMerging.enoughFirstWords && context >= 2
    }

    private func isOwner(before position: Int, in tokens: [TemplateToken]) -> Bool {
        var at = position - 1
        if at >= 0, tokens[at].kind == .sign, ["=", ":"].contains(vocabulary.text(tokens[at])) { at -= 1 }
        return at >= 0 && TemplateWords.owners.contains(vocabulary.text(tokens[at]).lowercased())
    }

    private static func isParticiple(_ text: String) -> Bool { text.hasSuffix("ed") || text.hasSuffix("ing") }

    private static func dots(in text: String) -> Int { text.utf8.reduce(0) { $0 + ($1 == UInt8(ascii: ".") ? 1 : 0) } }

    /// `node-a, node-b`; `x.service, y.service`: a common beginning or end of three bytes that stops at a sign.
    private static func shareAnAffix(_ texts: [String]) -> Bool {
        guard let first = texts.first.map({ Array($0.utf8) }) else { return false }
        func isSign(_ byte: UInt8) -> Bool { [45, 46, 95, 47].contains(byte) }
        if let cut = first.lastIndex(where: isSign), cut >= 2 {
            let prefix = first[...cut]
            if texts.allSatisfy({ $0.utf8.count > prefix.count && $0.utf8.starts(with: prefix) }) { return true }
        }
        if let cut = first.firstIndex(where: isSign), first.count - cut >= 3 {
            let suffix = Array(first[cut...].reversed())
            if texts.allSatisfy({ $0.utf8.count > suffix.count && $0.utf8.reversed().starts(with: suffix) }) { return true }
        }
        return false
    }
}

/// Parameters that vary together, where no two patterns differ in one place alone: words rare at their place are holes, and
/// patterns equal but for the holes are one, given values enough in each hole. Only leaves that nothing opened yet: patterns of
/// different statements share a shape and a few words too. The words that stay must weigh up the holes.
struct ManyHoleMerging {
    let nodes: [TemplateMerging.Node]
    let vocabulary: TemplateVocabulary

    func merges() -> [TemplateMerging.Merge] {
        var buckets: [UInt64: [Int]] = [:]
        for (index, node) in nodes.enumerated() where !node.isTail && node.open.isEmpty {
            buckets[TemplateMerging.skeleton(node.tokens), default: []].append(index)
        }
        return buckets.filter { $0.value.count > TemplateMerging.enoughValues }.sorted { $0.value[0] < $1.value[0] }.flatMap {
            merges(in: $0.value)
        }
    }

    private func merges(in bucket: [Int]) -> [TemplateMerging.Merge] {
        var frequency: [UInt64: Int] = [:]
        for index in bucket {
            for (position, token) in nodes[index].tokens.enumerated() where token.isSlot {
                frequency[TemplateMerging.share(token, position), default: 0] += 1
            }
        }
        var taken: Set<Int> = []
        var out: [TemplateMerging.Merge] = []
        var threshold = 2
        while threshold <= bucket.count, threshold <= 64 {
            var groups: [UInt64: [Int]] = [:]
            for index in bucket where !taken.contains(index) {
                let holes = holes(of: index, frequency, below: threshold)
                if holes.count >= 2 { groups[TemplateMerging.rest(nodes[index].tokens, without: holes), default: []].append(index) }
            }
            for group in groups.values.sorted(by: { $0[0] < $1[0] }) where group.count > TemplateMerging.enoughValues {
                let holes = holes(of: group[0], frequency, below: threshold)
                guard let merge = merge(group, holes) else { continue }
                taken.formUnion(group)
                out.append(merge)
            }
            threshold *= 2
        }
        return out
    }

    private func holes(of index: Int, _ frequency: [UInt64: Int], below threshold: Int) -> [Int] {
        let tokens = nodes[index].tokens
        return tokens.indices.filter {
            tokens[$0].kind == .word && frequency[TemplateMerging.share(tokens[$0], $0), default: 0] < threshold
        }
    }

    private func merge(_ group: [Int], _ holes: [Int]) -> TemplateMerging.Merge? {
        var tokens = nodes[group[0]].tokens
        let constants = tokens.indices.reduce(0) { $0 + (tokens[$1].kind == .word && !holes.contains($1) ? 1 : 0) }
        guard constants >= 2, holes.count <= 2 * constants - 2,
            group.count >= (constants > holes.count ? TemplateMerging.enoughValues + 1 : 16)
        else { return nil }
        for hole in holes {
            let values = Set(group.map { nodes[$0].tokens[hole].text })
            guard values.count >= (hole == 0 ? TemplateMerging.enoughFirstWords : TemplateMerging.enoughValues) else { return nil }
            let words = values.map { vocabulary.text($0).lowercased() }
            guard !words.contains(where: TemplateWords.truths.contains) else { return nil }
        }
        var open = Set(holes)
        for index in group { open.formUnion(nodes[index].open) }
        for hole in holes { tokens[hole] = .variable(isSpaced: tokens[hole].isSpaced) }
        return TemplateMerging.Merge(members: group, tokens: tokens, open: open.sorted())
    }
}
