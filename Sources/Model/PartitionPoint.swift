extension RandomAccessCollection where Index == Int {
    /// The first place from which on nothing is `isBefore`, by halving; the end when everything is. What is before stands in front.
    @inlinable
    package func partitionPoint(where isBefore: (Element) -> Bool) -> Int {
        var low = startIndex
        var high = endIndex
        while low < high {
            let middle = low + (high - low) / 2
            if isBefore(self[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
