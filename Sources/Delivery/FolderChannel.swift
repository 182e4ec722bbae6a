import Glibc
import Model

/// Writes each mail as a file that any mail program opens. The file's name comes from the Message-ID, so a mail delivered
/// again is the same file: exactly once.
package struct FolderChannel: Channel {
    package static let descriptor = ChannelDescriptor(
        kind: "folder", summary: "Writes mails as `.eml` files into a folder.",
        settings: [
            .init(name: "path", kind: .path, usual: "var/outbox", summary: "the folder, made when it is missing"),
            .init(name: "from", kind: .address, usual: "caseboard@localhost", summary: "the sender"),
            .init(name: "host", kind: .text, summary: "the right side of Message-IDs; the sender's domain unless set"),
            .init(name: "to", kind: .addresses, summary: "the recipients, unless a route names others"),
        ],
        sample: """
            kind: folder
            path: var/outbox
            to: team@example.org
            """)

    private let folder: String
    private let identity: MailIdentity

    package init(settings: ChannelSettings) throws(DeliveryError) {
        folder = settings.path("path", usual: "var/outbox")
        identity = try MailIdentity(settings)
    }

    package func deliver(_ message: OutgoingMail, through access: ChannelAccess) async throws(DeliveryError) -> Receipt {
        let bytes = try Email.compose(message, from: identity)
        let path = "\(folder)/\(MailID.local(message.mail.id)).eml"
        try makeFolder()
        try AtomicFile.write(bytes, to: path)
        return Receipt(channel: Self.descriptor.kind, messageID: Email.messageID(message.mail.id, identity), detail: path)
    }

    private func makeFolder() throws(DeliveryError) {
        var path = ""
        for part in folder.split(separator: "/") {
            path += "/\(part)"
            if mkdir(path, 0o755) != 0, errno != EEXIST { throw .unwritable(path: path, why: String(cString: strerror(errno))) }
        }
    }
}

/// Writes a file so that it is there whole or not at all, also after a power cut.
enum AtomicFile {
    static func write(_ bytes: [UInt8], to path: String) throws(DeliveryError) {
        func failure() -> DeliveryError { .unwritable(path: path, why: String(cString: strerror(errno))) }
        let folder = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
        let name = path.split(separator: "/").last.map(String.init) ?? "mail"
        let beside = "\(folder)/.\(name).tmp"
        let descriptor = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else { throw failure() }
        var isOpen = true
        defer { if isOpen { close(descriptor) } }
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress.map { $0 + written }, bytes.count - written) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let error = failure()
                unlink(beside)
                throw error
            }
            written += count
        }
        guard fsync(descriptor) == 0 else { throw failure() }
        isOpen = false
        guard close(descriptor) == 0, rename(beside, path) == 0 else {
            let error = failure()
            unlink(beside)
            throw error
        }
        let parent = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard parent >= 0 else { return }  // the file is in place; only its name might be lost in a power cut
        defer { close(parent) }
        fsync(parent)
    }
}

extension MailIdentity {
    /// From the settings that every mail channel shares.
    init(_ settings: ChannelSettings) throws(DeliveryError) {
        let text = settings.text("from") ?? "caseboard@localhost"
        guard let from = MailAddress(text) else { throw .badAddress(text.clipped(to: 100)) }
        self.init(from: from, host: settings.text("host"))
    }
}
