/// How a server is reached, apart from what is asked of it. The usual values trust the system's authorities and go straight.
package struct ConnectionSettings: Hashable, Sendable {
    /// A PEM file of authorities, instead of the system's.
    package var caFile: String?
    /// PEM files of our own certificate and its key, for servers that ask who we are.
    package var clientCertificate: String?
    package var clientKey: String?
    /// `http://host:port` or `socks5h://host:port`, instead of the environment's.
    package var proxy: String?
    /// `http_proxy`, `https_proxy` and `no_proxy` of the environment are honoured, as by every other program.
    package var usesProxyOfEnvironment: Bool
    /// The path of a unix socket that is connected to whatever host the URL names.
    package var unixSocket: String?
    package var addresses: AddressPolicy

    package init(
        caFile: String? = nil, clientCertificate: String? = nil, clientKey: String? = nil, proxy: String? = nil,
        usesProxyOfEnvironment: Bool = true, unixSocket: String? = nil, addresses: AddressPolicy = .any
    ) {
        self.caFile = caFile
        self.clientCertificate = clientCertificate
        self.clientKey = clientKey
        self.proxy = proxy
        self.usesProxyOfEnvironment = usesProxyOfEnvironment
        self.unixSocket = unixSocket
        self.addresses = addresses
    }
}
