import Foundation
import GRDB
import GRDBSQLite
import Model

/// Everything Caseboard remembers: one SQLite file, one connection, owned by the task of the run.
///
/// Every function that writes is a transaction of its own, or joins the one around it; it commits whole or not at all.
/// The class is not `Sendable`, so the compiler refuses a second writer. SQLite runs in WAL mode with foreign keys on
/// (https://sqlite.org/wal.html); a commit is on the disk when the call returns.
package final class CaseStore {
    let queue: DatabaseQueue
    let connection: Connection
    package let isReadOnly: Bool
    private var isInAccess = false
    private var isInTransaction = false
    /// The first failure inside the transaction under way.
    private var poison: (any Error)?

    /// `CBRD`, so that `file` and we tell our files from others (https://sqlite.org/pragma.html#pragma_application_id).
    static let applicationID: Int64 = 0x4342_5244

    private init(queue: DatabaseQueue, isReadOnly: Bool) throws {
        self.queue = queue
        self.isReadOnly = isReadOnly
        connection = try queue.writeWithoutTransaction { try Connection($0) }
    }

    deinit { queue.writeWithoutTransaction { _ in connection.finalizeStatements() } }

    /// Opens the store, brings its schema up to date (unless it is read-only) and makes it when it is not there.
    package static func open(path: String, createIfMissing: Bool = true, readOnly: Bool = false) throws -> CaseStore {
        let exists = FileManager.default.fileExists(atPath: path)
        if !exists && (readOnly || !createIfMissing) { throw StoreError.missing(path: path) }
        do {
            let queue = try DatabaseQueue(path: path, configuration: configuration(readOnly: readOnly))
            let store = try CaseStore(queue: queue, isReadOnly: readOnly)
            try store.prepareSchema(path: path)
            return store
        } catch let error as DatabaseError {
            throw storeError(error, path: path)
        }
    }

    /// A store that lives as long as the value: for tests, for `investigate` and for `replay`.
    package static func inMemory() throws -> CaseStore {
        do {
            let store = try CaseStore(queue: try DatabaseQueue(configuration: configuration(readOnly: false)), isReadOnly: false)
            try store.prepareSchema(path: ":memory:")
            return store
        } catch let error as DatabaseError {
            throw storeError(error, path: ":memory:")
        }
    }

    private static func configuration(readOnly: Bool) -> Configuration {
        var configuration = Configuration()
        configuration.readonly = readOnly
        configuration.label = "caseboard"
        configuration.foreignKeysEnabled = true
        configuration.busyMode = .timeout(busyTimeoutSeconds)
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA cache_size = -\(cacheKiB); PRAGMA synchronous = FULL")
        }
        return configuration
    }
    static let busyTimeoutSeconds = 10.0
    static let cacheKiB = 48 << 10
    static let publishingCacheKiB = 8 << 10

    /// From now on little of the file is kept in memory: publishing reads each row about once.
    package func shrinkCache() throws { _ = try access { try $0.first("PRAGMA cache_size = -\(Self.publishingCacheKiB)") { $0.int(0) } } }

    private func prepareSchema(path: String) throws {
        let identity = try access { try $0.number("PRAGMA application_id") }
        let tables = try access { try $0.number("SELECT count(*) FROM sqlite_schema") }
        if identity != Self.applicationID && tables > 0 { throw StoreError.foreign(path: path) }
        // Only now that the file is known to be ours; the mode stays with the file.
        if !isReadOnly { _ = try access { try $0.first("PRAGMA journal_mode = WAL") { $0.text(0) } } }
        let migrator = Migrations.migrator
        let (isNewer, isComplete) = try queue.read { (try migrator.hasBeenSuperseded($0), try migrator.hasCompletedMigrations($0)) }
        if isNewer { throw StoreError.newerSchema(path: path) }
        if isComplete { return }
        if isReadOnly { throw StoreError.olderSchema(path: path) }
        try migrator.migrate(queue)
    }

    private static func storeError(_ error: DatabaseError, path: String) -> StoreError {
        switch error.resultCode {
        case .SQLITE_NOTADB: .foreign(path: path)
        case .SQLITE_CORRUPT: .damaged(message: error.message ?? "no message")
        case .SQLITE_BUSY, .SQLITE_LOCKED: .busy
        case .SQLITE_FULL: .full(message: error.message ?? "no message")
        case .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_IOERR, .SQLITE_AUTH:
            .unopenable(path: path, reason: error.message ?? "no reason given")
        default: .statement(code: error.extendedResultCode.rawValue, message: error.message ?? "no message", sql: error.sql ?? "")
        }
    }

    /// How many migrations the file has seen.
    package var schemaVersion: Int {
        get throws { Int(try access { try $0.number("SELECT count(*) FROM grdb_migrations") }) }
    }

    /// Lets tests fail the k-th write.
    package var faults: FaultPoint {
        get { connection.faults }
        set { connection.faults = newValue }
    }
}

// MARK: - Access

extension CaseStore {
    /// Everything `body` writes is committed together, or not at all. Calls inside join it. When one of them fails the whole
    /// transaction fails, also when `body` swallows the error.
    @discardableResult
    package func transaction<T>(_ body: () throws -> T) throws -> T {
        try write { _ in try body() }
    }

    /// Reads, in the transaction around it if there is one.
    func access<T>(_ body: (Connection) throws -> T) throws -> T {
        if isInAccess { return try body(connection) }
        return try queue.writeWithoutTransaction { _ in
            isInAccess = true
            defer { isInAccess = false }
            return try body(connection)
        }
    }

    /// Writes, in an immediate transaction.
    func write<T>(_ body: (Connection) throws -> T) throws -> T {
        if isInTransaction {
            do {
                return try body(connection)
            } catch {
                if poison == nil { poison = error }
                throw error
            }
        }
        return try access { connection in
            try connection.begin()
            isInTransaction = true
            defer {
                isInTransaction = false
                poison = nil
            }
            do {
                let result = try body(connection)
                if let poison { throw StoreError.poisoned(by: "\(poison)") }
                try connection.commit()
                return result
            } catch {
                connection.rollback()
                throw error
            }
        }
    }
}

extension Connection {
    fileprivate func begin() throws { try execute("BEGIN IMMEDIATE") }
    fileprivate func commit() throws {
        try faults.write()
        try execute("COMMIT")
    }
    fileprivate func rollback() {
        numbers = [:]
        // After some failures SQLite has rolled back by itself (https://sqlite.org/lang_transaction.html).
        if sqlite3_get_autocommit(handle) == 0 { sqlite3_exec(handle, "ROLLBACK", nil, nil, nil) }
    }
    private func execute(_ sql: String) throws {
        let code = sqlite3_exec(handle, sql, nil, nil, nil)
        if code != SQLITE_OK { throw StoreError(handle, code: code, sql: sql) }
    }
}
