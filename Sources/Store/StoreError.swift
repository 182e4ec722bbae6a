import Model

/// What can go wrong in the store, with its evidence; the words are in the extension below.
package enum StoreError: Error, Hashable, Sendable {
    /// The file is not there and was not to be made.
    case missing(path: String)
    /// The file cannot be opened or made.
    case unopenable(path: String, reason: String)
    /// A SQLite file, but of another program.
    case foreign(path: String)
    /// Written by a newer Caseboard.
    case newerSchema(path: String)
    /// Written by an older Caseboard, and opened for reading only.
    case olderSchema(path: String)
    /// SQLite refused a statement. `sql` is ours and holds no values.
    case statement(code: Int32, message: String, sql: String)
    /// Another process holds the store longer than the busy timeout.
    case busy
    case full(message: String)
    case damaged(message: String)
    case unknownCase(key: String)
    /// Two investigations would have one number.
    case numberTaken(number: Int, by: String)
    /// A derived signal of a type its scope does not own.
    case outOfScope(type: String, scope: String)
    /// A call inside a transaction failed and the caller went on; nothing was written.
    case poisoned(by: String)
    /// A row that this version cannot read.
    case unreadable(table: String, key: String)
    /// Raised by `FaultPoint`, in tests only.
    case injected(write: Int)
}

extension StoreError {
    /// True when the same call may succeed later without anybody changing anything.
    package var isTransient: Bool {
        switch self {
        case .busy, .full, .injected: true
        default: false
        }
    }
}

extension StoreError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .missing(let path):
            "there is no store at `\(path)`; `caseboard run` makes one"
        case .unopenable(let path, let reason):
            "the store `\(path)` cannot be opened: \(reason); check that the folder exists and may be written"
        case .foreign(let path):
            "`\(path)` is a database of another program; move it away or name another store"
        case .newerSchema(let path):
            "the store `\(path)` was written by a newer caseboard; install that version or restore a backup"
        case .olderSchema(let path):
            "the store `\(path)` was written by an older caseboard; `caseboard upgrade` brings it up to date"
        case .statement(let code, let message, let sql):
            "the store refused a statement: \(message) (SQLite \(code)) in `\(sql.clipped(to: 160))`; `caseboard doctor` looks for damage"
        case .busy:
            "the store is in use by another process; try again when it has finished"
        case .full(let message):
            "the store cannot grow: \(message); make room on its disk and run again"
        case .damaged(let message):
            "the store is damaged: \(message); `caseboard doctor` says where, `caseboard restore` brings back a backup"
        case .unknownCase(let key):
            "the store has no investigation `\(key)`; `caseboard list` names those it has"
        case .numberTaken(let number, let key):
            "investigation number \(number) is taken by `\(key)`; nothing was changed, run again"
        case .outOfScope(let type, let scope):
            "a signal of type `\(type)` was derived in the scope `\(scope)`, which does not own it; nothing was changed"
        case .poisoned(let reason):
            "an earlier step of this transaction failed (\(reason)); nothing was changed"
        case .unreadable(let table, let key):
            "row `\(key.clipped(to: 80))` of table `\(table)` is not readable; `caseboard doctor` says more"
        case .injected(let write):
            "write \(write) was made to fail by a test"
        }
    }
}
