/// A layered drawing of a small graph, from left to right (Sugiyama, Tagawa, Toda 1981): columns are given, the order
/// inside a column follows the neighbours' middles (barycentre sweeps), heights are the least-squares fit to the
/// neighbours without overlap (pool adjacent violators). The same graph gives the same drawing.
struct GraphLayout {
    struct Node: Hashable {
        var column: Int
        var height: Double
        /// Nodes set apart stand in rows below all others.
        var isApart = false
    }
    struct Edge: Hashable {
        var from: Int
        var to: Int
    }
    static let pitch = 172.0
    static let nodeWidth = 148.0
    static let top = 24.0
    private static let gap = 16.0
    private static let passingHeight = 6.0

    /// The upper edge of each node.
    private(set) var tops: [Double]
    /// Middles of the places where an edge over several columns passes through them, column by column.
    private(set) var waypoints: [[Double]]
    private(set) var height: Double
    let nodes: [Node]

    static func x(_ column: Int) -> Double { Double(column) * pitch }
    func middle(_ node: Int) -> Double { tops[node] + nodes[node].height / 2 }

    /// True when a third box of their column stands between two boxes.
    func hasNodeBetween(_ one: Int, _ other: Int) -> Bool {
        let range = min(tops[one], tops[other])...max(tops[one], tops[other])
        return nodes.indices.contains {
            $0 != one && $0 != other && nodes[$0].column == nodes[one].column && range.contains(tops[$0])
        }
    }

    private struct Cell {
        /// Nil where an edge passes.
        var node: Int?
        var height: Double
        var neighboursLeft: [Int] = []
        var neighboursRight: [Int] = []
        var top = 0.0
        var middle: Double { top + height / 2 }
    }

    init(nodes: [Node], edges: [Edge]) {
        self.nodes = nodes
        tops = [Double](repeating: Self.top, count: nodes.count)
        waypoints = [[Double]](repeating: [], count: edges.count)
        var cells: [Cell] = []
        var columns: [[Int]] = Array(repeating: [], count: (nodes.map(\.column).max() ?? 0) + 1)
        var cellOf: [Int: Int] = [:]
        for (index, node) in nodes.enumerated() where !node.isApart {
            cellOf[index] = cells.count
            columns[node.column].append(cells.count)
            cells.append(Cell(node: index, height: node.height))
        }
        var passing: [[Int]] = Array(repeating: [], count: edges.count)
        for (index, edge) in edges.enumerated() {
            guard let from = cellOf[edge.from], let to = cellOf[edge.to], nodes[edge.from].column < nodes[edge.to].column else { continue }
            var last = from
            for column in nodes[edge.from].column + 1..<nodes[edge.to].column {
                let cell = cells.count
                cells.append(Cell(node: nil, height: Self.passingHeight))
                columns[column].append(cell)
                passing[index].append(cell)
                cells[last].neighboursRight.append(cell)
                cells[cell].neighboursLeft.append(last)
                last = cell
            }
            cells[last].neighboursRight.append(to)
            cells[to].neighboursLeft.append(last)
        }
        Self.order(&columns, cells)
        Self.stack(columns, &cells)
        for sweep in 0..<8 {
            let isForward = sweep % 2 == 0
            for column in isForward ? Array(columns.indices) : columns.indices.reversed() {
                Self.fit(columns[column], &cells, toLeft: isForward)
            }
        }
        let highest = cells.map(\.top).min() ?? 0
        for cell in cells.indices { cells[cell].top += Self.top - highest }
        for cell in cells { if let node = cell.node { tops[node] = cell.top } }
        for index in edges.indices { waypoints[index] = passing[index].map { cells[$0].middle } }
        height = cells.map { $0.top + $0.height }.max() ?? Self.top
        placeApart()
    }

    private mutating func placeApart() {
        var below: [Int: Double] = [:]
        let base = height + Self.gap * 1.5
        for (index, node) in nodes.enumerated() where node.isApart {
            let y = below[node.column] ?? base
            tops[index] = y
            below[node.column] = y + node.height + Self.gap
            height = max(height, y + node.height)
        }
    }

    private static func order(_ columns: inout [[Int]], _ cells: [Cell]) {
        for sweep in 0..<6 {
            let isForward = sweep % 2 == 0
            for column in isForward ? Array(columns.indices) : columns.indices.reversed() {
                var rank: [Int: Double] = [:]
                for other in columns {
                    for (place, cell) in other.enumerated() { rank[cell] = (Double(place) + 0.5) / Double(other.count) }
                }
                let keyed = columns[column].enumerated().map { place, cell in
                    let neighbours = isForward ? cells[cell].neighboursLeft : cells[cell].neighboursRight
                    let known = neighbours.compactMap { rank[$0] }
                    let key = known.isEmpty ? rank[cell] ?? 0 : known.reduce(0, +) / Double(known.count)
                    return (key: key, place: place, cell: cell)
                }
                columns[column] = keyed.sorted { ($0.key, $0.place) < ($1.key, $1.place) }.map(\.cell)
            }
        }
    }
    private static func stack(_ columns: [[Int]], _ cells: inout [Cell]) {
        for column in columns {
            let total = column.reduce(0) { $0 + cells[$1].height + gap } - gap
            var y = -total / 2
            for cell in column {
                cells[cell].top = y
                y += cells[cell].height + gap
            }
        }
    }
    /// Moves the cells of one column towards the middles of their neighbours, keeping order and distance.
    private static func fit(_ column: [Int], _ cells: inout [Cell], toLeft: Bool) {
        var offset = 0.0
        var offsets: [Double] = []
        var wanted: [Double] = []
        for cell in column {
            let neighbours = toLeft ? cells[cell].neighboursLeft : cells[cell].neighboursRight
            let middle = neighbours.isEmpty ? cells[cell].middle : neighbours.reduce(0) { $0 + cells[$1].middle } / Double(neighbours.count)
            offsets.append(offset)
            wanted.append(middle - cells[cell].height / 2 - offset)
            offset += cells[cell].height + gap
        }
        var blocks: [(sum: Double, count: Int)] = []
        for value in wanted {
            blocks.append((value, 1))
            while blocks.count > 1 {
                let last = blocks[blocks.count - 1]
                let before = blocks[blocks.count - 2]
                guard before.sum / Double(before.count) > last.sum / Double(last.count) else { break }
                blocks.removeLast(2)
                blocks.append((before.sum + last.sum, before.count + last.count))
            }
        }
        var at = 0
        for block in blocks {
            for _ in 0..<block.count {
                cells[column[at]].top = block.sum / Double(block.count) + offsets[at]
                at += 1
            }
        }
    }
}
