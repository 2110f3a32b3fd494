import NIOCore
import Registry
import Synchronization

/// Connections: how many there are, from where, and why some were cut. Memory is bounded by the open ones.
package final class ConnectionCounts: Sendable {
    /// Why a connection was cut by the server.
    enum Cut: Int, CaseIterable {
        case addressLimit, slowHead, slowBody, slowReader, gaveWay

        var name: String {
            switch self {
            case .addressLimit: "address_limit"
            case .slowHead: "slow_head"
            case .slowBody: "slow_body"
            case .slowReader: "slow_reader"
            case .gaveWay: "gave_way"
            }
        }
    }

    private struct State {
        var accepted: Int64 = 0
        var cut = [Int64](repeating: 0, count: Cut.allCases.count)
        var perAddress: [NetworkAddress: Int] = [:]
        var open: [ObjectIdentifier: OpenConnection] = [:]
        /// Whether somebody will look again for one that can give way.
        var isLooking = false
    }

    private let state = Mutex(State())

    /// Counts a connection in; false where its address has its share already, and then it is counted out with `leave` all the same.
    func enter(_ connection: OpenConnection, limit: Int) -> Bool {
        state.withLock { state in
            state.accepted += 1
            state.open[ObjectIdentifier(connection)] = connection
            guard let address = connection.address else { return true }
            let count = (state.perAddress[address] ?? 0) + 1
            state.perAddress[address] = count
            return count <= limit
        }
    }

    /// Counts a connection out.
    func leave(_ connection: OpenConnection) {
        state.withLock { state in
            state.open[ObjectIdentifier(connection)] = nil
            guard let address = connection.address, let count = state.perAddress[address] else { return }
            state.perAddress[address] = count > 1 ? count - 1 : nil
        }
    }

    /// Where all places are taken, ends some connections on which no request is, so that others are not kept out by those that ask for
    /// nothing: of the address that has most of them, the longest waiting. Looks again as long as there is no room.
    func makeRoom(places: Int, on loop: any EventLoop) {
        let (leaving, looksAgain) = state.withLock { state -> ([OpenConnection], Bool) in
            guard state.open.count >= places else { return ([], false) }
            defer { state.isLooking = true }
            return (Self.leaving(state, count: max(1, places / 64)), !state.isLooking)
        }
        for connection in leaving {
            note(.gaveWay)
            connection.giveWay()
        }
        guard looksAgain else { return }
        loop.scheduleTask(in: .milliseconds(100)) {
            self.state.withLock { $0.isLooking = false }
            self.makeRoom(places: places, on: loop)
        }
    }

    /// How long one has waited at least that gives way: the request of one that was just taken may be on its way.
    private static let shortest: TimeAmount = .milliseconds(100)

    private static func leaving(_ state: State, count: Int) -> [OpenConnection] {
        let latest = (NIODeadline.now() - shortest).uptimeNanoseconds
        let waiting = state.open.values.compactMap { connection in connection.waitsSince.map { (connection, since: $0) } }
            .filter { $0.since <= latest }
        func share(_ connection: OpenConnection) -> Int { connection.address.flatMap { state.perAddress[$0] } ?? 0 }
        guard let largest = waiting.map({ share($0.0) }).max() else { return [] }
        return waiting.filter { share($0.0) == largest }.sorted { $0.since < $1.since }.prefix(count).map(\.0)
    }

    /// Closes all that are open.
    func closeAll() { for connection in state.withLock({ Array($0.open.values) }) { connection.channel.close(promise: nil) } }

    func note(_ cut: Cut) { state.withLock { $0.cut[cut.rawValue] += 1 } }

    var samples: [MetricSample] {
        let now = state.withLock { $0 }
        return [
            MetricSample("suanpan_http_connections", .gauge, Int64(now.open.count), help: "Open connections."),
            MetricSample("suanpan_http_connections_accepted_total", .counter, now.accepted, help: "Connections taken."),
        ]
            + Cut.allCases.map { cut in
                MetricSample(
                    "suanpan_http_connections_cut_total", .counter, now.cut[cut.rawValue], help: "Connections ended by the server, by reason.",
                    labels: [("reason", cut.name)])
            }
    }
}
