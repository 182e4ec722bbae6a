import Glibc
import Model
import Subprocess
import SystemPackage

/// Hands each mail to the machine's own mail program, as `sendmail -i -f SENDER RECIPIENT…`; sendmail, postfix, exim, msmtp
/// and ssmtp all understand it. Arguments are a list and no shell is involved.
package struct SendmailChannel: Channel {
    package static let descriptor = ChannelDescriptor(
        kind: "sendmail", summary: "Sends mails through the machine's mail program.",
        settings: [
            .init(name: "from", kind: .address, isRequired: true, summary: "the sender"),
            .init(name: "to", kind: .addresses, summary: "the recipients, unless a route names others"),
            .init(name: "path", kind: .path, usual: "/usr/sbin/sendmail", summary: "the program"),
            .init(name: "host", kind: .text, summary: "the right side of Message-IDs; the sender's domain unless set"),
        ],
        sample: """
            kind: sendmail
            from: Caseboard <caseboard@example.org>
            to: team@example.org
            """)

    private static let timeoutSeconds = 60
    private let program: String
    private let identity: MailIdentity

    package init(settings: ChannelSettings) throws(DeliveryError) {
        program = settings.path("path", usual: "/usr/sbin/sendmail")
        identity = try MailIdentity(settings)
    }

    package func deliver(_ message: OutgoingMail, through access: ChannelAccess) async throws(DeliveryError) -> Receipt {
        let bytes = try Email.compose(message, from: identity)
        let recipients = try Email.recipients(of: message).map(\.address)
        // sendmail wants the machine's own line ends on its input.
        let input = bytes.filter { $0 != 13 }
        let (code, words) = try await run(["-i", "-f", identity.from.address] + recipients, input: input)
        guard code == 0 else { throw .programFailed(path: program, exitCode: code, words: words.clipped(to: 300)) }
        return Receipt(
            channel: Self.descriptor.kind, messageID: Email.messageID(message.mail.id, identity), detail: "accepted by \(program)")
    }

    private enum Ending: Sendable {
        case ended(code: Int, words: String)
        case notStarted
        case timedOut
        case cancelled
    }

    /// The program's exit code, negative for a signal, and what it said on standard error.
    private func run(_ arguments: [String], input: [UInt8]) async throws(DeliveryError) -> (Int, String) {
        let program = program
        // A file and not a pipe: a program may end without reading, and then nobody is left writing.
        guard let file = tmpfile() else { throw .unwritable(path: "/tmp", why: String(cString: strerror(errno))) }
        defer { fclose(file) }
        guard fwrite(input, 1, input.count, file) == input.count, fflush(file) == 0, lseek(fileno(file), 0, SEEK_SET) == 0 else {
            throw .unwritable(path: "/tmp", why: String(cString: strerror(errno)))
        }
        let descriptor = FileDescriptor(rawValue: fileno(file))
        let ending = await withTaskGroup(of: Ending.self) { group in
            group.addTask {
                do {
                    let result = try await Subprocess.run(
                        .path(FilePath(program)), arguments: Arguments(arguments),
                        input: .fileDescriptor(descriptor, closeAfterSpawningProcess: false), output: .discarded,
                        error: .string(limit: 16 << 10))
                    switch result.terminationStatus {
                    case .exited(let code): return .ended(code: Int(code), words: result.standardError)
                    case .signaled(let signal):
                        return Task.isCancelled ? .cancelled : .ended(code: -Int(signal), words: result.standardError)
                    }
                } catch let error as SubprocessError where error.code == .executableNotFound || error.code == .spawnFailed {
                    return .notStarted
                } catch {
                    return Task.isCancelled ? .cancelled : .ended(code: -1, words: "\(error)")
                }
            }
            group.addTask {
                // An early end means that the program ended first; then nobody looks at this result.
                try? await Task.sleep(for: .seconds(Self.timeoutSeconds))
                return .timedOut
            }
            let first = await group.next() ?? .cancelled
            group.cancelAll()
            return first
        }
        switch ending {
        case .ended(let code, let words): return (code, words)
        case .notStarted: throw .programMissing(path: program)
        case .timedOut: throw Task.isCancelled ? .cancelled : .programTimedOut(path: program, seconds: Self.timeoutSeconds)
        case .cancelled: throw .cancelled
        }
    }
}
