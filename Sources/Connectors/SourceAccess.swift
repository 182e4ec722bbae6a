import Formats
import Model
import Synchronization
import Transport

/// The network as a run gives it to its sources: who carries requests, the clock they wait by, and for how long.
package struct NetworkAccess: Sendable {
    package var transport: @Sendable (ConnectionSettings) -> any HTTPTransport
    package var clock: any CourierClock
    /// Uniform in 0..<1, for jitter.
    package var chance: @Sendable () -> Double
    /// What each source may spend on asking and waiting in this run. All are asked at once, so this is the run's own budget too.
    package var budgetMs: Int64

    package init(
        clock: any CourierClock, budgetMs: Int64 = 120_000, chance: @escaping @Sendable () -> Double = NetworkTransport.chance,
        transport: @escaping @Sendable (ConnectionSettings) -> any HTTPTransport = { NetworkTransport($0) }
    ) {
        self.transport = transport
        self.clock = clock
        self.chance = chance
        self.budgetMs = budgetMs
    }
}

/// The rim of a source: the clock, git, the network, and what was already looked at in this run.
package struct SourceAccess: Sendable {
    /// Fixed for the run.
    package let now: Instant
    package let git: GitRunner
    package let network: NetworkAccess
    /// Called with each path that is opened for reading, each git command that is run and each URL that is asked.
    package let onTouch: (@Sendable (String) -> Void)?
    let rates = HostRates()
    private let memories = Memories()

    package init(
        now: Instant, git: GitRunner = GitRunner(), network: NetworkAccess? = nil, onTouch: (@Sendable (String) -> Void)? = nil
    ) {
        self.now = now
        self.git = git
        self.network = network ?? NetworkAccess(clock: RunClock(start: now))
        self.onTouch = onTouch
    }

    /// The breaker of a source as the store knows it, before its first request.
    package func set(_ breaker: CircuitBreaker, of source: String) {
        memory(of: source).with { $0.courier = CourierState(breaker: breaker, budgetMs: network.budgetMs) }
    }
    /// The breaker as its requests left it; nil for a source that does not ask over the network.
    package func breaker(of source: String) -> CircuitBreaker? {
        memory(of: source).with { $0.hasAsked ? $0.courier?.breaker : nil }
    }

    /// The secret of a source, fetched once a run; nil when it needs none.
    func secret(from secrets: SecretSource?, of source: String) async throws(ConnectorError) -> Secret? {
        let memory = memory(of: source)
        if let known = memory.with({ $0.secret }) { return known }
        let secret = try await secrets?.secret()
        memory.with { $0.secret = secret }
        return secret
    }

    /// Has an exchange made that may be repeated, under the breaker, the budget and the host's rate limit of the source.
    func carry<Answer: Sendable>(
        for source: String, to place: String, host: String, requestsPerSecond: Double = 10, timeoutSeconds: Double,
        policy: RetryPolicy = RetryPolicy(), _ attempt: (_ seconds: Double) async throws(TransportError) -> Answer
    ) async throws(ConnectorError) -> Answer {
        let memory = memory(of: source)
        var state = memory.with { $0.courier } ?? CourierState(budgetMs: network.budgetMs)
        let rates = rates
        let courier = Courier(
            clock: network.clock, policy: policy,
            reserve: { rates.reserve(host: host, requestsPerSecond: requestsPerSecond, now: $0) }, chance: network.chance)
        onTouch?(place)
        let result: Result<Answer, CourierError>
        do throws(CourierError) {
            result = .success(try await courier.carry(to: place, timeoutSeconds: timeoutSeconds, state: &state, attempt))
        } catch {
            result = .failure(error)
        }
        let left = state
        memory.with {
            $0.courier = left
            $0.hasAsked = true
        }
        switch result {
        case .success(let answer): return answer
        case .failure(let error): throw .network(error)
        }
    }

    /// Objects of a source whose event is stored now, and lines of them. When there are too many, it begins anew.
    package func remember(_ objects: [ObjectDigest], of source: String) {
        if objects.isEmpty { return }
        memory(of: source).with {
            if $0.known.count + objects.count > Limits.knownObjects { $0.known = [] }
            $0.known.formUnion(objects.prefix(Limits.knownObjects))
        }
    }

    /// What one source remembers until the end of this run.
    func memory(of source: String) -> RunMemory {
        memories.all.withLock { all in
            if let known = all[source] { return known }
            let fresh = RunMemory()
            all[source] = fresh
            return fresh
        }
    }
    private final class Memories: Sendable { let all = Mutex<[String: RunMemory]>([:]) }
}

