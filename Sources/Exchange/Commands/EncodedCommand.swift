import Quantities

/// A command in the journal's binary form, on its way from whoever asks to the frame: an `Envelope` whose time is still open.
///
/// Written once where the request is understood; the sequencer copies it into its frame, stamps the time there, and the
/// exchange reads it there.
package struct EncodedCommand: Sendable, Equatable {
    /// The envelope's bytes, with zeros for the time.
    package let bytes: [UInt8]

    package init(_ command: Command, issuer: ParticipantID, idempotency: IdempotencyKey? = nil) {
        var encoder = BinaryEncoder()
        // An order has some 70 bytes.
        encoder.bytes.reserveCapacity(96)
        var envelope = Envelope(time: Timestamp(), issuer: issuer, idempotency: idempotency, command: command)
        envelope.code(&encoder)
        bytes = encoder.bytes
    }

    /// Takes the envelope's bytes as they are; the time in them does not count.
    package init(envelope bytes: [UInt8]) { self.bytes = bytes }

    /// Who asks: the number behind the time.
    package var issuer: ParticipantID {
        guard bytes.count >= 16 else { return .none }
        return ParticipantID(bytes[8..<16].reversed().reduce(0 as Int64) { $0 << 8 | Int64($1) })
    }

    /// Writes the time into the envelope that begins at `offset` of a frame's commands.
    package static func stamp(_ time: Timestamp, at offset: Int, of commands: inout BinaryEncoder) {
        commands.overwrite(time.microseconds, at: offset)
    }
}

/// What became of one command, beside its answer.
package struct Applied: Sendable {
    /// The journal's sequence number of the command.
    package var sequence: Int64
    package var time: Timestamp
    /// Whether the answer is the stored one of an earlier request with the same `Idempotency-Key`.
    package var replayed: Bool
    /// How many bytes the envelope has.
    package var byteCount: Int
}
