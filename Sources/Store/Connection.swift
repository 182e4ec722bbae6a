import GRDB
import GRDBSQLite

/// Makes the k-th write of a store fail, so that tests can stop a run at every point and run it again.
package struct FaultPoint: Sendable {
    /// The write that fails, from 1; nil lets all pass.
    package var failAfter: Int?
    package private(set) var writes = 0
    package init(failAfter: Int? = nil) { self.failAfter = failAfter }

    mutating func write() throws {
        writes += 1
        if writes == failAfter { throw StoreError.injected(write: writes) }
    }
}

/// The one connection: its statements, prepared once, and the names it has numbered. Used only inside `CaseStore.access`.
final class Connection {
    let database: Database
    let handle: OpaquePointer
    var faults = FaultPoint()
    /// Numbers given to names in the table `name`; emptied when a transaction is rolled back.
    var numbers: [String: Int64] = [:]
    private var statements: [String: Statement] = [:]

    init(_ database: Database) throws {
        guard let handle = database.sqliteConnection else { throw StoreError.busy }
        self.database = database
        self.handle = handle
    }

    func finalizeStatements() {
        for statement in statements.values { statement.finalize() }
        statements = [:]
    }

    /// A prepared statement, from the shelf when it is there and not in use.
    func statement(_ sql: String) throws -> Statement {
        if let known = statements[sql], !known.isBusy { return known }
        let made = try Statement(sql, on: handle)
        if statements[sql] == nil { statements[sql] = made }
        return made
    }

    /// Executes a writing statement; returns the number of rows it changed.
    @discardableResult
    func run(_ sql: String, _ bindings: Bindings = [:]) throws -> Int {
        try faults.write()
        let statement = try statement(sql)
        defer { statement.reset() }
        try statement.bind(bindings)
        while try statement.step() {}
        return Int(sqlite3_changes(handle))
    }

    /// Calls `body` for each row.
    func forEach(_ sql: String, _ bindings: Bindings = [:], _ body: (Row) throws -> Void) throws {
        try scan(
            sql, bindings,
            while: { row in
                try body(row)
                return true
            })
    }

    /// Calls `body` for each row until it gives false.
    func scan(_ sql: String, _ bindings: Bindings = [:], while body: (Row) throws -> Bool) throws {
        let statement = try statement(sql)
        statement.isBusy = true
        defer {
            statement.reset()
            statement.isBusy = false
        }
        try statement.bind(bindings)
        while try statement.step() {
            if try !body(Row(handle: statement.handle)) { return }
        }
    }

    func all<T>(_ sql: String, _ bindings: Bindings = [:], _ read: (Row) throws -> T) throws -> [T] {
        var out: [T] = []
        try forEach(sql, bindings) { out.append(try read($0)) }
        return out
    }

    func first<T>(_ sql: String, _ bindings: Bindings = [:], _ read: (Row) throws -> T) throws -> T? {
        var found: T?
        try scan(
            sql, bindings,
            while: { row in
                found = try read(row)
                return false
            })
        return found
    }

    func number(_ sql: String, _ bindings: Bindings = [:]) throws -> Int64 {
        try first(sql, bindings) { $0.int(0) } ?? 0
    }

    var lastInsertedKey: Int64 { sqlite3_last_insert_rowid(handle) }

    // MARK: Names

    /// The number of a name that many rows share (a service, an operation); given when first asked for.
    func number(of name: String) throws -> Int64 {
        if let known = numbers[name] { return known }
        if let stored = try storedNumber(of: name) { return stored }
        try run("INSERT INTO name (text) VALUES (:text)", ["text": .text(name)])
        numbers[name] = lastInsertedKey
        return lastInsertedKey
    }

    /// The same without giving one; nil when the name was never seen.
    func storedNumber(of name: String) throws -> Int64? {
        if let known = numbers[name] { return known }
        let found = try first("SELECT name_id FROM name WHERE text = :text", ["text": .text(name)]) { $0.int(0) }
        if let found { numbers[name] = found }
        return found
    }
}
