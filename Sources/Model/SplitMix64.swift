/// Seeded chance (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014): the same seed gives the same
/// numbers on every machine, so that generated stories and failing property tests repeat.
package struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64
    package init(seed: UInt64) { state = seed }
    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
    /// Uniform in 0..<1.
    package mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }
    /// Uniform in 0..<bound.
    package mutating func below(_ bound: Int) -> Int { bound <= 1 ? 0 : Int(next() % UInt64(bound)) }
    package mutating func chance(_ probability: Double) -> Bool { unit() < probability }
    package mutating func pick<T>(_ values: [T]) -> T { values[below(values.count)] }
    /// `count` lower-case hex digits.
    package mutating func hex(_ count: Int) -> String {
        var out = ""
        while out.utf8.count < count {
            let digits = String(next(), radix: 16)
            out += String(repeating: "0", count: 16 - digits.utf8.count) + digits
        }
        return String(out.prefix(count))
    }
    /// Standard normal, by the sum of twelve uniforms: enough tail for demo noise, no transcendental function, so the same
    /// on every libm.
    package mutating func gauss() -> Double {
        var sum = -6.0
        for _ in 0..<12 { sum += unit() }
        return sum
    }
}
