import Exchange
import Quantities
import Synchronization

/// The answers to reads of books since the last durable command: the next reader of the same book gets the same bytes without a question to
/// the exchange's thread.
///
/// An answer names the command that it stands after, and holds until the next one is durable; then all are forgotten. It is given only while
/// it is certain that this server is the one that writes (`ConfirmedReads`). So a reader sees all that was acknowledged before it asked, as
/// if it had asked the exchange.
package final class BookAnswers: Sendable {
    package struct Key: Hashable {
        var contract: ContractKey
        var depth: Int

        package init(contract: ContractKey, depth: Int) {
            self.contract = contract
            self.depth = depth
        }
    }

    private struct State {
        var sequence: Int64 = 0
        var bytes = 0
        var answers: [Key: [UInt8]] = [:]
    }

    /// Of all answers together.
    private static let byteLimit = 16 << 20

    private let state = Mutex(State())

    package init() {}

    /// The answer to a read, where it still holds.
    ///
    /// - Parameter sequence: Of the last durable command; nil where another server may have written since.
    package func answer(_ key: Key, at sequence: Int64?) -> [UInt8]? {
        guard let sequence else { return nil }
        return state.withLock { $0.sequence == sequence ? $0.answers[key] : nil }
    }

    /// Keeps an answer for others that ask before the next command.
    ///
    /// - Parameter sequence: Of the command that it stands after.
    package func keep(_ answer: [UInt8], for key: Key, at sequence: Int64) {
        state.withLock { state in
            guard sequence >= state.sequence else { return }
            if sequence > state.sequence {
                state.sequence = sequence
                state.bytes = 0
                state.answers.removeAll(keepingCapacity: true)
            }
            guard state.bytes + answer.count <= Self.byteLimit, state.answers.updateValue(answer, forKey: key) == nil else { return }
            state.bytes += answer.count
        }
    }
}
