import GRDBSQLite

/// A value bound to a parameter of a statement.
enum SQLValue {
    case null
    case int(Int64)
    case real(Double)
    case text(String)
    case blob([UInt8])

    static func optional(_ text: String?) -> SQLValue { text.map { .text($0) } ?? .null }
    static func optional(_ number: Int64?) -> SQLValue { number.map { .int($0) } ?? .null }
    static func flag(_ value: Bool) -> SQLValue { .int(value ? 1 : 0) }
}

/// Parameters by name, as `:name` in the SQL.
typealias Bindings = KeyValuePairs<String, SQLValue>

/// Text bound without its destructor is borrowed for the step; with this one SQLite copies it
/// (`SQLITE_TRANSIENT`, https://sqlite.org/c3ref/c_static.html; Swift cannot import the macro).
private let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

/// A prepared statement on the raw handle (https://sqlite.org/c3ref/stmt.html). It stays in this room, and is used only
/// inside an access of its connection.
final class Statement {
    let handle: OpaquePointer
    let sql: String
    /// Parameter names without their colon, in the order of their indexes.
    let names: [String]
    var isBusy = false
    private let database: OpaquePointer
    private var isFinal = false

    init(_ sql: String, on database: OpaquePointer) throws {
        var prepared: OpaquePointer?
        let code = sqlite3_prepare_v3(database, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
        guard code == SQLITE_OK, let prepared else { throw StoreError(database, code: code, sql: sql) }
        handle = prepared
        self.sql = sql
        self.database = database
        names = (0..<sqlite3_bind_parameter_count(prepared)).map { index in
            sqlite3_bind_parameter_name(prepared, index + 1).map { String(String(cString: $0).dropFirst()) } ?? ""
        }
    }

    deinit { finalize() }

    func finalize() {
        if isFinal { return }
        isFinal = true
        sqlite3_finalize(handle)
    }

    func bind(_ bindings: Bindings) throws {
        precondition(bindings.count == names.count, "each parameter of a statement is bound once: \(sql)")
        for (name, value) in bindings {
            guard let index = names.firstIndex(of: name) else {
                preconditionFailure("the statement has no parameter `\(name)`: \(sql)")
            }
            try bind(Int32(index + 1), value)
        }
    }

    func bind(_ index: Int32, _ value: SQLValue) throws {
        let code =
            switch value {
            case .null: sqlite3_bind_null(handle, index)
            case .int(let number): sqlite3_bind_int64(handle, index, number)
            case .real(let number): sqlite3_bind_double(handle, index, number)
            case .text(var text):
                text.withUTF8 { bytes in
                    bytes.withMemoryRebound(to: CChar.self) {
                        // A nil pointer would bind NULL: the empty string has an address of its own.
                        $0.baseAddress.map { sqlite3_bind_text64(handle, index, $0, UInt64(bytes.count), copied, UInt8(SQLITE_UTF8)) }
                            ?? sqlite3_bind_text(handle, index, "", 0, copied)
                    }
                }
            case .blob(let bytes):
                bytes.isEmpty
                    ? sqlite3_bind_zeroblob(handle, index, 0)
                    : bytes.withUnsafeBytes { sqlite3_bind_blob64(handle, index, $0.baseAddress, UInt64($0.count), copied) }
            }
        if code != SQLITE_OK { throw StoreError(database, code: code, sql: sql) }
    }

    /// True when there is a row to read.
    func step() throws -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let code: throw StoreError(database, code: code, sql: sql)
        }
    }

    func reset() {
        sqlite3_reset(handle)  // repeats the code of the last step, which was already handled
        sqlite3_clear_bindings(handle)
    }
}

/// The row a statement stands on. Columns count from 0.
struct Row {
    let handle: OpaquePointer

    func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }
    func int(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }
    func flag(_ column: Int32) -> Bool { int(column) != 0 }
    func real(_ column: Int32) -> Double { sqlite3_column_double(handle, column) }
    func optionalInt(_ column: Int32) -> Int64? { isNull(column) ? nil : int(column) }
    func text(_ column: Int32) -> String { String(decoding: bytes(text: column), as: UTF8.self) }
    func optionalText(_ column: Int32) -> String? { isNull(column) ? nil : text(column) }
    /// Borrowed until the next step.
    func bytes(text column: Int32) -> UnsafeBufferPointer<UInt8> {
        let start = sqlite3_column_text(handle, column)
        return UnsafeBufferPointer(start: start, count: start == nil ? 0 : Int(sqlite3_column_bytes(handle, column)))
    }
    /// Borrowed until the next step.
    func bytes(blob column: Int32) -> UnsafeRawBufferPointer {
        let start = sqlite3_column_blob(handle, column)
        return UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : Int(sqlite3_column_bytes(handle, column)))
    }
    /// Text or blob, whichever the column holds: for columns of type ANY.
    func isBlob(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_BLOB }
}

extension StoreError {
    /// The error a result code stands for (https://sqlite.org/rescode.html).
    init(_ database: OpaquePointer?, code: Int32, sql: String) {
        let message = sqlite3_errmsg(database).map { String(cString: $0) } ?? "no message"
        switch code & 0xFF {
        case SQLITE_BUSY, SQLITE_LOCKED: self = .busy
        case SQLITE_FULL: self = .full(message: message)
        case SQLITE_CORRUPT, SQLITE_NOTADB: self = .damaged(message: message)
        default: self = .statement(code: sqlite3_extended_errcode(database), message: message, sql: sql)
        }
    }
}
