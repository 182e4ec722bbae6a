import Model

/// What the summarizer knows of one (message key, service, level).
struct LogSlot {
    var key: UInt64
    var minute: Int64 = .min
    var count: Int64 = 0
    var leaf: Int32
    var service: Int32
    var level: UInt8
    var bound = ExemplarBound()
}

/// Open addressing with linear probing over 64-bit keys (never 0); at most half full.
struct SlotTable {
    private var keys: [UInt64] = Array(repeating: 0, count: 1 << 12)
    private var places: [Int32] = Array(repeating: 0, count: 1 << 12)
    private var slots: [LogSlot] = []
    private var mask = (1 << 12) - 1

    var count: Int { slots.count }
    subscript(index: Int) -> LogSlot {
        @inline(__always) _read { yield slots[index] }
        @inline(__always) _modify { yield &slots[index] }
    }

    @inline(__always)
    func find(_ key: UInt64) -> Int? {
        var at = Int(truncatingIfNeeded: key &>> 1) & mask
        while true {
            let held = keys[at]
            if held == key { return Int(places[at]) }
            if held == 0 { return nil }
            at = (at &+ 1) & mask
        }
    }

    mutating func insert(_ key: UInt64, leaf: Int32, service: Int32, level: LogLevel) -> Int {
        if slots.count * 2 >= keys.count { grow() }
        slots.append(LogSlot(key: key, leaf: leaf, service: service, level: level.rawValue))
        place(key, slots.count - 1)
        return slots.count - 1
    }

    private mutating func place(_ key: UInt64, _ index: Int) {
        var at = Int(truncatingIfNeeded: key &>> 1) & mask
        while keys[at] != 0 { at = (at &+ 1) & mask }
        keys[at] = key
        places[at] = Int32(index)
    }

    private mutating func grow() {
        let size = keys.count * 2
        keys = Array(repeating: 0, count: size)
        places = Array(repeating: 0, count: size)
        mask = size - 1
        for index in slots.indices { place(slots[index].key, index) }
    }
}

/// Service names met in records, as small numbers. Instances count for their service.
struct ServiceTable {
    private var names: [String] = []
    private var indices: [String: Int32] = [:]
    /// Hash of the bytes as written → index.
    private var written: [UInt64: Int32] = [:]
    private var lastHash: UInt64 = 0
    private var lastIndex: Int32 = -1

    func name(_ index: Int32) -> String { names[Int(index)] }

    /// The place of each service in the order of names.
    func ranks() -> [Int] {
        var ranks = Array(repeating: 0, count: names.count)
        for (rank, index) in names.indices.sorted(by: { names[$0] < names[$1] }).enumerated() { ranks[index] = rank }
        return ranks
    }

    mutating func index(of name: String) -> Int32 {
        if let known = indices[name] { return known }
        let index = Int32(names.count)
        names.append(name)
        indices[name] = index
        return index
    }

    /// Nil when there are too many services already.
    @inline(__always)
    mutating func index(of bytes: UnsafePointer<UInt8>, _ count: Int) -> Int32? {
        let hash = hashed(bytes, count)
        if hash == lastHash, lastIndex >= 0 { return lastIndex }
        return remember(bytes, count, hash)
    }

    private mutating func remember(_ bytes: UnsafePointer<UInt8>, _ count: Int, _ hash: UInt64) -> Int32? {
        if let known = written[hash] {
            lastHash = hash
            lastIndex = known
            return known
        }
        let written = Array(UnsafeBufferPointer(start: bytes, count: min(count, 256)))
        let name = ServiceName.service(ofInstance: String(decoding: written, as: UTF8.self).clipped(to: 200))
        guard indices[name] != nil || names.count < Limits.servicesPerSource else { return nil }
        let index = self.index(of: name)
        if self.written.count < Limits.servicesPerSource * 16 { self.written[hash] = index }
        lastHash = hash
        lastIndex = index
        return index
    }
}
