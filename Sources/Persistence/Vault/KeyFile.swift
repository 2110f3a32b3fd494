import Cryptography
import Foundation

/// Why a key cannot be used. The text is for the person at the terminal.
package enum KeyFileError: Error, Equatable, CustomStringConvertible {
    /// Others may read the file.
    case readable(path: String, mode: String)
    /// The file does not hold a key.
    case malformed(path: String)
    case unusable(path: String, reason: String)

    package var description: String {
        switch self {
        case .readable(let path, let mode): "\(path) has mode \(mode): others may read it; run: chmod 600 \(path)"
        case .malformed(let path): "\(path) does not hold 64 hexadecimal digits; restore it"
        case .unusable(let path, let reason): "\(path) cannot be used: \(reason)"
        }
    }
}

/// A secret of 32 bytes in a file that its owner alone may read: one line of 64 hexadecimal digits, mode 0600.
package enum KeyFile {
    private static let length = SealingKey.length

    /// The key in the file at `path`, which is made with a fresh key where there is none; folders, too (0700).
    ///
    /// The file appears whole or not at all; of programs that make it together all read the same one.
    package static func loadOrCreate(_ path: String) throws(KeyFileError) -> [UInt8] {
        if let bytes = try load(path) { return bytes }
        try create(path)
        guard let bytes = try load(path) else { throw .unusable(path: path, reason: "it vanished") }
        return bytes
    }

    /// The key in the file, or nil where there is no file.
    package static func load(_ path: String) throws(KeyFileError) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            throw failure(path)
        }
        defer { close(file) }
        var information = stat()
        guard fstat(file, &information) == 0 else { throw failure(path) }
        guard information.st_mode & 0o077 == 0 else {
            throw .readable(path: path, mode: String(information.st_mode & 0o777, radix: 8))
        }
        var buffer = [UInt8](repeating: 0, count: 2 * length + 2)
        let count = read(file, &buffer, buffer.count)
        guard count >= 0 else { throw failure(path) }
        let text = String(decoding: buffer.prefix(count), as: UTF8.self)
        guard let bytes = Hexadecimal.bytes(text.hasSuffix("\n") ? text.dropLast() : text[...]), bytes.count == length
        else { throw .malformed(path: path) }
        return bytes
    }

    /// Writes a fresh key beside the place and links it there; one that is there already stays.
    private static func create(_ path: String) throws(KeyFileError) {
        let folder = (path as NSString).deletingLastPathComponent
        do {
            try FileManager.default.createDirectory(
                atPath: folder.isEmpty ? "." : folder, withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700])
        } catch {
            throw .unusable(path: folder, reason: "the folder cannot be made")
        }
        let fresh = "\(path).\(getpid()).new"
        unlink(fresh)
        let file = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure(fresh) }
        defer { unlink(fresh) }
        let line = Array((Hexadecimal.text(RandomBytes.drawn(length)) + "\n").utf8)
        let isWritten = write(file, line, line.count) == line.count && fsync(file) == 0
        let cause = errno
        close(file)
        guard isWritten else { throw .unusable(path: fresh, reason: String(cString: strerror(cause))) }
        guard link(fresh, path) == 0 || errno == EEXIST else { throw failure(path) }
        let directory = open(folder.isEmpty ? "." : folder, O_RDONLY | O_CLOEXEC)
        if directory >= 0 {
            fsync(directory)
            close(directory)
        }
    }

    private static func failure(_ path: String) -> KeyFileError {
        .unusable(path: path, reason: String(cString: strerror(errno)))
    }
}
