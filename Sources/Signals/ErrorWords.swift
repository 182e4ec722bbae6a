/// What an unlevelled message says about itself.
enum ErrorWords {
    /// True when the message begins like an exception or a crash: `Traceback (`, `panic:`, `java.lang.X: …`, `ValueError: …`.
    static func beginsLikeException(_ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Bool {
        guard start < end else { return false }
        switch bytes[start] {
        case UInt8(ascii: "T"): if begins("Traceback (", bytes, start, end) { return true }
        case UInt8(ascii: "p"): if begins("panic:", bytes, start, end) { return true }
        case UInt8(ascii: "f"): if begins("fatal error:", bytes, start, end) { return true }
        case UInt8(ascii: "F"): if begins("Fatal error:", bytes, start, end) { return true }
        case UInt8(ascii: "C"): if begins("Caused by:", bytes, start, end) { return true }
        case UInt8(ascii: "U"): if begins("Uncaught ", bytes, start, end) || begins("Unhandled ", bytes, start, end) { return true }
        case UInt8(ascii: "E"): if begins("Exception in ", bytes, start, end) { return true }
        default: break
        }
        // The first word is a class name that ends in Exception or Error.
        var at = start
        let limit = min(end, start &+ 128)
        while at < limit {
            let byte = bytes[at]
            let isName = byte | 32 >= 97 && byte | 32 <= 122 || byte >= 48 && byte <= 57 || byte == 46 || byte == 95 || byte == 36
            if !isName { break }
            at &+= 1
        }
        guard at > start, at == end || bytes[at] == UInt8(ascii: ":") || bytes[at] == 10 else { return false }
        return ends("Exception", bytes, start, at) || at &- start > 5 && ends("Error", bytes, start, at)
    }

    /// True when `message` has a word of failure in it and does not deny it: for messages without a level.
    static func speaksOfFailure(_ message: String) -> Bool {
        var previous = ""
        for word in message.lowercased().split(whereSeparator: { !$0.isLetter }) {
            let isDenied = previous == "no" || previous == "without" || previous == "zero"
            if !isDenied, failure.contains(where: { word.hasPrefix($0) || ($0.count >= 5 && word.hasSuffix($0)) }) { return true }
            previous = String(word)
        }
        return false
    }
    private static let failure = [
        "error", "exception", "fail", "fatal", "panic", "traceback", "timeout", "timedout", "refused", "denied", "unavailable",
        "unreachable", "crash", "abort", "unable", "corrupt", "killed", "segfault", "cannot", "overflow", "deadlock",
    ]

    private static func begins(_ word: StaticString, _ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Bool {
        let count = word.utf8CodeUnitCount
        guard end &- start >= count else { return false }
        for index in 0..<count where bytes[start &+ index] != word.utf8Start[index] { return false }
        return true
    }
    private static func ends(_ word: StaticString, _ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Bool {
        let count = word.utf8CodeUnitCount
        return end &- start >= count && begins(word, bytes, end &- count, end)
    }
}
