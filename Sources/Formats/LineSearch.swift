#if canImport(Glibc)
    import Glibc
#endif

/// Looking for ASCII words in a line by its bytes: the standard library compares whole characters, which takes many times as long.
extension StringProtocol {
    func begins(_ word: StaticString) -> Bool {
        let isSo = utf8.withContiguousStorageIfAvailable { bytes in
            guard let base = bytes.baseAddress, bytes.count >= word.utf8CodeUnitCount else { return false }
            return memcmp(base, word.utf8Start, word.utf8CodeUnitCount) == 0
        }
        return isSo ?? false
    }

    func ends(_ word: StaticString) -> Bool {
        let isSo = utf8.withContiguousStorageIfAvailable { bytes in
            guard let base = bytes.baseAddress, bytes.count >= word.utf8CodeUnitCount else { return false }
            return memcmp(base + bytes.count - word.utf8CodeUnitCount, word.utf8Start, word.utf8CodeUnitCount) == 0
        }
        return isSo ?? false
    }
}

extension Substring {
    /// Where the word stands first.
    func first(_ word: StaticString) -> Range<Index>? {
        let count = word.utf8CodeUnitCount
        let place = utf8.withContiguousStorageIfAvailable { bytes -> Int? in
            guard let base = bytes.baseAddress, count > 0, bytes.count >= count else { return nil }
            // A blank is no good mark to look for.
            let mark = count > 1 && word.utf8Start[0] == 32 ? 1 : 0
            let end = bytes.count - count
            var at = 0
            while at <= end, let hit = memchr(base + at + mark, Int32(word.utf8Start[mark]), end - at + 1) {
                at = UnsafeRawPointer(hit) - UnsafeRawPointer(base) - mark
                if memcmp(base + at, word.utf8Start, count) == 0 { return at }
                at += 1
            }
            return nil
        }
        return place.flatMap { $0 }.map { range(at: $0, count) }
    }

    /// Where the word stands last.
    func last(_ word: StaticString) -> Range<Index>? {
        let count = word.utf8CodeUnitCount
        let place = utf8.withContiguousStorageIfAvailable { bytes -> Int? in
            guard let base = bytes.baseAddress, count > 0 else { return nil }
            var at = bytes.count - count
            while at >= 0 {
                if base[at] == word.utf8Start[0], memcmp(base + at, word.utf8Start, count) == 0 { return at }
                at -= 1
            }
            return nil
        }
        return place.flatMap { $0 }.map { range(at: $0, count) }
    }

    func holds(_ word: StaticString) -> Bool { first(word) != nil }

    private func range(at offset: Int, _ count: Int) -> Range<Index> {
        let lower = utf8.index(startIndex, offsetBy: offset)
        return lower..<utf8.index(lower, offsetBy: count)
    }
}
