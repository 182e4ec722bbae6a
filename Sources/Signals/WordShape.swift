/// What the bytes of one word with signs or digits amount to.
struct WordShape {
    private(set) var hasDigit = false
    /// `/var/log/x`, `./x`, `~x`, `\\host\share`, or a word with two slashes, or with a slash and a dot.
    private(set) var isPath = false
    /// An e-mail address, most likely.
    private(set) var hasAt = false
    /// For lower-case words that could be host names: dots + 1. Else 0.
    private(set) var labelCount = 0
    /// Letters, then digits at the end (`eth0`, `pool-1`); or letters, one or two digits, letters (`flush2DB`).
    private(set) var isStem = false
    private(set) var isPlainNumber = false

    init(_ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ classes: UnsafePointer<UInt8>) {
        var slashes = 0
        var dots = 0
        var ats = 0
        var otherSigns = 0
        var digits = 0
        var hexLetters = 0
        var otherLetters = 0
        var uppers = 0
        var digitRuns = 0
        var lastWasDigit = false
        var firstAlphanumeric: UInt8 = 0
        var lettersBeforeDigit = 0
        for at in start..<end {
            let byte = bytes[at]
            let kind = classes[Int(byte)]
            if kind & ByteClass.digit != 0 {
                digits &+= 1
                if !lastWasDigit { digitRuns &+= 1 }
                if digitRuns == 1, !lastWasDigit { lettersBeforeDigit = hexLetters &+ otherLetters }
                if firstAlphanumeric == 0 { firstAlphanumeric = ByteClass.digit }
                lastWasDigit = true
                continue
            }
            lastWasDigit = false
            if kind & ByteClass.anyLetter != 0 {
                if kind & ByteClass.hexLetter != 0 { hexLetters &+= 1 } else { otherLetters &+= 1 }
                if kind & ByteClass.upper != 0 { uppers &+= 1 }
                if firstAlphanumeric == 0 { firstAlphanumeric = ByteClass.letter }
                continue
            }
            switch byte {
            case UInt8(ascii: "/"), UInt8(ascii: "\\"): slashes &+= 1
            case UInt8(ascii: "."): dots &+= 1
            case UInt8(ascii: "@"): ats &+= 1
            case UInt8(ascii: "_"), UInt8(ascii: "-"): break
            default: otherSigns &+= 1
            }
        }
        let letters = hexLetters &+ otherLetters
        let first = bytes[start]
        hasDigit = digits > 0
        if end &- start > 1 {
            let isRooted =
                first == UInt8(ascii: "/") || first == UInt8(ascii: "\\") || first == UInt8(ascii: "~") || first == UInt8(ascii: ".")
            isPath = isRooted && letters &+ digits > 0 || slashes >= 2 && letters > 0 || slashes > 0 && dots > 0 && digits == 0
        }
        hasAt = ats > 0 && letters &+ digits > 0
        if ats == 0, digits == 0, slashes == 0, otherSigns == 0, uppers == 0 { labelCount = dots &+ 1 }
        guard hasDigit else { return }
        isPlainNumber = letters == 0 && dots == 0 && slashes == 0
        // A hex id (6 and more hex digits, dashes allowed) is a value even where it looks like `abc123`.
        let isHexID = otherLetters == 0 && otherSigns == 0 && dots == 0 && slashes == 0 && letters &+ digits >= 6
        guard !isHexID, firstAlphanumeric == ByteClass.letter, digitRuns == 1, slashes == 0, dots == 0, ats == 0, otherSigns == 0 else {
            return
        }
        isStem = lastWasDigit || (digits <= 2 && lettersBeforeDigit >= 3 && letters &- lettersBeforeDigit >= 2)
    }
}

