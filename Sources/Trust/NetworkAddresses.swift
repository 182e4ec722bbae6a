/// Finds IP addresses (RFC 791, RFC 4291); those of this machine itself (127.0.0.0/8, 0.0.0.0, ::1, ::) are nobody's.
enum NetworkAddresses {
    static func ranges(in bytes: UnsafeBufferPointer<UInt8>) -> [Range<Int>] {
        var out: [Range<Int>] = []
        var at = 0
        while at < bytes.count {
            guard isPart(bytes[at]) else {
                at += 1
                continue
            }
            var end = at
            while end < bytes.count, isPart(bytes[end]) { end += 1 }
            let isFree =
                (at == 0 || !isWord(bytes[at - 1])) && (end == bytes.count || !isWord(bytes[end])) && end - at >= 3 && end - at <= 64
            if isFree, let found = address(bytes, at..<end) { out.append(found) }
            at = end
        }
        return out
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 48 && byte <= 57 }
    private static func isHex(_ byte: UInt8) -> Bool { isDigit(byte) || (byte >= 65 && byte <= 70) || (byte >= 97 && byte <= 102) }
    private static func isPart(_ byte: UInt8) -> Bool { isHex(byte) || byte == 46 || byte == 58 }
    private static func isWord(_ byte: UInt8) -> Bool {
        (byte >= 65 && byte <= 90) || (byte >= 97 && byte <= 122) || byte == 95 || byte >= 128 || byte == 45
    }

    /// `run` holds hexadecimal digits, dots and colons: an address, perhaps with a port or the full stop of a sentence behind.
    private static func address(_ bytes: UnsafeBufferPointer<UInt8>, _ run: Range<Int>) -> Range<Int>? {
        var end = run.upperBound
        while end > run.lowerBound, bytes[end - 1] == 46 || (bytes[end - 1] == 58 && !(end - 2 >= run.lowerBound && bytes[end - 2] == 58)) {
            end -= 1
        }
        let text = bytes[run.lowerBound..<end]
        let colons = text.count { $0 == 58 }
        if colons <= 1 {
            let stop = text.firstIndex(of: 58) ?? end
            return isIPv4(bytes[run.lowerBound..<stop]) ? run.lowerBound..<stop : nil
        }
        return isIPv6(text) ? run.lowerBound..<end : nil
    }

    private static func isIPv4(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        let parts = text.split(separator: 46, omittingEmptySubsequences: false)
        guard parts.count == 4 else { return false }
        var values: [Int] = []
        for part in parts {
            guard (1...3).contains(part.count), part.allSatisfy(isDigit) else { return false }
            let value = part.reduce(0) { $0 * 10 + Int($1 - 48) }
            guard value <= 255 else { return false }
            values.append(value)
        }
        return values[0] != 127 && values != [0, 0, 0, 0]
    }

    private static func isIPv6(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        let parts = text.split(separator: 58, omittingEmptySubsequences: false)
        var groups = 0
        var gaps = 0
        for (index, part) in parts.enumerated() {
            if part.isEmpty {
                // Empty parts stand for the one gap; at an edge there are two of them.
                if index > 0 && index < parts.count - 1 { gaps += 1 }
                if parts.count < 3 { return false }
                continue
            }
            if index == parts.count - 1, part.contains(46) {
                guard isIPv4(part) else { return false }
                groups += 2
            } else {
                guard part.count <= 4, part.allSatisfy(isHex) else { return false }
                groups += 1
            }
        }
        let hasValue = text.contains { $0 != 48 && $0 != 58 }
        // A clock (`14:04:12`) has no gap and too few groups.
        guard hasValue, gaps <= 1, gaps == 1 ? groups <= 7 : groups == 8 else { return false }
        return !text.elementsEqual("::1".utf8)
    }
}
