import CCurl
import Glibc
import Model
import Synchronization

/// libcurl is initialised once a process, before its first use (`curl_global_init(3)`).
private let curlIsReady: Bool = caseboard_curl_global_init() == CURLE_OK

/// Idle easy handles: each keeps its connections alive, so that a hundred pages of one source cost one handshake.
/// `curl_easy_reset(3)` clears every option and keeps connections.
final class CurlPool: Sendable {
    private struct Idle: @unchecked Sendable { var handles: [UnsafeMutableRawPointer] = [] }  // a handle is only ever in one place
    private let idle = Mutex(Idle())

    func take() -> UnsafeMutableRawPointer? {
        guard curlIsReady else { return nil }
        return idle.withLock { $0.handles.popLast() } ?? curl_easy_init()
    }
    func giveBack(_ handle: UnsafeMutableRawPointer) {
        curl_easy_reset(handle)
        idle.withLock { $0.handles.append(handle) }
    }
    deinit {
        for handle in idle.withLock({ $0.handles }) { curl_easy_cleanup(handle) }
    }
}

/// One easy handle (`libcurl-easy(3)`) with the lists and buffers its options point to; used by one thread, then closed.
/// What is common to all our protocols is set here: no netrc, certificates verified, no signals.
final class CurlHandle {
    private let handle: UnsafeMutableRawPointer
    private let pool: CurlPool
    private var lists: [UnsafeMutablePointer<curl_slist>] = []
    private var errorText = [CChar](repeating: 0, count: Int(CURL_ERROR_SIZE))
    private var refusal: String?
    private let exchange: CurlExchange

    init?(_ exchange: CurlExchange, from pool: CurlPool) {
        guard let handle = pool.take() else { return nil }
        self.handle = handle
        self.pool = pool
        self.exchange = exchange
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_NETRC, 0)
        set(CURLOPT_SSL_VERIFYPEER, 1)
        set(CURLOPT_SSL_VERIFYHOST, 2)
        set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        set(CURLOPT_FOLLOWLOCATION, 0)
    }

    deinit {
        pool.giveBack(handle)
        for list in lists { curl_slist_free_all(list) }
    }

    func set(_ option: CURLoption, _ value: Int) { check(caseboard_curl_set_long(handle, option, value), option) }
    func set(_ option: CURLoption, _ value: String) { check(caseboard_curl_set_text(handle, option, value), option) }
    func set(_ option: CURLoption, offset: Int) { check(caseboard_curl_set_offset(handle, option, curl_off_t(offset)), option) }
    func set(_ option: CURLoption, list values: [String]) {
        var list: UnsafeMutablePointer<curl_slist>?
        for value in values {
            guard let longer = curl_slist_append(list, value) else {
                refusal = "out of memory"
                break
            }
            list = longer
        }
        guard let list else { return }
        lists.append(list)
        check(caseboard_curl_set_list(handle, option, list), option)
    }

    private func setTransfer(_ option: CURLoption, _ function: caseboard_curl_transfer) {
        check(caseboard_curl_set_transfer(handle, option, function), option)
    }
    /// An option this libcurl does not know must not be passed over in silence: some of them are our safety.
    private func check(_ code: CURLcode, _ option: CURLoption) {
        if code != CURLE_OK, refusal == nil { refusal = "libcurl refused option \(option.rawValue)" }
    }

    /// Runs the exchange to its end on the calling thread. Returns libcurl's code and its own words.
    func perform() -> (code: CURLcode, words: String) {
        let context = Unmanaged.passUnretained(exchange).toOpaque()
        for option in [CURLOPT_WRITEDATA, CURLOPT_HEADERDATA, CURLOPT_READDATA, CURLOPT_SEEKDATA, CURLOPT_XFERINFODATA] {
            check(caseboard_curl_set_context(handle, option, context), option)
        }
        if exchange.addresses != .any {
            check(caseboard_curl_set_context(handle, CURLOPT_OPENSOCKETDATA, context), CURLOPT_OPENSOCKETDATA)
            check(
                caseboard_curl_set_opensocket(handle) { context, _, address in CurlExchange.of(context).open(address) },
                CURLOPT_OPENSOCKETFUNCTION)
        }
        setTransfer(CURLOPT_WRITEFUNCTION) { CurlExchange.of($3).takeBody($0, $1 &* $2) }
        setTransfer(CURLOPT_HEADERFUNCTION) { CurlExchange.of($3).takeHeader($0, $1 &* $2) }
        setTransfer(CURLOPT_READFUNCTION) { CurlExchange.of($3).giveBody($0, $1 &* $2) }
        check(caseboard_curl_set_seek(handle) { CurlExchange.of($0).rewind(to: $1, origin: $2) }, CURLOPT_SEEKFUNCTION)
        check(
            caseboard_curl_set_progress(handle) { context, _, _, _, _ in CurlExchange.of(context).isCancelled ? 1 : 0 },
            CURLOPT_XFERINFOFUNCTION)
        set(CURLOPT_NOPROGRESS, 0)
        if let refusal { return (CURLE_FAILED_INIT, refusal) }
        return errorText.withUnsafeMutableBufferPointer { buffer in
            _ = caseboard_curl_set_context(handle, CURLOPT_ERRORBUFFER, buffer.baseAddress)
            defer { _ = caseboard_curl_set_context(handle, CURLOPT_ERRORBUFFER, nil) }
            let code = curl_easy_perform(handle)
            let words = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            let said = words.isEmpty ? String(cString: curl_easy_strerror(code)) : String(decoding: words, as: UTF8.self)
            return (code, said.clipped(to: 300))
        }
    }

    // MARK: A conversation of our own, after `CURLOPT_CONNECT_ONLY`

    var socket: curl_socket_t? {
        var value = curl_socket_t(-1)
        return caseboard_curl_get_socket(handle, &value) == CURLE_OK && value >= 0 ? value : nil
    }
    /// How many bytes went out; 0 when there is no room yet.
    func send(_ bytes: ArraySlice<UInt8>) -> Result<Int, CURLError> {
        var count = 0
        let code = bytes.withUnsafeBytes { curl_easy_send(handle, $0.baseAddress, $0.count, &count) }
        return code == CURLE_OK ? .success(count) : code == CURLE_AGAIN ? .success(0) : .failure(CURLError(code: code))
    }
    /// What has come, at most as much as `buffer` holds; nil when nothing has come yet, 0 at the end.
    func receive(into buffer: inout [UInt8]) -> Result<Int?, CURLError> {
        var count = 0
        let code = buffer.withUnsafeMutableBytes { curl_easy_recv(handle, $0.baseAddress, $0.count, &count) }
        return code == CURLE_OK ? .success(count) : code == CURLE_AGAIN ? .success(nil) : .failure(CURLError(code: code))
    }
    struct CURLError: Error { var code: CURLcode }

    var responseCode: Int {
        var value = 0
        return caseboard_curl_get_long(handle, CURLINFO_RESPONSE_CODE, &value) == CURLE_OK ? value : 0
    }
    /// Absolute, where a 3xx answer points to.
    var redirectURL: String? {
        var text: UnsafePointer<CChar>?
        guard caseboard_curl_get_text(handle, CURLINFO_REDIRECT_URL, &text) == CURLE_OK, let text else { return nil }
        return String(cString: text)
    }
}

