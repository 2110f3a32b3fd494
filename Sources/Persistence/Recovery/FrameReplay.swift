import Cryptography
import Exchange
import Quantities
import Sequencer

/// A frame whose commands, applied again, do not give what the journal says they gave.
package struct ReplayFault: Error, Equatable, CustomStringConvertible {
    package let firstSequence: Int64
    package let reason: String

    package var description: String { "journal_frames, row with first_sequence \(firstSequence): \(reason)" }
}

/// The hash of everything that an exchange knows.
package enum StateHash {
    /// SHA-256 of the canonical state: 32 bytes.
    ///
    /// - Complexity: O(state), in memory that does not grow with it.
    package static func bytes(of exchange: Exchange) -> [UInt8] { bytes(of: exchange, .everything) }

    /// As `of`, without what servers draw at random (hashes of keys and sealed details, idempotent answers): the same script
    /// of requests gives the same hash on every server.
    package static func market(of exchange: Exchange) -> String {
        Hexadecimal.text(bytes(of: exchange, .market))
    }

    private static func bytes(of exchange: Exchange, _ scope: Exchange.StateScope) -> [UInt8] {
        var hash = SHA256Digest()
        var encoder = BinaryEncoder()
        exchange.encodeState(into: &encoder, scope) { piece in
            hash.update(piece.bytes)
            piece.removeAll()
        }
        hash.update(encoder.bytes)
        return hash.finalized()
    }

    /// The same as 64 hexadecimal digits.
    package static func of(_ exchange: Exchange) -> String { Hexadecimal.text(bytes(of: exchange)) }
}

/// Applies frames to an exchange and holds what comes of them against what was recorded.
///
/// What would be a defect when the sequencer did it is a fault of the record here: nothing that a row says can trap.
package final class FrameReplay {
    package let exchange: Exchange
    package private(set) var frames: Int64 = 0
    package private(set) var commands: Int64 = 0
    package private(set) var events: Int64 = 0
    /// Hashes of the state that were noted or belong to snapshots, by sequence, ascending; checked when the replay comes to them.
    private var noted: ArraySlice<NotedState>
    package private(set) var notedStatesConfirmed = 0
    /// As `notedStatesConfirmed`, of rows of `snapshots`.
    package private(set) var snapshotsConfirmed = 0
    private var output = ExchangeOutput()
    /// Why the last command could not have been given to the exchange.
    private var refused: String?

    /// - Parameter exchange: Where to begin: a fresh one, or one that a snapshot gave.
    package init(_ exchange: Exchange, noted: [NotedState] = []) {
        self.exchange = exchange
        self.noted = noted.filter { $0.sequence > exchange.sequence && $0.isComparable }[...]
    }

    /// Applies one frame that follows the state.
    ///
    /// - Throws: `ReplayFault`. The exchange is useless then.
    package func apply(_ frame: Frame) throws(ReplayFault) {
        func fault(_ reason: String) -> ReplayFault { ReplayFault(firstSequence: frame.firstSequence, reason: reason) }
        guard frame.firstSequence == exchange.sequence + 1 else {
            throw fault("it does not follow sequence \(exchange.sequence)")
        }
        output.removeAll()
        var failure: ReplayFault?
        unsafe frame.commands.withUnsafeBytes { commands in
            do throws(ReplayFault) {
                try unsafe applyCommands(commands, of: frame, fault)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        guard exchange.sequence == frame.lastSequence else {
            throw fault("its commands end with sequence \(exchange.sequence), the row says \(frame.lastSequence)")
        }
        guard exchange.time == frame.time else { throw fault("its time is not the one of its last command") }
        if let byte = firstDifference(output.events.bytes, frame.events) {
            throw fault("the events computed now differ from the recorded ones at byte \(byte)")
        }
        if let byte = firstDifference(output.results.bytes, frame.results) {
            throw fault("the results computed now differ from the recorded ones at byte \(byte)")
        }
        frames += 1
        events += Int64(output.eventCount)
    }

    private func applyCommands(
        _ commands: UnsafeRawBufferPointer, of frame: Frame, _ fault: (String) -> ReplayFault
    ) throws(ReplayFault) {
        var offset = 0
        while offset < commands.count {
            do throws(BinaryDecoder.Failure) {
                offset += try unsafe applyCommand(UnsafeRawBufferPointer(rebasing: commands[offset...]), at: offset, of: frame)
            } catch {
                throw fault("its commands cannot be read: \(error)")
            }
            if let refused {
                throw fault("command \(exchange.sequence + 1): \(refused)")
            }
            self.commands += 1
            try confirmNotedState(fault)
        }
    }

    /// Applies the command at `offset` of a frame's commands; answers how many bytes it has. Where the exchange could not have been given
    /// it, `refused` says why and nothing has changed.
    private func applyCommand(
        _ bytes: UnsafeRawBufferPointer, at offset: Int, of frame: Frame
    ) throws(BinaryDecoder.Failure) -> Int {
        var reader = unsafe RawReader(bytes)
        let head = EnvelopeHead(&reader)
        if head.tag == .placeOrder || head.tag == .cancelOrder {
            refused = reasonAgainst(head)
            return refused == nil ? try unsafe exchange.apply(encoded: bytes, output: &output).byteCount : 0
        }
        var decoder = BinaryDecoder(frame.commands, offset: offset)
        let envelope = try decoder.read(Envelope.self)
        refused = reasonAgainst(head)
        if refused == nil, case .genesis(let genesis) = envelope.command, genesis.rulesVersion != Exchange.rulesVersion {
            refused = "a history of rules version \(genesis.rulesVersion); this program knows only \(Exchange.rulesVersion)"
        }
        guard refused == nil else { return 0 }
        _ = exchange.apply(envelope, output: &output)
        return decoder.offset - offset
    }

    /// Why the exchange could not have been given this command.
    private func reasonAgainst(_ head: EnvelopeHead) -> String? {
        if head.time < exchange.time { return "its time is before the one of the command before" }
        if head.time < Timestamp() || head.time >= .limit { return "its time is outside 1970 to 2199" }
        if head.tag == .genesis { return exchange.sequence > 0 ? "a second genesis" : nil }
        if exchange.sequence == 0 { return "the journal does not begin with a genesis" }
        if head.tag == .passTime { return nil }
        if let due = exchange.nextDue, due <= head.time { return "something fell due before it and did not happen" }
        return nil
    }

    private func confirmNotedState(_ fault: (String) -> ReplayFault) throws(ReplayFault) {
        guard noted.first?.sequence == exchange.sequence else { return }
        let hash = StateHash.bytes(of: exchange)
        while let next = noted.first, next.sequence == exchange.sequence {
            noted.removeFirst()
            guard hash == next.hash else { throw fault(next.contradiction) }
            switch next.source {
            case .server: notedStatesConfirmed += 1
            case .snapshot: snapshotsConfirmed += 1
            }
        }
    }

    private func firstDifference(_ left: [UInt8], _ right: [UInt8]) -> Int? {
        if left == right { return nil }
        return zip(left, right).enumerated().first { $1.0 != $1.1 }?.offset ?? min(left.count, right.count)
    }
}
