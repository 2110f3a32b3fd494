import Foundation

/// Files of the repository that tests read.
enum RepositoryFile {
    /// The place of a file, by its path from the repository's root.
    static func path(_ name: String) -> String {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: name).path
    }
}
