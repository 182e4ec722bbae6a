import Transport

/// Why a mail was not delivered.
package enum DeliveryError: Error, Hashable, Sendable {
    case badAddress(String)
    case noRecipient
    case unwritable(path: String, why: String)
    case programMissing(path: String)
    /// An exit code of sysexits.h, or another; `words` is the beginning of its standard error.
    case programFailed(path: String, exitCode: Int, words: String)
    case programTimedOut(path: String, seconds: Int)
    case transport(TransportError)
    case cancelled

    /// True when the outbox should try again by itself. A missing program, an unwritable folder, a certificate or a log-in that is
    /// refused count: somebody repairs it, and the mail is still wanted.
    package var isTransient: Bool {
        switch self {
        case .badAddress, .noRecipient: false
        case .unwritable, .programMissing, .programTimedOut, .cancelled: true
        // sysexits.h: EX_OSERR, EX_OSFILE, EX_CANTCREAT, EX_IOERR, EX_TEMPFAIL; ended by a signal is negative.
        case .programFailed(_, let code, _): code < 0 || [71, 72, 73, 74, 75].contains(code)
        case .transport(.mailRefused(_, let code, _)) where TransportError.isAboutLogin(code): true
        case .transport(.untrusted), .transport(.unreadablePassword), .transport(.passwordInClear): true
        case .transport(let error): error.isTransient
        }
    }
}

extension DeliveryError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .badAddress(let address): "`\(address)` is no mail address; write `name@example.org` or `Name <name@example.org>`"
        case .noRecipient: "the mail has no recipient; name one in the route's `to`"
        case .unwritable(let path, let why): "`\(path)` cannot be written: \(why); check the folder's permissions and free space"
        case .programMissing(let path): "`\(path)` cannot be started; install a mail program or set `path` to where it is"
        case .programFailed(let path, let code, let words):
            "`\(path)` \(code < 0 ? "was ended by signal \(-code)" : "ended with code \(code)")" + (words.isEmpty ? "" : ": \(words)")
        case .programTimedOut(let path, let seconds): "`\(path)` did not end within \(seconds) s and was stopped"
        case .transport(let error): error.description
        case .cancelled: "the run was interrupted"
        }
    }
}
