import HTTPTypes
import NIOCore
import Registry

/// Where a request came from: the connection's other end, or what a trusted proxy says.
struct ClientAddress: Sendable, Equatable {
    var text: String
    var value: NetworkAddress

    init?(_ text: String) {
        // A zone of a link-local address is no part of it.
        guard let value = NetworkAddress(text.prefix { $0 != "%" }) else { return nil }
        self.text = text
        self.value = value
    }

    /// - Parameter proxies: Whose `X-Forwarded-For` is believed. It is read from its end; the first address that is no such proxy's is
    ///   the client's.
    init?(of channel: any Channel, _ headers: HTTPFields, proxies: [AddressRange]) {
        guard let text = channel.remoteAddress?.ipAddress, var client = ClientAddress(text) else { return nil }
        if !proxies.isEmpty, let forwarded = headers[.forwardedFor] {
            for hop in forwarded.split(separator: ",").reversed() {
                guard proxies.contains(where: { $0.contains(client.value) }),
                    let next = ClientAddress(String(hop.drop { $0 == " " }.prefix { $0 != " " }))
                else { break }
                client = next
            }
        }
        self = client
    }
}
