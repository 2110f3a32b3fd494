import NIOCore
import Registry
import Synchronization

/// Connections: how many there are, from where, and why some were cut. Memory is bounded by the open ones.
package final class ConnectionCounts: Sendable {
    /// Why a connection was cut by the server.
    enum Cut: Int, CaseIterable {
        case addressLimit, slowHead, slowBody, slowReader

        var name: String {
            switch self {
            case .addressLimit: "address_limit"
            case .slowHead: "slow_head"
            case .slowBody: "slow_body"
            case .slowReader: "slow_reader"
            }
        }
    }

    private struct State {
        var accepted: Int64 = 0
        var cut = [Int64](repeating: 0, count: Cut.allCases.count)
        var perAddress: [NetworkAddress: Int] = [:]
        var channels: [ObjectIdentifier: any Channel] = [:]
    }

    private let state = Mutex(State())

    /// Counts a connection in; false where its address has its share already, and then it is counted out with `leave` all the same.
    func enter(_ channel: any Channel, _ address: NetworkAddress?, limit: Int) -> Bool {
        state.withLock { state in
            state.accepted += 1
            state.channels[ObjectIdentifier(channel)] = channel
            guard let address else { return true }
            let count = (state.perAddress[address] ?? 0) + 1
            state.perAddress[address] = count
            return count <= limit
        }
    }

    /// Counts a connection out.
    func leave(_ channel: any Channel, _ address: NetworkAddress?) {
        state.withLock { state in
            state.channels[ObjectIdentifier(channel)] = nil
            guard let address, let count = state.perAddress[address] else { return }
            state.perAddress[address] = count > 1 ? count - 1 : nil
        }
    }

    /// Closes all that are open.
    func closeAll() { for channel in state.withLock({ Array($0.channels.values) }) { channel.close(promise: nil) } }

    func note(_ cut: Cut) { state.withLock { $0.cut[cut.rawValue] += 1 } }

    var samples: [MetricSample] {
        let now = state.withLock { $0 }
        return [
            MetricSample("suanpan_http_connections", .gauge, Int64(now.channels.count), help: "Open connections."),
            MetricSample("suanpan_http_connections_accepted_total", .counter, now.accepted, help: "Connections taken."),
        ]
            + Cut.allCases.map { cut in
                MetricSample(
                    "suanpan_http_connections_cut_total", .counter, now.cut[cut.rawValue], help: "Connections ended by the server, by reason.",
                    labels: [("reason", cut.name)])
            }
    }
}
