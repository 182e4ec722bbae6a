/// The service that an instance belongs to: what Kubernetes appends to the names of pods is taken off.
package enum ServiceName {
    /// `orders-5b67c48447-fj8b7` (a Deployment's pod), `orders-x7k2p` (a DaemonSet's) and `orders-0` (a StatefulSet's) are all
    /// `orders`; any other name is returned as it is. The random parts use Kubernetes' own alphabet without vowels
    /// (apimachinery `rand.SafeEncodeString`).
    package static func service(ofInstance name: String) -> String {
        var parts = name.split(separator: "-", omittingEmptySubsequences: false).map { Array($0.utf8) }
        guard parts.count >= 2, let last = parts.last else { return name }
        if isOrdinal(last) {
            parts.removeLast()
        } else if isRandom(last, 5...5) {
            parts.removeLast()
            if parts.count >= 2, let before = parts.last, isRandom(before, 6...10) {
                parts.removeLast()
            } else if !mixesLettersAndDigits(last) {
                return name
            }
        } else {
            return name
        }
        let service = parts.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "-")
        return service.isEmpty ? name : service
    }

    private static func isOrdinal(_ part: [UInt8]) -> Bool { (1...3).contains(part.count) && part.allSatisfy { (48...57).contains($0) } }

    private static func isRandom(_ part: [UInt8], _ lengths: ClosedRange<Int>) -> Bool {
        lengths.contains(part.count) && part.allSatisfy { safe.contains($0) }
            && (part.count == 5 || part.contains { (48...57).contains($0) })
    }
    /// Also the digits 0, 1 and 3, which older releases used in the hash of a ReplicaSet.
    private static let safe = Set("bcdfghjklmnpqrstvwxz0123456789".utf8)

    private static func mixesLettersAndDigits(_ part: [UInt8]) -> Bool {
        part.contains { (48...57).contains($0) } && part.contains { !(48...57).contains($0) }
    }
}
