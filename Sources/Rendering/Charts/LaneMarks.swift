import Model

/// One mark of a lane before it has a place.
struct LaneMark: Hashable {
    var at: Instant
    var kind: MarkKind
    /// What it points at: `e-…`; empty when nothing can be opened.
    var target: String
}

/// Where the marks of a lane go. Up to 199 they are drawn one by one, from 200 on as counts.
enum LaneMarks {
    static let densityFrom = 200
    /// Width of a bucket of counts in nominal pixels.
    static let bucketPx = 4.0
    /// Two neighbours keep this much between their middles if they can, at the cost of standing off their moment by at
    /// most `shiftPx`; worse crowds overlap, the worst severity on top.
    static let spacingPx = 11.0
    static let shiftPx = 22.0

    struct Placed: Hashable {
        var mark: LaneMark
        /// Nominal pixels.
        var x: Double
    }
    /// In drawing order: worst last.
    static func place(_ marks: [LaneMark], on axis: TimeAxis) -> [Placed] {
        var placed: [Placed] = []
        var last = -Double.infinity
        for mark in marks.sorted(by: { ($0.at.ms, $0.kind.rank, $0.target) < ($1.at.ms, $1.kind.rank, $1.target) }) {
            let truth = min(max(axis.x(mark.at), 7), TimeAxis.nominalWidth - 7)
            let pushed = last + spacingPx
            let x = pushed > truth && pushed - truth <= shiftPx && pushed <= TimeAxis.nominalWidth - 7 ? pushed : truth
            placed.append(Placed(mark: mark, x: x))
            last = x
        }
        return placed.sorted { (-$0.mark.kind.rank, $0.x, $0.mark.target) < (-$1.mark.kind.rank, $1.x, $1.mark.target) }
    }

    struct Column: Hashable {
        var x: Double
        var count: Int
        var worst: MarkKind
        /// The first of the worst that can be opened; empty when none can.
        var target: String
    }
    static func columns(_ marks: [LaneMark], on axis: TimeAxis) -> [Column] {
        let buckets = Int(TimeAxis.nominalWidth / bucketPx)
        var columns: [Int: Column] = [:]
        for mark in marks.sorted(by: { ($0.at.ms, $0.kind.rank, $0.target) < ($1.at.ms, $1.kind.rank, $1.target) }) {
            let bucket = min(buckets - 1, Int(axis.x(mark.at) / bucketPx))
            var column = columns[bucket] ?? Column(x: Double(bucket) * bucketPx, count: 0, worst: mark.kind, target: mark.target)
            column.count += 1
            if mark.kind.rank < column.worst.rank || mark.kind == column.worst && column.target.isEmpty {
                column.worst = mark.kind
                column.target = mark.target
            }
            columns[bucket] = column
        }
        return columns.keys.sorted().compactMap { columns[$0] }
    }
}
