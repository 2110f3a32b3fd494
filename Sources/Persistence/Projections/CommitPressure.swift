/// Whether commands wait for commits, told from the frames that were committed. A value; its owner guards it.
///
/// They do while frames of very many commands follow each other, which came while the commit before took its time, and while deliveries settle or begin
/// in great numbers: frames of few commands that bring very much. One such frame after a pause, and some hundred deliveries an hour, press nobody: of
/// both only what is more than drains away counts.
package struct CommitPressure {
    /// What comes, less what drains away.
    private struct Bucket {
        let drained: Int
        let most: Int
        var level = 0
        var time: UInt64 = 0

        /// Whether more is in it than may be; no more stays than drains away soon.
        mutating func add(_ amount: Int, at nanoseconds: UInt64) -> Bool {
            let passed = min(nanoseconds - min(time, nanoseconds), 1_000_000_000)
            level = min(max(0, level - Int(passed) * drained / 1_000_000_000) + amount, 2 * most)
            time = nanoseconds
            return level > most
        }
    }

    /// When the pressure ends, in nanoseconds.
    private var end: UInt64 = 0
    /// Commands of frames that were filled while they waited, and bytes of deliveries, a second.
    private var commands = Bucket(drained: 100_000, most: 15_000)
    private var deliveries = Bucket(drained: 12 << 20, most: 1 << 20)

    /// A frame of so many commands was filled while they waited.
    private static let manyCommands: Int64 = 2_000
    /// A frame of so many bytes of events, and so many a command, which no trading brings, holds deliveries.
    private static let manyBytes = 32 << 10
    private static let manyBytesPerCommand: Int64 = 2_048
    /// Pressure holds for so long after the last sign of it.
    private static let duration: UInt64 = 200_000_000

    package init() {}

    /// Notes a committed frame.
    package mutating func note(commands count: Int64, bytes: Int, at nanoseconds: UInt64) {
        var isHigh = count > Self.manyCommands && commands.add(Int(count), at: nanoseconds)
        if bytes >= Self.manyBytes, Int64(bytes) / max(1, count) >= Self.manyBytesPerCommand, deliveries.add(bytes, at: nanoseconds) { isHigh = true }
        if isHigh { end = nanoseconds + Self.duration }
    }

    /// How many nanoseconds it still lasts.
    package func remaining(at nanoseconds: UInt64) -> UInt64 { end - min(end, nanoseconds) }
}
