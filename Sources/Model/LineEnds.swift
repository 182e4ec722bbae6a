/// Newlines, counted eight bytes at a time.
package enum LineEnds {
    package static func count(in bytes: Slice<UnsafeRawBufferPointer>) -> Int64 {
        let buffer = UnsafeRawBufferPointer(rebasing: bytes)
        let low: UInt64 = 0x7F7F_7F7F_7F7F_7F7F
        var lines: Int64 = 0
        var at = 0
        while buffer.count &- at >= 8 {
            // Each byte of `found` counts its own, as long as it can.
            let stop = at &+ min(255 &* 8, (buffer.count &- at) & ~7)
            var found: UInt64 = 0
            while at < stop {
                let others = buffer.loadUnaligned(fromByteOffset: at, as: UInt64.self) ^ 0x0A0A_0A0A_0A0A_0A0A
                found &+= ~(((others & low) &+ low) | others | low) &>> 7
                at &+= 8
            }
            let pairs = (found & 0x00FF_00FF_00FF_00FF) &+ (found &>> 8 & 0x00FF_00FF_00FF_00FF)
            lines &+= Int64(truncatingIfNeeded: (pairs &* 0x0001_0001_0001_0001) &>> 48)
        }
        while at < buffer.count {
            lines &+= buffer[at] == 10 ? 1 : 0
            at &+= 1
        }
        return lines
    }
}
