import Model

extension LogPageReader {
    /// One entry of `journalctl -o json` (systemd.journal-fields(7), systemd's "Journal JSON Format"): the time is
    /// `__REALTIME_TIMESTAMP` in microseconds, the level `PRIORITY`. A message that is not UTF-8 comes as an array of
    /// its bytes.
    mutating func journalLine(_ s: ByteScanner, _ start: Int) -> LogLineKind {
        var object = JSONLineScanner(s, keys: keys)
        guard object.read(start) else { return .refused(.journal) }
        if object.fields.message.kind == .array {
            let bytes = appendBytes(s, object.fields.message.start, object.fields.message.end)
            object.fields.message = LogFields.Value()
            takeMessage(bytes)
        }
        take(object.fields, s)
        if record.level == .info, !record.message.isAbsent {
            // systemd gives this priority to all that a program prints; the program may say more itself.
            let (message, start) = window(record.message)
            let said = LogLevelWord.leading(message, start, message.end)
            if said != .unknown { record.level = said }
        }
        return .record
    }

    /// Decodes `[72, 101, 108]` behind the page; absent when it is anything but numbers up to 255.
    private mutating func appendBytes(_ s: ByteScanner, _ start: Int, _ stop: Int) -> ByteRange {
        let from = tail.count
        var at = start &+ 1
        while at < stop {
            at = s.skipSpace(at)
            let digits = s.digitCount(at, limit: 4)
            let value = s.digits(at, digits)
            guard digits > 0, digits < 4, value <= 255 else { break }
            tail.append(UInt8(truncatingIfNeeded: value))
            at = s.skipSpace(at &+ digits)
            if s.byte(at) == 0x5D { return ByteRange(start: count &+ from, count: tail.count &- from) }
            guard s.byte(at) == 0x2C else { break }
            at &+= 1
        }
        tail.truncate(to: from)
        return .absent
    }
}
