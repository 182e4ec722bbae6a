import Foundation
import TestKit

/// A PostgreSQL server that knows one answer (PostgreSQL's documentation, "Frontend/Backend Protocol", version 3.0).
struct PostgresHost: SpokenServer {
    var columns: [(name: String, type: UInt32)]
    var rows: [[String?]]

    func serve(_ connection: LoopbackServer.Connection, of server: LoopbackServer, say: Speech) {
        while let head = connection.readBytes(8) {
            switch Self.number(head[4...]) {
            case 80_877_103:  // whether it speaks TLS. It does not.
                guard say(Utterance(.connecting, Array("N".utf8)), connection) else { return }
            case 196_608:
                guard connection.readBytes(Self.number(head[..<4]) - 8) != nil else { return }
                var said = Self.message("R", Self.bytes(0))
                for (name, value) in [("server_version", "15.8"), ("client_encoding", "UTF8"), ("integer_datetimes", "on")] {
                    said += Self.message("S", Self.text(name) + Self.text(value))
                }
                said += Self.message("K", Self.bytes(1) + Self.bytes(2)) + Self.ready("I")
                guard say(Utterance(.loggingIn, said), connection) else { return }
                return converse(connection, server, say)
            default:  // to cancel what another connection does: it never answers
                return connection.waitForEnd()
            }
        }
    }

    private func converse(_ connection: LoopbackServer.Connection, _ server: LoopbackServer, _ say: Speech) {
        while let head = connection.readBytes(5), let body = connection.readBytes(Self.number(head[1...]) - 4) {
            let said: Utterance
            switch Character(UnicodeScalar(head[0])) {
            case "Q":
                let words = String(decoding: body.dropLast(), as: UTF8.self)
                server.note(words)
                let verb = String(words.prefix { $0 != " " })
                let items = verb == "SELECT" ? [Self.description([("time", 20)]), Self.row(["1767268800000"])] : []
                let tag = verb == "SELECT" ? "SELECT 1" : verb
                said = Utterance(items: items, end: Self.message("C", Self.text(tag)) + Self.ready("T"))
            case "P":
                server.note(String(decoding: body.dropFirst().prefix { $0 != 0 }, as: UTF8.self))
                continue
            case "S":
                let start = Self.message("1") + Self.message("2") + Self.description(columns)
                let items = rows.map(Self.row)
                said = Utterance(
                    .answering, items: [start + (items.first ?? [])] + items.dropFirst(),
                    end: Self.message("C", Self.text("SELECT \(rows.count)")) + Self.ready("T"))
            case "X": return
            default: continue
            }
            guard say(said, connection) else { return }
        }
    }

    // MARK: Messages

    static func row(_ cells: [String?]) -> [UInt8] {
        var body = short(cells.count)
        for cell in cells { body += cell.map { bytes($0.utf8.count) + Array($0.utf8) } ?? bytes(-1) }
        return message("D", body)
    }
    static func refusal(_ state: String, _ words: String, severity: String = "FATAL") -> [UInt8] {
        message("E", ["S\(severity)", "V\(severity)", "C\(state)", "M\(words)"].flatMap(text) + [0])
    }
    static func ready(_ state: Character) -> [UInt8] { message("Z", Array("\(state)".utf8)) }
    private static func description(_ columns: [(name: String, type: UInt32)]) -> [UInt8] {
        var body = short(columns.count)
        for column in columns {
            // The table and the place in it, the type, its size, its modifier, as text.
            for part in [text(column.name), bytes(0), short(0), bytes(Int(column.type)), short(-1), bytes(-1), short(0)] { body += part }
        }
        return message("T", body)
    }
    static func message(_ type: Character, _ body: [UInt8] = []) -> [UInt8] { Array("\(type)".utf8) + bytes(body.count + 4) + body }
    private static func text(_ text: String) -> [UInt8] { Array(text.utf8) + [0] }
    private static func bytes(_ number: Int) -> [UInt8] { withUnsafeBytes(of: Int32(truncatingIfNeeded: number).bigEndian) { Array($0) } }
    private static func short(_ number: Int) -> [UInt8] { withUnsafeBytes(of: Int16(truncatingIfNeeded: number).bigEndian) { Array($0) } }
    private static func number(_ bytes: ArraySlice<UInt8>) -> Int { bytes.reduce(0) { $0 << 8 | Int($1) } }
}
