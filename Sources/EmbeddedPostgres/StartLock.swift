import Foundation

/// Lets one process at a time make and start the data of one folder; the second then adopts what the first started.
struct StartLock {
    private let descriptor: Int32

    /// Waits for the lock of `home`.
    init(home: String) throws(EmbeddedPostgresError) {
        let path = "\(home)/pg.lock"
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw .folderUnusable(path: path, reason: lastSystemError())
        }
        while flock(descriptor, LOCK_EX) != 0 {
            guard errno == EINTR else {
                close(descriptor)
                throw .folderUnusable(path: path, reason: lastSystemError())
            }
        }
    }

    /// Lets the next one in.
    func release() {
        close(descriptor)
    }
}
