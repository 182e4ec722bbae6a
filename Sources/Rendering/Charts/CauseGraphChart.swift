import Model

/// Draws the cause graph: what each edge means is in its stroke and head, what each node is in its outline.
enum CauseGraphChart {
    static func html(_ graph: CauseGraph) -> SafeHTML {
        guard !graph.nodes.isEmpty else { return .empty }
        let layout = GraphLayout(
            nodes: graph.nodes.map { GraphLayout.Node(column: $0.column, height: 56, isApart: $0.isApart) },
            edges: graph.edges.map { GraphLayout.Edge(from: $0.from, to: $0.to) })
        let width = GraphLayout.x(max(0, graph.headings.count - 1)) + GraphLayout.nodeWidth
        let height = layout.height + 4
        var svg = SVGBuilder()
        svg.begin(
            "svg",
            [
                "class": .literal("graph"), "width": .number(width), "height": .number(height),
                "viewBox": .literal("0 0 \(Int(width)) \(Int(height.rounded(.up)))"),
            ])
        for (column, heading) in graph.headings.enumerated() {
            svg.text(heading, ["class": .literal("col"), "x": .number(GraphLayout.x(column)), "y": .number(11)])
        }
        let order = graph.edges.indices.sorted { (graph.edges[$0].kind.drawingRank, $0) < (graph.edges[$1].kind.drawingRank, $1) }
        for index in order { draw(graph.edges[index], index, layout, &svg) }
        for (index, node) in graph.nodes.enumerated() { draw(node, index, graph, layout, &svg) }
        svg.end()
        return svg.html
    }

    private static func draw(_ edge: CauseGraph.Edge, _ index: Int, _ layout: GraphLayout, _ svg: inout SVGBuilder) {
        let from = layout.nodes[edge.from]
        let to = layout.nodes[edge.to]
        let hasHead = edge.kind.hasHead
        var path = SVGPath()
        var head: (x: Double, y: Double)?
        if from.column < to.column {
            var x = GraphLayout.x(from.column) + GraphLayout.nodeWidth
            var y = layout.middle(edge.from)
            path.move(x, y)
            for (step, waypoint) in layout.waypoints[index].enumerated() {
                let left = GraphLayout.x(from.column + step + 1)
                let middle = (x + left) / 2
                path.curve(middle, y, middle, waypoint, left, waypoint)
                path.horizontal(left + GraphLayout.nodeWidth)
                x = left + GraphLayout.nodeWidth
                y = waypoint
            }
            let end = GraphLayout.x(to.column)
            let endY = arrival(edge, layout)
            let middle = (x + end) / 2
            path.curve(middle, y, middle, endY, end - (hasHead ? 7 : 0), endY)
            head = (end, endY)
        } else if from.column == to.column, layout.hasNodeBetween(edge.from, edge.to) {
            // Past the boxes between, through the gutter on the right.
            let x = GraphLayout.x(from.column) + GraphLayout.nodeWidth
            let gutter = x + (GraphLayout.pitch - GraphLayout.nodeWidth)
            path.move(x, layout.middle(edge.from))
            path.curve(gutter, layout.middle(edge.from), gutter, layout.middle(edge.to) + 16, x, layout.middle(edge.to) + 16)
        } else {
            // Beside or behind: from the nearer side of one box to the nearer side of the other.
            let isBelow = layout.tops[edge.from] > layout.tops[edge.to]
            let fromX = GraphLayout.x(from.column) + GraphLayout.nodeWidth / 2
            let toX = GraphLayout.x(to.column) + GraphLayout.nodeWidth / 2
            let fromY = isBelow ? layout.tops[edge.from] : layout.tops[edge.from] + from.height
            let toY = isBelow ? layout.tops[edge.to] + to.height : layout.tops[edge.to]
            path.move(fromX, fromY)
            path.curve(fromX, (fromY + toY) / 2, toX, (fromY + toY) / 2, toX, toY)
        }
        svg.begin("g", ["id": .literal("g\(index)")])
        svg.path(path, ["class": .literal("ed " + edge.kind.rawValue)])
        if hasHead, let head {
            var tip = SVGPath()
            tip.move(head.x - 9, head.y - 4)
            tip.line(head.x, head.y)
            tip.line(head.x - 9, head.y + 4)
            svg.path(tip, ["class": .literal("ah " + edge.kind.rawValue)])
        }
        svg.end()
    }

    /// Edges that end in one box arrive beside each other.
    private static func arrival(_ edge: CauseGraph.Edge, _ layout: GraphLayout) -> Double {
        switch edge.kind {
        case .correlates, .relates, .dependsOn: layout.middle(edge.to) + 16
        case .resolves: layout.middle(edge.to) + 8
        case .causes, .precedes: layout.middle(edge.to)
        }
    }

    private static func draw(_ node: CauseGraph.Node, _ index: Int, _ graph: CauseGraph, _ layout: GraphLayout, _ svg: inout SVGBuilder) {
        let x = GraphLayout.x(node.column)
        let y = layout.tops[index]
        if let target = node.target {
            let path = graph.path(to: index)
            if path.edges.isEmpty {
                svg.begin("a", ["id": .literal("gn\(index)"), "href": .text("#" + target)])
            } else {
                let way = path.edges.map { "g\($0)" } + path.nodes.map { "gn\($0)" }
                svg.begin(
                    "a",
                    ["id": .literal("gn\(index)"), "href": .text("#" + target), "data-path": .literal(way.joined(separator: " "))])
            }
        } else {
            svg.begin("g", ["id": .literal("gn\(index)")])
        }
        if node.fullTitle != node.title || !node.remark.isEmpty {
            svg.text(([node.fullTitle] + (node.remark.isEmpty ? [] : [node.remark])).joined(separator: ": "), name: "title")
        }
        svg.element(
            "rect",
            [
                "class": .literal("nd " + node.style.rawValue), "x": .number(x), "y": .number(y),
                "width": .number(GraphLayout.nodeWidth), "height": .number(56), "rx": .number(3),
            ])
        svg.text(node.title, ["class": .literal("t"), "x": .number(x + 10), "y": .number(y + 17)])
        svg.text(node.detail, ["x": .number(x + 10), "y": .number(y + 32)])
        svg.text(node.time, ["class": .literal("w"), "x": .number(x + 10), "y": .number(y + 47)])
        let right = GraphLayout.nodeWidth - (node.hasAlert ? 24 : 10)
        if TextFit.width(node.time, size: 11) + TextFit.width(node.kind, size: 11) < right - 18 {
            svg.text(node.kind, ["class": .literal("w"), "x": .number(x + right), "y": .number(y + 47), "text-anchor": .literal("end")])
        }
        if node.hasAlert {
            svg.begin(
                "svg",
                [
                    "class": .literal("i"), "x": .number(x + GraphLayout.nodeWidth - 20), "y": .number(y + 36), "width": .number(13),
                    "height": .number(13),
                ])
            svg.text("triggered " + PageWords.list(node.alerts.prefix(4).map { $0.clipped(to: 80) }), name: "title")
            svg.element("use", ["href": .literal("#i-alerts")])
            svg.end()
        }
        svg.end()
    }
}
