import Model

/// A sentence cut into plain, strong and linked pieces, so that a reader's eye lands on names and times.
struct Emphasis {
    struct Piece: Hashable {
        var text: String
        var isStrong = false
        /// `#e-…`; nil when it is no link.
        var target: String?
    }
    /// What is to stand out. Each is linked at its first place only.
    struct Name: Hashable {
        var text: String
        var target: String?
    }

    /// Names of at least two characters are found as whole words, longest first; `14:02` and `14:02:10` are strong.
    static func pieces(_ sentence: String, names: [Name]) -> [Piece] {
        let characters = Array(sentence.clipped(to: 2_000))
        let wanted = Set(names).filter { $0.text.count > 1 }
            .sorted { ($1.text.count, $0.text, $0.target ?? "~") < ($0.text.count, $1.text, $1.target ?? "~") }
            .map { (characters: Array($0.text), target: $0.target) }
        var linked: Set<String> = []
        var pieces: [Piece] = []
        var plain = ""
        var at = 0
        func flush() {
            if !plain.isEmpty { pieces.append(Piece(text: plain)) }
            plain = ""
        }
        while at < characters.count {
            let startsWord = at == 0 || !isWordCharacter(characters[at - 1])
            if startsWord, let match = wanted.first(where: { matches($0.characters, characters, at) }) {
                flush()
                let isNew = match.target.map { linked.insert($0).inserted } ?? false
                let text = String(characters[at..<at + match.characters.count])
                pieces.append(Piece(text: text, isStrong: true, target: isNew ? match.target : nil))
                at += match.characters.count
            } else if startsWord, let length = clockLength(characters, at) {
                flush()
                pieces.append(Piece(text: String(characters[at..<at + length]), isStrong: true))
                at += length
            } else {
                plain.append(characters[at])
                at += 1
            }
        }
        flush()
        return pieces
    }

    /// Numbers with their units are strong: `**31 %** of checkouts failed for **37 min**`.
    static func numbers(_ sentence: String) -> [Piece] {
        let characters = Array(sentence.clipped(to: 500))
        var pieces: [Piece] = []
        var plain = ""
        var at = 0
        while at < characters.count {
            guard at == 0 || !isWordCharacter(characters[at - 1]) && characters[at - 1] != ".", let end = numberEnd(characters, at) else {
                plain.append(characters[at])
                at += 1
                continue
            }
            if !plain.isEmpty { pieces.append(Piece(text: plain)) }
            plain = ""
            pieces.append(Piece(text: String(characters[at..<end]), isStrong: true))
            at = end
        }
        if !plain.isEmpty { pieces.append(Piece(text: plain)) }
        return pieces
    }
    /// Behind `≈ 1 040`, `31 %`, `6 h 30 min`; nil where no number begins.
    private static func numberEnd(_ text: [Character], _ start: Int) -> Int? {
        let units: Set<String> = ["%", "ms", "s", "m", "min", "h", "d", "kB", "MB", "GB"]
        var at = start
        if at < text.count, "≈~".contains(text[at]) { at += at + 1 < text.count && text[at + 1].isWhitespace ? 2 : 1 }
        func isDigit(_ index: Int) -> Bool { index < text.count && text[index].isASCII && text[index].isNumber }
        guard isDigit(at) else { return nil }
        while true {
            while isDigit(at) || at < text.count && ".,:".contains(text[at]) && isDigit(at + 1) { at += 1 }
            if at < text.count, text[at].isWhitespace, isDigit(at + 1), isDigit(at + 2), isDigit(at + 3) {
                at += 1
                continue
            }
            let unitStart = at < text.count && text[at].isWhitespace ? at + 1 : at
            var unitEnd = unitStart
            while unitEnd < text.count, isWordCharacter(text[unitEnd]) || text[unitEnd] == "%" { unitEnd += 1 }
            if unitEnd == unitStart || units.contains(String(text[unitStart..<unitEnd])) {
                if unitEnd > unitStart { at = unitEnd }
                if unitEnd > unitStart, at < text.count, text[at].isWhitespace, isDigit(at + 1) {
                    at += 1
                    continue
                }
                return at
            }
            return unitStart == at ? nil : at
        }
    }

    static func view(_ pieces: [Piece]) -> TemplateValue {
        .list(
            pieces.map {
                [
                    "plain": $0.isStrong ? .absent : .text($0.text), "strong": $0.isStrong && $0.target == nil ? .text($0.text) : .absent,
                    "link": $0.isStrong && $0.target != nil ? .text($0.text) : .absent, "target": .optional($0.target),
                ]
            })
    }

    private static func isWordCharacter(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || character == "-" || character == "_"
    }
    private static func matches(_ name: [Character], _ text: [Character], _ at: Int) -> Bool {
        let end = at + name.count
        guard end <= text.count else { return false }
        for index in name.indices where name[index] != text[at + index] && name[index].lowercased() != text[at + index].lowercased() {
            return false
        }
        return end == text.count || !isWordCharacter(text[end])
    }
    private static func clockLength(_ text: [Character], _ at: Int) -> Int? {
        func digits(_ from: Int) -> Bool {
            from + 1 < text.count && text[from].isASCII && text[from].isNumber && text[from + 1].isASCII && text[from + 1].isNumber
        }
        guard digits(at), at + 4 < text.count, text[at + 2] == ":", digits(at + 3) else { return nil }
        let length = at + 7 < text.count && text[at + 5] == ":" && digits(at + 6) ? 8 : 5
        return at + length == text.count || !text[at + length].isNumber ? length : nil
    }
}
