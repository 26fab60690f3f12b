public import Diagnostics
import Glibc

/// The rule for every path that goes into a layer, wherever it came from: relative, inside the root, printable as a
/// tar name.
public enum LayerPath {
    /// Gives back a path that may stand in a layer.
    ///
    /// - Parameters:
    ///   - path: parts separated by `/`; a trailing slash is dropped.
    ///   - origin: where it was found, for the error: a wheel's or an archive's name.
    /// - Throws: `LayerError` (`unsafe_path`) for absolute paths, `..`, empty or `.` parts, NUL, backslashes (which
    ///   Windows tools write as separators) and names beyond 4,096 bytes.
    public static func checked(_ path: some StringProtocol, origin: String) throws(LayerError) -> String {
        let trimmed = path.hasSuffix("/") ? String(path.dropLast()) : String(path)
        func refuse(_ why: String) -> LayerError {
            LayerError(
                .unsafePath, "the path '\(path)' in \(origin) \(why)",
                hints: ["the archive is damaged or made to do harm; get it from another source"])
        }
        guard !trimmed.isEmpty else { throw refuse("is empty") }
        guard !trimmed.hasPrefix("/") else { throw refuse("is absolute") }
        guard trimmed.utf8.count <= 4096 else { throw refuse("is longer than 4096 bytes") }
        guard !trimmed.utf8.contains(0) else { throw refuse("holds a NUL byte") }
        guard !trimmed.utf8.contains(UInt8(ascii: "\\")) else { throw refuse("holds a backslash") }
        for part in trimmed.split(separator: "/", omittingEmptySubsequences: false) {
            if part == ".." { throw refuse("leaves its directory by '..'") }
            if part.isEmpty || part == "." { throw refuse("has an empty part") }
            if part.utf8.count > 255 { throw refuse("has a part longer than 255 bytes") }
        }
        return trimmed
    }

    /// The directories above a path, outermost first: `a`, `a/b` for `a/b/c`.
    public static func ancestors(of path: String) -> [String] {
        var ancestors: [String] = []
        for index in path.indices where path[index] == "/" { ancestors.append(String(path[..<index])) }
        return ancestors
    }

    /// Whether one path stands before another in a layer: by bytes, as every tool sorts in the C locale.
    public static func precedes(_ left: String, _ right: String) -> Bool {
        var (left, right) = (left, right)
        return left.withUTF8 { left in
            right.withUTF8 { right in
                guard let start = left.baseAddress, let other = right.baseAddress else {
                    return left.isEmpty && !right.isEmpty
                }
                let order = memcmp(start, other, min(left.count, right.count))
                return order == 0 ? left.count < right.count : order < 0
            }
        }
    }
}
