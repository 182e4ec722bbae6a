import Formats
import Transport

/// Why a source as a whole could not be read. What concerns one file or one commit is a dead letter instead.
package enum ConnectorError: Error, Hashable, Sendable {
    case unknownKind(kind: String, nearest: String?)
    case badSetting(setting: String, why: String)
    case programMissing(program: String)
    case notARepository(path: String, words: String)
    /// `words` is the end of git's standard error.
    case gitFailed(path: String, command: String, exitCode: Int, words: String)
    case gitTimedOut(path: String, command: String, seconds: Int)
    case gitSaidTooMuch(path: String, command: String, limitBytes: Int)
    case network(CourierError)
    /// A lasting answer that is no success; `words` is what the server said, `remedy` what to do about it.
    case refused(place: String, status: Int, words: String, remedy: String)
    /// The server refuses to look through so much of the past at once; `words` is what it said.
    case tooLong(place: String, words: String)
    /// The secret for a source cannot be had. `why` never holds it.
    case noSecret(setting: String, why: String)
    case programFailed(program: String, why: String)
    case programSaidTooMuch(program: String, limitBytes: Int)
    case cancelled

    /// True when the next run may succeed without anybody changing anything.
    package var isTransient: Bool {
        switch self {
        case .gitTimedOut, .programFailed, .cancelled: true
        case .network(let error): error.isTransient
        // 128 is git's word for many faults, of which a lock or a half-written pack pass.
        case .gitFailed(_, _, let code, _): code == 128 || code < 0
        case .unknownKind, .badSetting, .programMissing, .programSaidTooMuch, .notARepository, .gitSaidTooMuch, .refused, .tooLong,
            .noSecret:
            false
        }
    }

    /// A refusal with what to do about its status, where the connector knows better than HTTP does.
    func with(remedy: (Int) -> String?) -> ConnectorError {
        guard case .refused(let place, let status, let words, let usual) = self else { return self }
        return .refused(place: place, status: status, words: words, remedy: remedy(status) ?? usual)
    }

    /// True when asking for less would help.
    var isTooMuch: Bool {
        switch self {
        case .network(.failed(.tooLarge, _)), .network(.failed(.tooManyRows, _)), .programSaidTooMuch, .tooLong: true
        default: false
        }
    }
}

extension ConnectorError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unknownKind(let kind, let nearest):
            "no source kind is named `\(kind)`; "
                + (nearest.map { "did you mean `\($0)`?" }
                    ?? "the kinds are " + ConnectorCatalog.all.map { "`\($0.descriptor.kind)`" }.joined(separator: ", "))
        case .badSetting(let setting, let why): "the setting `\(setting)` cannot be used: \(why)"
        case .programMissing(let program): "`\(program)` was not found on the PATH; install it"
        case .notARepository(let path, let words):
            "`\(path)` is no git repository" + (words.isEmpty ? "" : " (\(words))")
                + "; name the folder that holds `.git`, or a bare repository"
        case .gitFailed(let path, let command, let code, let words):
            "`git \(command)` in `\(path)` \(code < 0 ? "was ended by signal \(-code)" : "ended with code \(code)")"
                + (words.isEmpty ? "" : ": \(words)")
        case .gitTimedOut(let path, let command, let seconds):
            "`git \(command)` in `\(path)` did not end within \(seconds) s and was stopped"
        case .gitSaidTooMuch(let path, let command, let limit):
            "`git \(command)` in `\(path)` said more than \(limit) bytes; read less with `branch` or `since`"
        case .network(let error): "\(error)"
        case .refused(let place, let status, let words, let remedy):
            "\(place) answered with status \(status)" + (words.isEmpty ? "" : ": \(words)") + (remedy.isEmpty ? "" : "; \(remedy)")
        case .tooLong(let place, let words): "\(place) looks through no second of it: \(words); let the query select less"
        case .noSecret(let setting, let why): "there is no secret from `\(setting)`: \(why)"
        case .programFailed(let program, let why): "`\(program)` \(why)"
        case .programSaidTooMuch(let program, let limit): "`\(program)` printed more than \(limit >> 20) MiB"
        case .cancelled: "the run was interrupted"
        }
    }
}