/// The files of a source as they were when the run first looked, so that many pages cost one walk and a busy writer cannot
/// keep a run going for ever; and what is open between two pages. It only saves work: with an empty memory the next page is
/// the same, because cursors alone say what was read.
final class RunMemory: Sendable {
    struct State {
        var found: FileWalk.Found?
        /// Files that failed or wait; not tried again in this run.
        var tried: Set<String> = []
        var openFile: OpenFile?
        var history: GitHistory?
        var known: Set<ObjectDigest> = []
        /// What the requests of a source leave behind: its breaker and budget, its connections, its secret.
        var courier: CourierState?
        var hasAsked = false
        var transport: (any HTTPTransport)?
        var secret: Secret?
    }
    private struct Box: @unchecked Sendable { var state = State() }  // guarded by the mutex; `OpenFile` is in one place only
    private let box = Mutex(Box())

    func with<Value: Sendable>(_ body: (inout sending State) -> Value) -> Value {
        box.withLock { body(&$0.state) }
    }
}

/// A file being read page by page, kept open so that a compressed file is decompressed once.
final class OpenFile {
    let path: String
    let signature: FileSignature
    let stream: Decompressor
    /// What was read from the stream and not taken yet; it begins at `start` of the decompressed file.
    var pending: [UInt8]
    var start: Int64
    /// The log in it, when it is one.
    var log: String?
    /// Set when the stream ended or failed.
    var isAtEnd = false
    var failure: DecompressionError?

    init(path: String, signature: FileSignature, stream: Decompressor, pending: [UInt8] = [], start: Int64 = 0) {
        self.path = path
        self.signature = signature
        self.stream = stream
        self.pending = pending
        self.start = start
    }

    /// Reads on until `count` bytes are pending or the end is reached. A plain file is not read beyond `limit`, its size when
    /// the run began.
    func fill(to count: Int, limit: Int64?) {
        if !stream.isCompressed {
            pending.reserveCapacity(min(count, Int(clamping: max(Int64(pending.count), stream.fileBytes - start))))
        }
        while pending.count < count, !isAtEnd {
            // In steps, because room is made (and cleared) before it is known how much there is.
            let guess = stream.isCompressed ? 4 &* stream.fileBytes : stream.fileBytes - start - Int64(pending.count) + 1
            var wanted = min(count - pending.count, Int(min(max(guess, 4 << 10), 256 << 10)))
            if let limit { wanted = Int(min(Int64(wanted), max(0, limit - start - Int64(pending.count)))) }
            guard wanted > 0 else {
                isAtEnd = true
                return
            }
            do throws(DecompressionError) {
                if try stream.read(into: &pending, upTo: wanted) == 0 { isAtEnd = true }
            } catch {
                failure = error
                isAtEnd = true
            }
        }
    }

    /// The first `count` pending bytes. Where they are most of them, only what is left is copied.
    func take(_ count: Int) -> [UInt8] {
        var taken = count < pending.count / 2 ? Array(pending[..<count]) : pending
        drop(count)
        taken.removeLast(taken.count - count)
        return taken
    }

    /// Takes the first `count` pending bytes away. What is left is little; removed in place, all of it would be copied, since
    /// the page that was read shares the bytes.
    func drop(_ count: Int) {
        pending = Array(pending.dropFirst(count))
        start += Int64(count)
    }
}
