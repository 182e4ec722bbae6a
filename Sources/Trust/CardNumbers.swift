/// Finds payment card numbers: digits that begin as an issuer's do, are as many as that issuer's, and pass Luhn's check
/// (ISO/IEC 7812-1), either in one run or in groups as they are printed on the card.
enum CardNumbers {
    /// The ranges of card numbers, in order, not overlapping. Looks at every 13th byte of text without digits.
    static func ranges(in bytes: UnsafeBufferPointer<UInt8>) -> [Range<Int>] {
        var out: [Range<Int>] = []
        var at = 12
        while at < bytes.count {
            guard isPart(bytes[at]) else {
                at += 13
                continue
            }
            var start = at
            while start > 0, isPart(bytes[start - 1]), start - 1 >= (out.last?.upperBound ?? 0) { start -= 1 }
            var end = at + 1
            while end < bytes.count, isPart(bytes[end]) { end += 1 }
            out += cards(in: bytes, start..<end)
            at = end + 12
        }
        return out
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 48 && byte <= 57 }
    private static func isPart(_ byte: UInt8) -> Bool { isDigit(byte) || byte == 32 || byte == 45 }
    /// A number that goes on as a word, a decimal or a path is not a card.
    private static func isJoined(_ byte: UInt8) -> Bool {
        isDigit(byte) || (byte >= 65 && byte <= 90) || (byte >= 97 && byte <= 122) || byte == 95 || byte == 46 || byte >= 128
    }

    /// `run` holds digits, blanks and dashes only.
    private static func cards(in bytes: UnsafeBufferPointer<UInt8>, _ run: Range<Int>) -> [Range<Int>] {
        var out: [Range<Int>] = []
        var at = run.lowerBound
        while at < run.upperBound {
            guard isDigit(bytes[at]), at == 0 || !isJoined(bytes[at - 1]) else {
                at += 1
                continue
            }
            if let end = card(in: bytes, from: at, to: run.upperBound) {
                out.append(at..<end)
                at = end
            } else {
                while at < run.upperBound, isDigit(bytes[at]) { at += 1 }
            }
        }
        return out
    }

    private static func card(in bytes: UnsafeBufferPointer<UInt8>, from start: Int, to limit: Int) -> Int? {
        var digits: [UInt8] = []
        var groups: [Int] = [0]
        var separator: UInt8?
        var at = start
        while at < limit, digits.count < 20 {
            let byte = bytes[at]
            if isDigit(byte) {
                digits.append(byte - 48)
                groups[groups.count - 1] += 1
            } else {
                // One blank or dash between groups, the same one throughout.
                guard at + 1 < limit, isDigit(bytes[at + 1]), separator == nil || separator == byte else { break }
                if isWhole(groups, digits, at, bytes) { return at }
                separator = byte
                groups.append(0)
            }
            at += 1
        }
        return isWhole(groups, digits, at, bytes) ? at : nil
    }

    private static func isWhole(_ groups: [Int], _ digits: [UInt8], _ end: Int, _ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        if end < bytes.count && isJoined(bytes[end]) {
            // A full stop ends a sentence unless a digit or a letter follows.
            guard bytes[end] == 46, end + 1 >= bytes.count || !isJoined(bytes[end + 1]) else { return false }
        }
        let isGrouped = groups == [4, 4, 4, 4] || groups == [4, 6, 5] || groups == [4, 6, 4] || groups == [4, 4, 4, 4, 3]
        return (groups.count == 1 || isGrouped) && hasIssuer(digits) && passesLuhn(digits)
    }

    /// Visa, Mastercard, American Express, Discover, JCB, Diners Club, UnionPay: first digits and lengths.
    private static func hasIssuer(_ digits: [UInt8]) -> Bool {
        guard digits.count >= 13 else { return false }
        let four = digits.prefix(4).reduce(0) { $0 * 10 + Int($1) }
        switch four {
        case 4000...4999: return [13, 16, 19].contains(digits.count)
        case 5100...5599, 2221...2720: return digits.count == 16
        case 3400...3499, 3700...3799: return digits.count == 15
        case 6011, 6440...6599: return digits.count == 16 || digits.count == 19
        case 3528...3589: return digits.count == 16
        case 3000...3059, 3600...3699, 3800...3999: return digits.count == 14
        case 6200...6299: return (16...19).contains(digits.count)
        default: return false
        }
    }

    private static func passesLuhn(_ digits: [UInt8]) -> Bool {
        var sum = 0
        for (place, digit) in digits.reversed().enumerated() {
            let doubled = Int(digit) * (place % 2 == 1 ? 2 : 1)
            sum += doubled > 9 ? doubled - 9 : doubled
        }
        // A number of one digit throughout is a placeholder.
        return sum % 10 == 0 && Set(digits).count > 1
    }
}
