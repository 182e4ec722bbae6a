import Formats
import Model
import Testing

@Suite struct OpenMetricsTests {
    private func read(_ text: String, path: String = "sample", service: String? = nil, isStrict: Bool? = nil) -> Reading {
        StructuredSample.read(text, path: path, service: service) { OpenMetricsReader.read($0, from: $1, isStrict: isStrict) }
    }
    private func strictFaults(_ lines: String) -> [String] { read(lines + "\n# EOF\n").rejections.map(\.reason) }

    @Test func `samples become tracks named by what is left of their labels`() {
        let reading = read(StructuredSample.openMetrics)
        #expect(reading.rejections.isEmpty)
        #expect(
            reading.metrics.map {
                "\($0.key.service)/\($0.key.instance)/\($0.key.metric) \($0.kind.rawValue) \($0.unit) \($0.points.map(\.value))"
            } == [
                #"shop/a:1/http_requests_total{code="200"} counter  [1027.0]"#, #"shop/a:1/http_requests_total{code="500"} counter  [3.0]"#,
                "shop//latency_seconds_count counter seconds [7.0]", "shop//latency_seconds_sum counter seconds [1.5]",
            ])
        #expect(reading.metrics.first?.points.first?.timeMs == 1_763_820_252_500)
        #expect(reading.metrics.last?.points.first?.timeMs == StructuredSample.fallback.ms)
    }

    @Test func `Prometheus' own format has milliseconds, loose blanks and comments`() {
        let text =
            "# some comment\n# TYPE up gauge\n\nup {job = \"a\", instance=\"i\",}  1   1763820252500\r\nup{service_name=\"b\",job=\"c\"} +Inf\nnot a metric\nload\t0.5\n"
        let reading = read(text, service: "given")
        #expect(
            reading.metrics.map { "\($0.key.service) \($0.key.instance) \($0.key.metric) \($0.points.map(\.timeMs))" } == [
                "a i up [1763820252500]", "given  load [1700000000000]",
            ])
        #expect(reading.rejections.map(\.line) == [6])
    }

    @Test(arguments: [
        ("a 1\n\nb 1", "blank line"), ("# TYPE a counter\n# TYPE a counter", "twice"), ("# TYPE a counter\na_total -1", "negative"),
        ("# TYPE a counter\na_total NaN", "NaN"), ("# TYPE a gauge\na 1 # {b=\"c\"} 1", "exemplars"), ("a 0 1\na 0 0.5", "backwards"),
        ("a 0\na 0 1", "only some"), ("# HELP a x\na 1\n# TYPE a gauge", "after its samples"),
        ("# TYPE a histogram\na_bucket{le=\"1\"} 0", "+Inf"),
        ("# TYPE a histogram\na_bucket{le=\"2\"} 0\na_bucket{le=\"1\"} 0\na_bucket{le=\"+Inf\"} 0", "order"),
        ("# TYPE a_s gauge\n# UNIT a_s ms", "unit"), ("# TYPE a untyped", "not a type"), ("a{b=\"1\",b=\"2\"} 1", "twice"),
        ("a{b='1'} 1", "quotes"),
        ("a  1", "value"), ("a 0x1p-3", "value"), ("a 1 Inf", "timestamp"), ("# TYPE a info\na_info 2", "info is 1"),
        ("# TYPE a stateset\na{a=\"b\"} 2", "0 or 1"),
        ("# TYPE a summary\na{quantile=\"1.5\"} 0", "quantile"), ("# FOO a b", "after `#`"), ("a.b 1", "value"),
        ("a{x=\"1\"} 0\nb 1\na{x=\"2\"} 0", "stand together"),
    ])
    func `OpenMetrics is held to its rules`(lines: String, reason: String) {
        #expect(strictFaults(lines).contains { $0.contains(reason) }, "\(strictFaults(lines))")
    }

    @Test func `a document that ends early or late says so and keeps its samples`() {
        let cut = read("a 1\n", path: "x.om")
        #expect(cut.metrics.count == 1)
        #expect(cut.rejections.first?.reason.contains("# EOF") == true)
        let late = read("a 1\n# EOF\nb 2\n")
        #expect(late.metrics.map(\.key.metric) == ["a"])
        #expect(late.rejections.map(\.line) == [3])
    }

    @Test func `escapes and braces inside label values are theirs`() {
        let reading = read("a{x=\"} # \\\"q\\\" \\n \\\\ {\"} 1\n# EOF\n")
        #expect(reading.rejections.isEmpty)
        #expect(reading.metrics.first?.key.metric == #"a{x="} # \"q\"   \\ {"}"#)
    }
}

