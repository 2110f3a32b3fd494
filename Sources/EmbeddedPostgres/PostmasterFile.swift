import Foundation

/// What a running server says about itself in `postmaster.pid`.
struct PostmasterFile {
    let process: pid_t
    let port: Int
    let socketDirectory: String

    /// Reads the file in a data directory; `nil` when there is none or it is half written.
    init?(dataDirectory: String) {
        guard let text = try? String(contentsOfFile: "\(dataDirectory)/postmaster.pid", encoding: .utf8) else {
            return nil
        }
        // Process, data directory, start time, port, socket folder, listen address, shared memory, state.
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count >= 5, let process = pid_t(lines[0]), process > 0, let port = Int(lines[3]),
            lines[4].hasPrefix("/")
        else { return nil }
        self.process = process
        self.port = port
        self.socketDirectory = String(lines[4])
    }
}
