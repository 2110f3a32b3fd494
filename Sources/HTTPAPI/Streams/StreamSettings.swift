/// Bounds of the streams.
package struct StreamSettings: Sendable {
    /// A comment is sent where nothing else was for so long.
    package var heartbeat = Duration.seconds(15)
    /// Events that a feed keeps for those who come back, and their bytes.
    package var ringEvents = 4_096
    package var ringBytes = 4 << 20
    /// Bytes of changes that may wait for a subscriber; beyond, it is cut.
    package var bufferBytes = 1 << 20
    /// How long a feed without subscribers is kept for those who come back.
    package var retention = Duration.seconds(60)
    package var channelsPerStream = 32
    package var streamsPerAddress = 2_048
    package var streamsPerKey = 100
    package var streams = 4_096
    /// Feeds, with those that are kept for who comes back.
    package var feeds = 4_096
    /// Changes that come sooner after the last ones are sent together.
    package var pace = Duration.milliseconds(10)

    package init() {}
}