@Suite struct MetricCSVTests {
    private func read(_ text: String, service: String? = nil) -> Reading {
        StructuredSample.read(text, service: service) { MetricCSVReader.read($0, from: $1) }
    }
    private func summary(_ reading: Reading) -> [String] {
        reading.metrics.map {
            "\($0.key.service)|\($0.key.instance)|\($0.key.metric)|\($0.points.map { "\($0.timeMs)=\($0.value)" }.joined(separator: ","))"
        }
    }

    @Test func `long rows become tracks`() {
        let reading = read(StructuredSample.csv)
        #expect(reading.rejections.isEmpty)
        #expect(summary(reading) == ["cart|cart-0|cpu|1763820060000=0.75,1795356000000=0.5", "cart, old||cpu|1795356120000=10.0"])
    }

    @Test func `columns may stand in any order and case, with others between`() {
        let reading = read("Value;extra;METRIC;Time\n1.5;x;cpu;1700000000000\n2;y;cpu;1700000001000000\n", service: "given")
        #expect(summary(reading) == ["given||cpu|1700000000000=1.5,1700000001000=2.0"])
    }

    @Test func `wide columns are split at the first dot`() {
        let reading = read("time,cart.cpu.user,load,\n1700000000,1,2,9\n1700000060,,NaN,9\n1700000120,3\n", service: "given")
        #expect(summary(reading) == ["cart||cpu.user|1700000000000=1.0,1700000120000=3.0", "given||load|1700000000000=2.0"])
    }

    @Test func `bad rows are refused with their lines and the others stay`() {
        let reading = read(
            "time,service,metric,value\nnever,a,m,1\n1700000000,a,m,one\n1700000000,a,m\n1700000000,a,,1\n1700000000,a,m,\n1700000000,a,m,nan\n1700000000,\"a\nb\",m,1\n1700000000,a,m,2\n\n"
        )
        #expect(reading.rejections.map(\.line) == [2, 3, 4, 5])
        #expect(summary(reading) == ["a||m|1700000000000=2.0", "a b||m|1700000000000=1.0"])
    }

    @Test(arguments: ["", "service,metric,value\na,b,1\n", "time\n1\n"])
    func `a table without a time or a series is refused`(text: String) {
        #expect(read(text).metrics.isEmpty)
        #expect(read(text).rejections.count == 1)
    }

    @Test(arguments: [
        ("1", 1.0), ("-0.125", -0.125), ("+3", 3), ("1e3", 1_000), (".5", 0.5), ("5.", 5), ("0000000000000000000000012", 12), ("0.1", 0.1),
        ("123456789012345678", 0x1.b69b4ba630f35p+56), ("3.141592653589793238", 3.141592653589793),
    ])
    func `numbers are read exactly`(text: String, expected: Double) {
        #expect(read("time,metric,value\n1700000000,m,\(text)\n").metrics.first?.points.first?.value == expected)
    }

    @Test(arguments: ["0x10", "1_000", "--1", "1e", ".", "-", "1 2", "١"])
    func `what only looks like a number is refused`(text: String) {
        #expect(read("time,metric,value\n1700000000,m,\(text)\n").rejections.count == 1)
    }
}

@Suite struct TopologyTests {
    private func read(_ text: String) -> Reading { StructuredSample.read(text) { TopologyReader.read($0, from: $1) } }

    @Test func `edges come out once each and sorted`() {
        let reading = read("caller,callee\nweb,cart\nweb,auth\nweb,cart\ncart,cart\n,x\nlonely\n")
        #expect(reading.edges.map { "\($0.caller)>\($0.callee)" } == ["web>auth", "web>cart"])
        #expect(reading.rejections.map(\.line) == [6, 7])
    }

    @Test func `the header says which column is which, and none means the first two`() {
        #expect(read("weight,Callee,Caller\n1,b,a\n").edges == [ServiceMap.Edge(caller: "a", callee: "b")])
        #expect(read("a,b\n").edges == [ServiceMap.Edge(caller: "a", callee: "b")])
    }
}
