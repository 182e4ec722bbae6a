/// What a parameter's value looks like once its varying parts are `<*>`: `12.5` is `<*>.<*>`, `35ms` is `<*>ms`, `/var/log` is
/// `/<*>`. Only for reading: what a value is belongs to, `LineMasker` decides.
enum ValueShape {
    /// The shape of a value, or of a list of values with the blanks and commas between them.
    static func of(_ value: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        var out: [UInt8] = []
        if isCalendar(value) { return Array("<*>:<*>:<*>".utf8) }
        var start = 0
        for at in 0...value.count {
            let isSeparator = at < value.count && (value[at] == 32 || value[at] == 9 || value[at] == UInt8(ascii: ","))
            guard isSeparator || at == value.count else { continue }
            if at > start { out += word(UnsafeBufferPointer(rebasing: value[start..<at])) }
            if isSeparator { out.append(value[at]) }
            start = at + 1
            if out.count > maximumBytes { return LineMasker.hole }
        }
        return out
    }
    private static let maximumBytes = 240

    /// A clock among the names of months or days.
    private static func isCalendar(_ value: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let first = value.first, isLetter(first) else { return false }
        return value.contains(32) && value.reduce(0) { $0 + ($1 == UInt8(ascii: ":") ? 1 : 0) } == 2
    }

    private static func word(_ word: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        if let first = word.first, first == UInt8(ascii: "/"), word.count > 1 { return path(word) }
        var runs = 0
        var dots = 0
        var letters = 0
        var others = 0
        var lastDigit = -1
        for (at, byte) in word.enumerated() {
            switch byte {
            case 48...57:
                if at == 0 || !isDigit(word[at - 1]) { runs += 1 }
                lastDigit = at
            case UInt8(ascii: "."): dots += 1
            case UInt8(ascii: ":"), UInt8(ascii: "#"), UInt8(ascii: "%"): break
            case UInt8(ascii: "-"), UInt8(ascii: "+"): if at > 0 { others += 1 }
            default: if isLetter(byte) { letters += 1 } else { others += 1 }
            }
        }
        guard runs > 0 else { return LineMasker.hole }
        if let named = named(word) { return named }
        guard others == 0, dots <= 2 else { return LineMasker.hole }
        let suffix = word[(lastDigit + 1)...].filter(isLetter)
        if letters > 0 {
            guard suffix.count == letters, units.contains(where: { $0.elementsEqual(suffix) }) else { return LineMasker.hole }
        }
        var out: [UInt8] = []
        var inNumber = false
        for byte in word {
            let isNumber = isDigit(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+")
            if !isNumber { out.append(byte) } else if !inNumber { out += LineMasker.hole }
            inNumber = isNumber
        }
        return out
    }

    /// `core.<*>`, `attempt_<*>`, `broadcast_<*>_piece<*>`: a word, a sign, and numbers; words of four letters among them stay.
    private static func named(_ word: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        guard let digit = word.firstIndex(where: isDigit), digit >= 3, word[..<(digit - 1)].allSatisfy(isLetter) else { return nil }
        let sign = word[digit - 1]
        switch sign {
        case UInt8(ascii: "."), UInt8(ascii: "#"), UInt8(ascii: "@"):
            guard word[digit...].allSatisfy(isDigit) else { return nil }
            return Array(word[..<digit]) + LineMasker.hole
        case UInt8(ascii: "_"), UInt8(ascii: "-"):
            guard word[digit...].allSatisfy({ isDigit($0) || isLetter($0) || $0 == sign }) else { return nil }
        default: return nil
        }
        var out = Array(word[..<digit]) + LineMasker.hole
        for part in word[digit...].split(separator: sign).dropFirst() {
            let letters = part.prefix(while: isLetter)
            guard letters.count >= 4, part.dropFirst(letters.count).allSatisfy(isDigit) else { continue }
            out += [sign] + Array(letters)
            if letters.count < part.count { out += LineMasker.hole }
        }
        return out
    }

    /// True when a shape has more than holes, numbers' signs and units in it.
    static func hasWords(_ shape: [UInt8]) -> Bool {
        var letters = 0
        var longest = 0
        for byte in shape {
            letters = isLetter(byte) ? letters + 1 : 0
            longest = max(longest, letters)
        }
        return longest >= 3 || shape.contains(UInt8(ascii: "/"))
    }

    /// `/<*>` for an address or a single name; `/<*>/blk_<*>` where the last name is a word with a number in it; else the whole path is
    /// the value.
    private static func path(_ word: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        let slash = UInt8(ascii: "/")
        guard let last = word.lastIndex(of: slash), last > 0 else { return [slash] + LineMasker.hole }
        let name = word[(last + 1)...]
        guard let digit = name.firstIndex(where: isDigit), digit > name.startIndex else { return LineMasker.hole }
        let head = name[..<digit]
        let sign = head.last == UInt8(ascii: "-") && head.dropLast().last == UInt8(ascii: "_") ? head.dropLast() : head
        guard let join = sign.last, join == UInt8(ascii: "_") || join == UInt8(ascii: "-"), sign.dropLast().allSatisfy(isLetter),
            name[digit...].allSatisfy(isDigit)
        else { return LineMasker.hole }
        return [slash] + LineMasker.hole + [slash] + Array(sign) + LineMasker.hole
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 48 && byte <= 57 }
    private static func isLetter(_ byte: UInt8) -> Bool { byte | 32 >= 97 && byte | 32 <= 122 }

    private static let units: [[UInt8]] = [
        "ms", "ns", "us", "s", "sec", "secs", "m", "min", "mins", "h", "d", "B", "KB", "MB", "GB", "TB", "KiB", "MiB", "GiB", "kB", "K",
        "M", "G",
        "k", "px", "dp", "Hz", "kHz", "MHz", "GHz", "V", "mV", "C", "F",
    ].map { Array($0.utf8) }
}
