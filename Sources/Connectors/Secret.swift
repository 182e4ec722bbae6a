import Foundation
import Model
import Transport

/// A password or token. It has no description, so that no message, log or dump can hold it.
struct Secret: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    fileprivate let text: String
    init?(_ text: String) {
        guard !text.isEmpty else { return nil }
        self.text = text
    }
    var description: String { "a secret" }
    var debugDescription: String { description }
    var customMirror: Mirror { Mirror(self, children: [:]) }

    /// For a log-in in a protocol that is not HTTP.
    var password: String { text }

    /// What a server says without what we said to it.
    func removed(from words: String) -> String { text.utf8.count < 4 ? words : words.replacing(text, with: "…") }
}

/// Where a source's secret is kept and how it is shown to the server. Secrets come from a file, from the credentials that
/// systemd hands to a unit, from a command, and at last from the environment; never from the configuration or an argument.
struct SecretSource: Sendable {
    private enum Place: Hashable {
        case file(String)
        case command([String])
        case variable(String)
    }
    private enum Use: Hashable {
        case bearer
        case basic(username: String)
        case header(String)
    }
    private let places: [Place]
    private let use: Use
    private static let commandSeconds = 10

    static let settings: [SettingDescriptor] = [
        SettingDescriptor(
            "secret_file", .path,
            "a file whose first line is the password or token; a bare name is looked for in `$CREDENTIALS_DIRECTORY` first"),
        SettingDescriptor("secret_command", .command, "a program that prints it"),
        SettingDescriptor("secret_env", .text, "an environment variable that holds it, when nothing else does"),
        SettingDescriptor("username", .text, usual: "the secret is a bearer token", "with it the secret is a password (Basic)"),
        SettingDescriptor("header", .text, "the header that carries the secret as it is, such as `X-API-Key`"),
    ]

    /// Nil when the source needs none.
    init?(_ settings: SourceSettings) {
        var places: [Place] = []
        if let file = settings.text("secret_file") { places += Self.files(file, settings).map { .file($0) } }
        if !settings.texts("secret_command").isEmpty { places.append(.command(settings.texts("secret_command"))) }
        if let name = settings.text("secret_env") { places.append(.variable(name)) }
        guard !places.isEmpty else { return nil }
        self.places = places
        if let username = settings.text("username") {
            use = .basic(username: username)
        } else if let header = settings.text("header") {
            use = .header(header)
        } else {
            use = .bearer
        }
    }

    private static func files(_ file: String, _ settings: SourceSettings) -> [String] {
        guard !file.contains("/"), let folder = getenv("CREDENTIALS_DIRECTORY") else { return [settings.absolute(file)] }
        return ["\(String(cString: folder))/\(file)", settings.absolute(file)]
    }

    /// The first place that has it.
    func secret() async throws(ConnectorError) -> Secret {
        var problem = ConnectorError.noSecret(setting: "secret_file", why: "no place is named")
        for place in places {
            do throws(ConnectorError) { return try await Self.read(place) } catch { problem = error }
        }
        throw problem
    }

    private static func read(_ place: Place) async throws(ConnectorError) -> Secret {
        switch place {
        case .file(let path):
            if let secret = firstLine(ofFile: path).flatMap({ Secret($0) }) { return secret }
            throw .noSecret(setting: "secret_file", why: "`\(path)` cannot be read or its first line is empty")
        case .variable(let name):
            if let secret = getenv(name).flatMap({ Secret(String(cString: $0)) }) { return secret }
            throw .noSecret(setting: "secret_env", why: "the environment has no `\(name.clipped(to: 60))`")
        case .command(let command):
            let program = command.first ?? ""
            let run = await ProgramRun.run(
                program, Array(command.dropFirst()),
                environment: ProgramRun.passed(["HOME", "CREDENTIALS_DIRECTORY"]).merging(["PATH": ProgramRun.path]) { $1 },
                limitBytes: 64 << 10, timeoutSeconds: commandSeconds)
            switch run {
            case .ended(0, let output, _):
                let line = output.prefix { $0 != 10 && $0 != 13 }
                if line.count <= 4_096, !line.contains(0), let secret = Secret(String(decoding: line, as: UTF8.self)) { return secret }
                throw .noSecret(setting: "secret_command", why: "`\(program)` printed no line of at most 4 KiB")
            case .ended(let code, _, _): throw .noSecret(setting: "secret_command", why: "`\(program)` ended with code \(code)")
            case .notFound: throw .programMissing(program: program)
            case .timedOut: throw .noSecret(setting: "secret_command", why: "`\(program)` did not end within \(commandSeconds) s")
            case .cancelled: throw .cancelled
            case .saidTooMuch, .broken: throw .noSecret(setting: "secret_command", why: "`\(program)` could not be run to its end")
            }
        }
    }

    /// For `check`: what is wrong with how the secret of `source` is kept.
    func diagnostics(of source: String) -> [Diagnostic] {
        guard let path = readableByAll else { return [] }
        return [
            Diagnostic(
                level: .warning, file: source, message: "everybody on this machine can read the secret in `\(path)`",
                remedy: "`chmod 600 \(path)`")
        ]
    }

    /// A file with the secret that everybody on this machine can read.
    private var readableByAll: String? {
        for case .file(let path) in places {
            var status = stat()
            if stat(path, &status) == 0, status.st_mode & S_IROTH != 0 { return path }
        }
        return nil
    }

    func header(_ secret: Secret) -> HTTPHeader {
        switch use {
        case .bearer: HTTPHeader("Authorization", "Bearer \(secret.text)")
        case .basic(let username): HTTPHeader("Authorization", "Basic " + Data("\(username):\(secret.text)".utf8).base64EncodedString())
        case .header(let name): HTTPHeader(name, secret.text)
        }
    }
}
