import Model
import TestKit
import Testing

@Suite struct LineEndsTests {
    @Test func `lines are counted as one by one, from any place and of any length`() {
        var random = SplitMix64(seed: 7)
        for length in [0, 1, 7, 8, 9, 63, 2_039, 2_040, 2_041, 5_000] {
            let bytes = (0..<length).map { _ in UInt8([10, 10, 0, 11, 138, 255, 65][Int(random.next() % 7)]) }
            for start in 0...min(9, length) {
                let counted = bytes.withUnsafeBytes { LineEnds.count(in: $0[start...]) }
                #expect(counted == Int64(bytes[start...].count { $0 == 10 }), "\(length) bytes from \(start)")
            }
        }
    }
    @Test func `a buffer of newlines alone has as many lines as bytes`() {
        #expect([UInt8](repeating: 10, count: 100_001).withUnsafeBytes { LineEnds.count(in: $0[...]) } == 100_001)
    }
}
