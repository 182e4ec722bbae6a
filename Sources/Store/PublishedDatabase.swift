import Foundation
import GRDB
import GRDBSQLite
import Model

/// The read-only copy for everybody: `public/caseboard.db`, documented tables and views of investigations and their evidence.
/// Nothing of the store's own papers is in it: no cursor, no address, no dead letter, no audit, no setting.
///
/// It is made from nothing each time, in a fixed order, so that equal stores give equal bytes.
package enum PublishedDatabase {
    /// Bounds, the newest investigations first.
    package static let maxInvestigations = 20_000
    package static let maxEvidence = 200_000

    /// Makes the database at `path`, which must not exist, from the store at `store`. `scratch` is a free path beside it.
    package static func make(at path: String, scratch: String, from store: String) throws {
        for file in [path, scratch] { try? FileManager.default.removeItem(atPath: file) }  // left by a run that was stopped
        defer { for suffix in ["", "-journal"] { try? FileManager.default.removeItem(atPath: scratch + suffix) } }  // none is as good
        var configuration = GRDB.Configuration()
        configuration.label = "caseboard.published"
        configuration.busyMode = .timeout(CaseStore.busyTimeoutSeconds)
        do {
            let queue = try DatabaseQueue(path: scratch, configuration: configuration)
            try queue.writeWithoutTransaction { database in
                try database.execute(sql: "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")
                try database.execute(sql: "ATTACH DATABASE :store AS store", arguments: ["store": store])
                try database.execute(sql: "BEGIN")
                for table in tables { try make(table, database) }
                try database.execute(sql: PublishedSchema.views)
                try describe(database)
                try database.execute(sql: "COMMIT")
                try database.execute(sql: "DETACH DATABASE store")
                try database.execute(sql: "VACUUM INTO :path", arguments: ["path": path])
            }
            try queue.close()
        } catch let error as DatabaseError {
            throw StoreError.statement(
                code: error.extendedResultCode.rawValue, message: error.message ?? "no message", sql: error.sql ?? "")
        }
    }

    private static func make(_ table: PublishedTable, _ database: Database) throws {
        let columns = table.columns.map { "\($0.name) \($0.type)" }.joined(separator: ", ")
        try database.execute(sql: "CREATE TABLE \(table.name) (\(columns)\(table.key.isEmpty ? "" : ", \(table.key)")) STRICT")
        let values = table.columns.map(\.value).joined(separator: ", ")
        try database.execute(sql: "INSERT INTO main.\(table.name) SELECT \(values) FROM \(table.rows)")
        for index in table.indexes {
            let name = index.map { $0.isLetter || $0 == "_" ? String($0) : "" }.joined()
            try database.execute(sql: "CREATE INDEX \(table.name)_by_\(name) ON \(table.name)(\(index))")
        }
    }

    /// `about`: what each table, view and column means.
    private static func describe(_ database: Database) throws {
        try database.execute(sql: "CREATE TABLE about (name TEXT NOT NULL, column_name TEXT, description TEXT NOT NULL) STRICT")
        for (name, column, words) in descriptions {
            try database.execute(
                sql: "INSERT INTO about (name, column_name, description) VALUES (:name, :column, :words)",
                arguments: ["name": name, "column": column, "words": words])
        }
    }

    private static var descriptions: [(name: String, column: String?, words: String)] {
        var out: [(name: String, column: String?, words: String)] = [("about", nil, "What each table, view and column means.")]
        for table in tables {
            out.append((table.name, nil, table.words))
            for column in table.columns { out.append((table.name, column.name, column.words)) }
        }
        for view in PublishedSchema.viewWords { out.append((view.name, nil, view.words)) }
        return out
    }

    /// The same descriptions as Datasette reads them (https://docs.datasette.io/en/stable/metadata.html).
    package static func metadata(title: String) -> JSONValue {
        var described: [String: JSONValue] = [:]
        for (name, column, words) in descriptions {
            var table = described[name]?.objectValue ?? [:]
            if let column {
                var columns = table["columns"]?.objectValue ?? [:]
                columns[column] = .string(words)
                table["columns"] = .object(columns)
            } else {
                table["description"] = .string(words)
            }
            described[name] = .object(table)
        }
        return [
            "title": .string(title), "description": "Investigations and their evidence, as published by Caseboard. Times are UTC.",
            "databases": ["caseboard": ["tables": .object(described)]],
        ]
    }

    private static var tables: [PublishedTable] { PublishedSchema.tables }
}

struct PublishedTable {
    struct Column {
        var name: String
        var type: String
        /// What it is taken from.
        var value: String
        var words: String
        init(_ name: String, _ type: String, _ value: String, _ words: String) {
            self.name = name
            self.type = type
            self.value = value
            self.words = words
        }
        static func text(_ name: String, _ value: String, _ words: String) -> Column { Column(name, "TEXT", value, words) }
        static func number(_ name: String, _ value: String, _ words: String) -> Column { Column(name, "INTEGER", value, words) }
        static func real(_ name: String, _ value: String, _ words: String) -> Column { Column(name, "REAL", value, words) }
        /// A moment as RFC 3339, from milliseconds.
        static func time(_ name: String, _ value: String, _ words: String) -> Column {
            Column(name, "TEXT", "strftime('%Y-%m-%dT%H:%M:%fZ', \(value) / 1000.0, 'unixepoch')", words)
        }
    }
    var name: String
    var words: String
    var columns: [Column]
    var key = ""
    /// What follows FROM.
    var rows: String
    var indexes: [String] = []
}
