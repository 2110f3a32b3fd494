import ArgumentParser
import Foundation
import Logging

/// How a log is written.
package enum LogFormat: String, CaseIterable, ExpressibleByArgument, Sendable {
    case text
    /// A JSON object a line.
    case json
}

extension Logger.Level: @retroactive ExpressibleByArgument {}

/// Writes the log to standard error, as lines for people or for machines. What looks like a secret of ours is never written, wherever
/// it comes from.
package struct ServerLogHandler: LogHandler {
    package var metadata = Logger.Metadata()
    package var logLevel = Logger.Level.notice
    private let label: String
    private let format: LogFormat
    private let write: @Sendable (String) -> Void

    /// - Parameter write: Takes whole lines.
    package init(
        label: String, format: LogFormat,
        write: @escaping @Sendable (String) -> Void = { FileHandle.standardError.write(Data($0.utf8)) }
    ) {
        self.label = label
        self.format = format
        self.write = write
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { _, own in own }.sorted { $0.key < $1.key }
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        let date = Date(timeIntervalSince1970: Double(time.tv_sec) + Double(time.tv_nsec / 1_000_000) / 1_000)
        let stamp = date.formatted(.iso8601.year().month().day().time(includingFractionalSeconds: true).timeZone(separator: .omitted))
        var line: String
        switch format {
        case .text:
            line = "\(stamp) \(event.level.rawValue) \(label): \(Self.oneLine(event.message.description))"
            for (key, value) in all { line += " \(key)=\(Self.oneLine(value.description))" }
        case .json:
            line = "{\"time\":\(Self.json(stamp)),\"level\":\(Self.json(event.level.rawValue)),\"logger\":\(Self.json(label))"
            line += ",\"message\":\(Self.json(event.message.description))"
            for (key, value) in all where !["time", "level", "logger", "message"].contains(key) {
                line += ",\(Self.json(key)):\(Self.json(value.description))"
            }
            line += "}"
        }
        write(Self.withoutSecrets(line) + "\n")
    }

    private static func oneLine(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }))
    }

    private static func json(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            default:
                if scalar.value < 0x20 || scalar.value == 0x7F || scalar.value == 0x2028 || scalar.value == 0x2029 {
                    let digits = String(scalar.value, radix: 16)
                    result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                } else {
                    result.unicodeScalars.append(scalar)
                }
            }
        }
        return result + "\""
    }

    /// The text with the digits of API keys and signing secrets left out.
    static func withoutSecrets(_ text: String) -> String {
        guard text.contains("spk_") || text.contains("sps_") else { return text }
        return text.replacing(/(spk_|sps_)[0-9A-Za-z]+/) { "\($0.output.1)[hidden]" }
    }
}

extension Logger {
    /// The log of a server, to standard error.
    static func server(_ format: LogFormat, _ level: Logger.Level) -> Logger {
        var logger = Logger(label: "suanpan", factory: { ServerLogHandler(label: $0, format: format) })
        logger.logLevel = level
        return logger
    }
}
