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
        // By bytes throughout: to Swift a slash and a combining mark behind it are one character that is no slash.
        let slash = UInt8(ascii: "/")
        let whole = String(path)
        let trimmed = whole.utf8.last == slash ? String(decoding: whole.utf8.dropLast(), as: UTF8.self) : whole
        func refuse(_ why: String) -> LayerError {
            LayerError(
                .unsafePath, "the path '\(path)' in \(origin) \(why)",
                hints: ["the archive is damaged or made to do harm; get it from another source"])
        }
        guard !trimmed.isEmpty else { throw refuse("is empty") }
        guard trimmed.utf8.first != slash else { throw refuse("is absolute") }
        guard trimmed.utf8.count <= 4096 else { throw refuse("is longer than 4096 bytes") }
        guard !trimmed.utf8.contains(0) else { throw refuse("holds a NUL byte") }
        guard !trimmed.utf8.contains(UInt8(ascii: "\\")) else { throw refuse("holds a backslash") }
        for part in trimmed.utf8.split(separator: slash, omittingEmptySubsequences: false) {
            if part.elementsEqual("..".utf8) { throw refuse("leaves its directory by '..'") }
            if part.isEmpty || part.elementsEqual(".".utf8) { throw refuse("has an empty part") }
            if part.count > 255 { throw refuse("has a part longer than 255 bytes") }
        }
        return trimmed
    }

    /// The parts of a path between its slashes, empty ones left out.
    public static func parts(_ path: some StringProtocol) -> [String] {
        path.utf8.split(separator: UInt8(ascii: "/")).map { String(decoding: $0, as: UTF8.self) }
    }

    /// A path as the root sees it: without leading, trailing and double slashes and parts that are `.`. What else is wrong
    /// with it (`..`) stays for `checked`.
    public static func normalised(_ path: some StringProtocol) -> String {
        parts(path).filter { $0 != "." }.joined(separator: "/")
    }

    /// A path's directory (empty at the root) and the name within it.
    public static func split(_ path: String) -> (directory: String, name: String) {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return ("", path) }
        let name = path.utf8[path.utf8.index(after: slash)...]
        return (String(decoding: path.utf8[..<slash], as: UTF8.self), String(decoding: name, as: UTF8.self))
    }

    /// The path of a name in a directory; the root is the empty path.
    public static func joined(_ directory: String, _ name: String) -> String {
        directory.isEmpty || name.isEmpty ? directory + name : "\(directory)/\(name)"
    }

    /// Whether a path lies below a directory, which is named without a trailing slash; everything lies below the empty one.
    public static func isBelow(_ directory: some StringProtocol, _ path: some StringProtocol) -> Bool {
        if directory.utf8.isEmpty { return true }
        let rest = path.utf8.dropFirst(directory.utf8.count)
        return rest.first == UInt8(ascii: "/") && path.utf8.starts(with: directory.utf8)
    }

    /// The directories above a path, outermost first: `a`, `a/b` for `a/b/c`.
    public static func ancestors(of path: String) -> [String] {
        var ancestors: [String] = []
        for index in path.utf8.indices where path.utf8[index] == UInt8(ascii: "/") {
            ancestors.append(String(decoding: path.utf8[..<index], as: UTF8.self))
        }
        return ancestors
    }

    /// The name by which a layer says that a path is gone (OCI image specification, layer.md, "Whiteouts").
    public static func whiteout(of path: String) -> String {
        let (directory, name) = split(path)
        return directory.isEmpty ? ".wh.\(name)" : "\(directory)/.wh.\(name)"
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