/// What flows through one handle, bounded. One thread uses it; only the cancellation flag is touched from outside.
final class CurlExchange: Sendable {
    private struct Flow {
        var outgoing: [UInt8]
        var sent = 0
        var body: [UInt8] = []
        var headerLines: [String] = []
        var headerBytes = 0
        var isTooLarge = false
        var refusedAddress: AddressPolicy.Kind?
    }
    private let flow: Mutex<Flow>
    private let cancelled = Atomic<Bool>(false)
    private let maxBodyBytes: Int
    fileprivate let addresses: AddressPolicy
    private static let maxHeaderBytes = 256 << 10

    init(outgoing: [UInt8], maxBodyBytes: Int, addresses: AddressPolicy = .any) {
        flow = Mutex(Flow(outgoing: outgoing))
        self.maxBodyBytes = maxBodyBytes
        self.addresses = addresses
    }

    fileprivate static func of(_ context: UnsafeMutableRawPointer?) -> CurlExchange {
        guard let context else { preconditionFailure("each callback is set together with its context") }
        return Unmanaged<CurlExchange>.fromOpaque(context).takeUnretainedValue()
    }

    var isCancelled: Bool { cancelled.load(ordering: .relaxed) }
    func cancel() { cancelled.store(true, ordering: .relaxed) }
    var body: [UInt8] { flow.withLock { $0.body } }
    var headerLines: [String] { flow.withLock { $0.headerLines } }
    var isTooLarge: Bool { flow.withLock { $0.isTooLarge } }
    var refusedAddress: AddressPolicy.Kind? { flow.withLock { $0.refusedAddress } }

    /// A socket for an address that was resolved, unless that must not be reached (`CURLOPT_OPENSOCKETFUNCTION(3)`).
    fileprivate func open(_ address: UnsafeMutablePointer<curl_sockaddr>?) -> curl_socket_t {
        guard let address else { return CURL_SOCKET_BAD }
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = Int(caseboard_curl_address(address, &bytes))
        if count > 0, let refusal = addresses.refusal(of: Array(bytes[..<count])) {
            flow.withLock { $0.refusedAddress = refusal }
            return CURL_SOCKET_BAD
        }
        return caseboard_curl_open(address)
    }

    /// Any count but the one offered makes libcurl stop with `CURLE_WRITE_ERROR`.
    fileprivate func takeBody(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
        flow.withLock { flow in
            guard let bytes, count <= maxBodyBytes - flow.body.count else {
                flow.isTooLarge = count > 0
                return 0
            }
            flow.body.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: count))
            return count
        }
    }
    fileprivate func takeHeader(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
        flow.withLock { flow in
            flow.headerBytes += count
            guard let bytes, flow.headerBytes <= Self.maxHeaderBytes else {
                flow.isTooLarge = count > 0
                return 0
            }
            flow.headerLines.append(String(decoding: UnsafeRawBufferPointer(start: bytes, count: count), as: UTF8.self).trimmed)
            return count
        }
    }
    fileprivate func giveBody(_ bytes: UnsafeMutablePointer<CChar>?, _ room: Int) -> Int {
        flow.withLock { flow in
            let count = min(room, flow.outgoing.count - flow.sent)
            guard let bytes, count > 0 else { return 0 }
            flow.outgoing.withUnsafeBytes { source in
                UnsafeMutableRawBufferPointer(start: bytes, count: room)
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[flow.sent..<flow.sent + count]))
            }
            flow.sent += count
            return count
        }
    }
    /// A kept-alive connection that turns out dead makes libcurl send the body again.
    fileprivate func rewind(to offset: curl_off_t, origin: Int32) -> Int32 {
        flow.withLock { flow in
            guard origin == SEEK_SET, offset >= 0, Int(offset) <= flow.outgoing.count else { return CURL_SEEKFUNC_FAIL }
            flow.sent = Int(offset)
            return CURL_SEEKFUNC_OK
        }
    }
}
