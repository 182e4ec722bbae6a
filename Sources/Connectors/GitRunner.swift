import Model

/// Runs git on repositories that others may have prepared: nothing a repository's configuration names is executed, nothing is
/// fetched, locked or asked for, and the user's own settings do not change what is printed. Arguments are a list; there is
/// no shell. Bounded in time and output.
package struct GitRunner: Sendable {
    package var program = "git"
    package var timeoutSeconds = 60
    package init(program: String = "git", timeoutSeconds: Int = 60) {
        self.program = program
        self.timeoutSeconds = timeoutSeconds
    }

    /// `safe.directory` is given here because cron's user is seldom the owner of the repository; it protects against the
    /// very programs that the other settings switch off (git-config(1)).
    private static let hardening = [
        "--no-pager", "--no-optional-locks", "--no-replace-objects", "-c", "safe.directory=*", "-c", "core.fsmonitor=false", "-c",
        "core.hooksPath=/dev/null", "-c", "protocol.allow=never", "-c", "core.pager=cat", "-c", "core.sshCommand=false", "-c",
        "credential.helper=",
        "-c", "gc.auto=0", "-c", "maintenance.auto=false", "-c", "uploadpack.packObjectsHook=", "-c", "diff.external=", "-c",
        "log.mailmap=false",
    ]

    /// A fresh environment: what `GIT_*` variables, a home or a locale could change is left behind.
    private static var environment: [String: String] {
        [
            "PATH": ProgramRun.path, "HOME": "/nonexistent", "LC_ALL": "C", "TZ": "UTC", "GIT_TERMINAL_PROMPT": "0",
            "GIT_ASKPASS": "/bin/false", "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_OPTIONAL_LOCKS": "0",
            "GIT_ALLOW_PROTOCOL": "none", "GIT_NO_LAZY_FETCH": "1", "GIT_PAGER": "cat",
        ]
    }

    /// What git prints. `command` is its name in messages; any exit code but 0 is an error.
    func run(
        _ command: String, _ arguments: [String], in path: String, input: [UInt8] = [], limitBytes: Int = Limits.documentBytes,
        access: SourceAccess
    ) async throws(ConnectorError) -> [UInt8] {
        access.onTouch?("git \(command) \(path)")
        let ending = await ProgramRun.run(
            program, Self.hardening + ["-C", path] + arguments, environment: Self.environment, input: input, limitBytes: limitBytes,
            timeoutSeconds: timeoutSeconds)
        switch ending {
        case .ended(0, let output, _): return output
        case .ended(let code, _, let words):
            let said = words.split(separator: "\n").suffix(3).joined(separator: " ").clipped(to: 300)
            if words.contains("not a git repository") || words.contains("cannot change to") {
                throw .notARepository(path: path, words: said)
            }
            throw .gitFailed(path: path, command: command, exitCode: code, words: said)
        case .saidTooMuch: throw .gitSaidTooMuch(path: path, command: command, limitBytes: limitBytes)
        case .notFound: throw .programMissing(program: program)
        case .timedOut: throw .gitTimedOut(path: path, command: command, seconds: timeoutSeconds)
        case .cancelled: throw .cancelled
        case .broken(let words): throw .gitFailed(path: path, command: command, exitCode: -1, words: words.clipped(to: 300))
        }
    }
}
