/// What a byte can be to the masker. One look-up a byte; the flags of a whole word are or-ed together.
enum ByteClass {
    static let digit: UInt8 = 1
    /// `a…f` and `A…F`.
    static let hexLetter: UInt8 = 2
    /// All other letters, and every byte of a multi-byte character.
    static let letter: UInt8 = 4
    /// What may stand inside a word beside letters, digits and joiners: `. / \ @ ~ # $ % & * + ! ?` and the like.
    static let sign: UInt8 = 8
    /// A token of its own: `= : , ; ( ) [ ] { } < > " ' |`.
    static let delimiter: UInt8 = 16
    /// Blank, tab and every other control byte.
    static let blank: UInt8 = 32
    static let upper: UInt8 = 64
    /// `-` and `_`, which join words to words.
    static let joiner: UInt8 = 128

    static let anyLetter = hexLetter | letter
    static let hex = digit | hexLetter
    static let endOfWord = delimiter | blank

    static func of(_ byte: UInt8) -> UInt8 {
        switch byte {
        case 48...57: digit
        case 97...102: hexLetter
        case 65...70: hexLetter | upper
        case 103...122: letter
        case 71...90: letter | upper
        case 128...255: letter
        case 0...32, 127: blank
        case UInt8(ascii: "="), UInt8(ascii: ":"), UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "("), UInt8(ascii: ")"),
            UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "<"), UInt8(ascii: ">"),
            UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "|"):
            delimiter
        case UInt8(ascii: "-"), UInt8(ascii: "_"): joiner
        default: sign
        }
    }
}

/// Mixing of 64-bit words by one wide multiplication (Wang Yi, wyhash 2019). Not against an adversary: a collision would
/// count two messages as one, nothing worse.
@inline(__always)
func mixed(_ left: UInt64, _ right: UInt64) -> UInt64 {
    let product = left.multipliedFullWidth(by: right)
    return product.high ^ product.low
}

/// 64 bits of `count` bytes; reads nothing outside of them.
@inline(__always)
func hashed(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> UInt64 {
    var hash = UInt64(truncatingIfNeeded: count) &* 0x9E37_79B9_7F4A_7C15
    let raw = UnsafeRawPointer(bytes)
    var tail: UInt64 = 0
    if count >= 8 {
        var at = 0
        while count &- at >= 8 {
            hash = mixed(hash ^ UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: at, as: UInt64.self)), 0xA076_1D64_78BD_642F)
            at &+= 8
        }
        let left = count &- at
        if left > 0 {
            let last = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self))
            tail = last &>> UInt64(truncatingIfNeeded: (8 &- left) &* 8)
        }
    } else {
        var at = count
        while at > 0 {
            at &-= 1
            tail = tail &<< 8 | UInt64(bytes[at])
        }
    }
    return mixed(hash ^ tail, 0xE703_7ED1_A0B4_28DB)
}

/// What `hashed` gives for the first `count` (at most 7) of eight bytes read at once.
@inline(__always)
func hashed(word: UInt64, _ count: Int) -> UInt64 {
    let hash = UInt64(truncatingIfNeeded: count) &* 0x9E37_79B9_7F4A_7C15
    let kept = word & ((1 &<< UInt64(truncatingIfNeeded: count &* 8)) &- 1)
    return mixed(hash ^ kept, 0xE703_7ED1_A0B4_28DB)
}

/// How many of eight bytes, from the lowest on, are ASCII letters.
@inline(__always)
func letterRun(_ word: UInt64) -> Int {
    let low: UInt64 = 0x7F7F_7F7F_7F7F_7F7F
    let lower = (word | 0x2020_2020_2020_2020) & low
    let fromA = lower &+ 0x1F1F_1F1F_1F1F_1F1F  // high bit set from `a` on
    let pastZ = lower &+ 0x0505_0505_0505_0505  // high bit set after `z`
    let others = ~(fromA & ~pastZ & ~word) & ~low
    return others == 0 ? 8 : others.trailingZeroBitCount &>> 3
}

/// 64 bits of a text, for groups that never leave the process.
func hashed(_ text: String) -> UInt64 {
    var text = text
    return text.withUTF8 { bytes in bytes.baseAddress.map { hashed($0, bytes.count) } ?? 0 }
}