/// Host names are told from package and file names by their last and first labels.
struct HostNames {
    private static let domainNames = [
        "com", "net", "org", "edu", "gov", "mil", "int", "info", "biz", "io", "dev", "app", "cloud", "ai", "co", "local", "internal",
        "localdomain", "lan", "corp", "home", "svc", "cluster", "arpa", "example", "test", "invalid",
    ]
    private static let packageRootNames = ["com", "org", "net", "io", "edu", "gov", "java", "javax", "android", "kotlin", "scala", "sun"]
    private static let fileEndingNames = [
        "py", "js", "ts", "go", "rs", "rb", "cc", "hh", "cs", "kt", "sh", "so", "md", "pl", "pm", "gz", "xz", "db", "ko", "vb", "ml", "hs",
    ]
    private let domains = Self.domainNames.map { hashed($0) }
    private let packageRoots = Self.packageRootNames.map { hashed($0) }
    private let fileEndings = Self.fileEndingNames.map { hashed($0) }

    /// `bytes[start..<end]` holds lower-case letters, dots, `-` and `_` only, with `labels` - 1 dots.
    func isHost(_ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int, labels: Int) -> Bool {
        guard labels >= 2, bytes[start] != UInt8(ascii: "."), bytes[end &- 1] != UInt8(ascii: ".") else { return false }
        var firstDot = start
        while firstDot < end, bytes[firstDot] != UInt8(ascii: ".") { firstDot &+= 1 }
        var lastDot = end &- 1
        while lastDot > start, bytes[lastDot] != UInt8(ascii: ".") { lastDot &-= 1 }
        let last = hashed(bytes + (lastDot &+ 1), end &- lastDot &- 1)
        let isDomain = domains.contains(last) || labels >= 3 && end &- lastDot &- 1 == 2 && !fileEndings.contains(last)
        return isDomain && !packageRoots.contains(hashed(bytes + start, firstDot &- start))
    }
}

/// Groups of hex digits joined by colons: MAC and IPv6 addresses, and plain `1:2:3`.
enum HexGroups {
    /// The end of the address that begins at `start`, or `start` when none does.
    static func address(_ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ classes: UnsafePointer<UInt8>) -> Int {
        var at = start
        var colons = 0
        var groups = 0
        var pairs = 0
        var hasDouble = false
        var allDigits = true
        while at < end {
            let groupStart = at
            while at < end, classes[Int(bytes[at])] & ByteClass.hex != 0, at &- groupStart < 5 {
                if classes[Int(bytes[at])] & ByteClass.digit == 0 { allDigits = false }
                at &+= 1
            }
            let length = at &- groupStart
            if length > 4 { return start }
            if length > 0 { groups &+= 1 }
            if length == 2 { pairs &+= 1 }
            guard at &+ 1 < end, bytes[at] == UInt8(ascii: ":") else { break }
            let next = bytes[at &+ 1]
            if next == UInt8(ascii: ":") {
                if hasDouble { return start }
                hasDouble = true
                colons &+= 2
                at &+= 2
            } else if classes[Int(next)] & ByteClass.hex != 0 {
                colons &+= 1
                at &+= 1
            } else {
                break
            }
        }
        if hasDouble, at < end, bytes[at] == UInt8(ascii: "."), groups > 0 {  // ::ffff:10.0.0.1
            while at < end, classes[Int(bytes[at])] & ByteClass.digit != 0 || bytes[at] == UInt8(ascii: ".") { at &+= 1 }
        }
        if at < end, bytes[at] == UInt8(ascii: "/") {
            while at &+ 1 < end, classes[Int(bytes[at &+ 1])] & ByteClass.digit != 0 { at &+= 1 }
            at &+= 1
        }
        if at < end, classes[Int(bytes[at])] & (ByteClass.anyLetter | ByteClass.digit) != 0 { return start }
        let isMAC = pairs == groups && groups >= 6
        let isIPv6 = hasDouble ? groups >= 1 && (groups >= 2 || !allDigits || start < at &- 2) : colons >= 3 && !allDigits || colons == 7
        let isNumbers = allDigits && !hasDouble && groups >= 3
        return isMAC || isIPv6 || isNumbers ? at : start
    }
}
