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

/// Keys of 64 bits, never 0, → small numbers: open addressing with linear probing, at most half full.
struct KeyTable {
    private var keys: [UInt64] = Array(repeating: 0, count: 1 << 12)
    private var numbers: [Int32] = Array(repeating: 0, count: 1 << 12)
    private var mask = (1 << 12) - 1
    private(set) var count = 0

    @inline(__always)
    func find(_ key: UInt64) -> Int? {
        var at = Int(truncatingIfNeeded: key &>> 1) & mask
        while true {
            let held = keys[at]
            if held == key { return Int(numbers[at]) }
            if held == 0 { return nil }
            at = (at &+ 1) & mask
        }
    }

    /// `key` is not in the table yet.
    mutating func insert(_ key: UInt64, _ number: Int32) {
        if count * 2 >= keys.count { grow() }
        place(key, number)
        count += 1
    }

    private mutating func place(_ key: UInt64, _ number: Int32) {
        var at = Int(truncatingIfNeeded: key &>> 1) & mask
        while keys[at] != 0 { at = (at &+ 1) & mask }
        keys[at] = key
        numbers[at] = number
    }

    private mutating func grow() {
        let (oldKeys, oldNumbers) = (keys, numbers)
        keys = Array(repeating: 0, count: oldKeys.count * 2)
        numbers = Array(repeating: 0, count: oldKeys.count * 2)
        mask = keys.count - 1
        for (key, number) in zip(oldKeys, oldNumbers) where key != 0 { place(key, number) }
    }
}

/// The slots of a summarizer, found by their keys.
struct SlotTable {
    private var table = KeyTable()
    private var slots: [LogSlot] = []

    var count: Int { slots.count }
    subscript(index: Int) -> LogSlot {
        @inline(__always) _read { yield slots[index] }
        @inline(__always) _modify { yield &slots[index] }
    }

    @inline(__always)
    func find(_ key: UInt64) -> Int? { table.find(key) }

    mutating func insert(_ key: UInt64, leaf: Int32, service: Int32, level: LogLevel) -> Int {
        table.insert(key, Int32(slots.count))
        slots.append(LogSlot(key: key, leaf: leaf, service: service, level: level.rawValue))
        return slots.count - 1
    }

    /// Counts one more record of the slot in `minute`; gives the count that is no longer the current one.
    @inline(__always)
    mutating func count(_ index: Int, in minute: Int64) -> LogSlot? {
        if slots[index].minute == minute {
            slots[index].count &+= 1
            return nil
        }
        let before = slots[index]
        slots[index].minute = minute
        slots[index].count = 1
        return before.count > 0 ? before : nil
    }
}

/// Service names met in records, as small numbers. Instances count for their service.
struct ServiceTable {
    private var names: [String] = []
    private var indices: [String: Int32] = [:]
    /// Hash of the bytes as written → index.
    private var written: [UInt64: Int32] = [:]
    /// Names met lately, each in the place that its hash says.
    private var recent: [(hash: UInt64, index: Int32)] = Array(repeating: (0, -1), count: 64)

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
        let known = recent[Int(truncatingIfNeeded: hash &>> 58)]
        if known.hash == hash, known.index >= 0 { return known.index }
        guard let index = remember(bytes, count, hash) else { return nil }
        recent[Int(truncatingIfNeeded: hash &>> 58)] = (hash, index)
        return index
    }

    private mutating func remember(_ bytes: UnsafePointer<UInt8>, _ count: Int, _ hash: UInt64) -> Int32? {
        if let known = written[hash] { return known }
        let written = Array(UnsafeBufferPointer(start: bytes, count: min(count, 256)))
        let name = ServiceName.service(ofInstance: String(decoding: written, as: UTF8.self).clipped(to: 200))
        guard indices[name] != nil || names.count < Limits.servicesPerSource else { return nil }
        let index = self.index(of: name)
        if self.written.count < Limits.servicesPerSource * 16 { self.written[hash] = index }
        return index
    }
}
