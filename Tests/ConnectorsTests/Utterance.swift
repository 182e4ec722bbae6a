import TestKit

/// What a server that does not speak HTTP is about to say, for those who would have it say something else.
struct Utterance: Sendable {
    enum Moment: Sendable { case connecting, loggingIn, answering, otherwise }
    var moment = Moment.otherwise
    var bytes: [UInt8]
    /// Of an answer with items: where the second one begins and where the last one ends.
    var secondItem = 0
    var end = 0
    /// What the protocol has the end of the answer begin with.
    var tag = ""

    init(_ moment: Moment = .otherwise, _ bytes: [UInt8], tag: String = "") {
        self.moment = moment
        self.bytes = bytes
        self.tag = tag
    }
    init(_ moment: Moment = .otherwise, items: [[UInt8]], end: [UInt8], tag: String = "") {
        self.init(moment, items.reduce([], +) + end, tag: tag)
        secondItem = items.first?.count ?? 0
        self.end = bytes.count - end.count
    }
}

/// Says it, or something else. False ends the connection.
typealias Speech = @Sendable (Utterance, LoopbackServer.Connection) -> Bool

/// A server that speaks a protocol of its own on one connection.
protocol SpokenServer: Sendable {
    func serve(_ connection: LoopbackServer.Connection, of server: LoopbackServer, say: Speech)
}
