import Quantities

extension Exchange {
    /// Applies the command whose stamped envelope is `bytes`, writing its result and its events to `output`.
    ///
    /// - Throws: Where the bytes are no envelope; nothing has changed then.
    package func apply(
        encoded bytes: UnsafeRawBufferPointer, output: inout ExchangeOutput
    ) throws(BinaryDecoder.Failure) -> Applied {
        let envelope = try BinaryDecoder.decode(Envelope.self, from: unsafe [UInt8](bytes))
        let outcome = apply(envelope, output: &output)
        lastReply = outcome.reply
        return Applied(sequence: outcome.sequence, time: outcome.time, replayed: outcome.replayed)
    }

    /// The answer to the command that was applied last, whole.
    package var reply: Reply { lastReply }
}
