import Logging
import NIOCore

/// Stands first on the listening socket: a connection that cannot be taken is no reason to take no others.
///
/// The library ends the server at the first error of `accept`: where the system has no file descriptor or no memory left, or where a
/// client gave up before it was taken.
final class AcceptFaultHandler: ChannelInboundHandler, Sendable {
    typealias InboundIn = any Channel

    private let logger: Logger
    /// How long nothing is taken after a fault: those that are open may end meanwhile.
    private static let pause: TimeAmount = .milliseconds(100)

    init(logger: Logger) { self.logger = logger }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        logger.warning("a connection could not be taken: \(error)")
        let channel = context.channel
        // A channel that ends by this error is inactive; the library hears of that, and nothing is lost by not telling it the error.
        channel.setOption(.autoRead, value: false).whenSuccess {
            channel.eventLoop.scheduleTask(in: Self.pause) { _ = channel.setOption(.autoRead, value: true) }
        }
    }
}
