import Foundation

/// What the placement asks of the file system.
enum Folder {
    /// What stands at a path, links not followed.
    enum Kind {
        case nothing, folder, link, other
    }

    static func kind(of path: String) -> Kind {
        var information = stat()
        guard lstat(path, &information) == 0 else { return .nothing }
        switch information.st_mode & S_IFMT {
        case S_IFDIR: return .folder
        case S_IFLNK: return .link
        default: return .other
        }
    }

    /// Whether `path` can be executed by us.
    static func isProgram(_ path: String) -> Bool { access(path, X_OK) == 0 }

    /// Requires a real folder of `owner` at `path`.
    static func requireOwn(_ path: String, owner: uid_t) throws(EmbeddedPostgresError) {
        var information = stat()
        guard lstat(path, &information) == 0 else {
            throw .folderUnusable(path: path, reason: lastSystemError())
        }
        guard information.st_mode & S_IFMT == S_IFDIR else {
            throw .folderUnusable(path: path, reason: "it is not a folder")
        }
        guard information.st_uid == owner else {
            throw .folderUnusable(
                path: path, reason: "it belongs to the user with number \(information.st_uid), not \(owner)")
        }
    }

    /// Creates `path` and its ancestors where they are missing; others may pass through (0711) what is created,
    /// whatever the umask, because the server's user must.
    static func create(_ path: String) throws(EmbeddedPostgresError) {
        if kind(of: path) != .nothing || path == "/" { return }
        let parent = (path as NSString).deletingLastPathComponent
        try create(parent)
        guard (mkdir(path, 0o711) == 0 && chmod(path, 0o711) == 0) || errno == EEXIST else {
            throw .folderUnusable(path: path, reason: lastSystemError())
        }
    }

    /// The path without links and dots.
    static func resolve(_ path: String) throws(EmbeddedPostgresError) -> String {
        guard let resolved = realpath(path, nil) else {
            throw .folderUnusable(path: path, reason: lastSystemError())
        }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// Makes a rename in `folder` survive a power cut.
    static func synchronize(_ folder: String) {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    /// Removes `path` with everything in it.
    static func remove(_ path: String) throws(EmbeddedPostgresError) {
        guard kind(of: path) != .nothing else { return }
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            throw .folderUnusable(path: path, reason: "it cannot be removed")
        }
    }

    /// A short name that is always the same for one path: 64-bit FNV-1a in hexadecimal.
    static func shortName(for path: String) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in path.utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
        }
        return "suanpan-" + String(hash, radix: 16)
    }
}
