public import Diagnostics
import Glibc

/// The three standard streams, written without a buffer: what was written is out, whatever happens next.
public enum Console {
    /// The size of a terminal.
    public struct Size: Sendable, Hashable {
        /// Characters in a line.
        public var columns: Int
        /// Lines.
        public var rows: Int

        /// Takes both.
        public init(columns: Int, rows: Int) {
            self.columns = columns
            self.rows = rows
        }
    }

    /// Writes results.
    /// - Throws: `InterfaceError` (`unwritable`) when nobody reads them any more or the device is full.
    public static func writeOutput(_ text: String) throws(InterfaceError) {
        if let reason = write(text, to: STDOUT_FILENO) {
            throw InterfaceError(.unwritable, "standard output cannot be written: \(reason)")
        }
    }

    /// Writes progress, tables and errors. If nobody reads them, the work goes on.
    public static func writeError(_ text: String) { _ = write(text, to: STDERR_FILENO) }

    /// How progress and errors may look: colours on a terminal that is not `dumb`, unless `NO_COLOR` is set
    /// (no-color.org).
    public static func errorPalette(_ environment: [String: String]) -> Palette {
        Palette(isColoured: isTerminal(STDERR_FILENO, environment) && (environment["NO_COLOR"] ?? "").isEmpty)
    }

    /// The same of standard output.
    public static func outputPalette(_ environment: [String: String]) -> Palette {
        Palette(isColoured: isTerminal(STDOUT_FILENO, environment) && (environment["NO_COLOR"] ?? "").isEmpty)
    }

    /// Whether progress can be drawn in place.
    public static func isErrorTerminal(_ environment: [String: String]) -> Bool {
        isTerminal(STDERR_FILENO, environment)
    }

    /// The size of the terminal on standard error; 80 by 24 where it does not tell.
    public static var errorSize: Size {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
            return Size(columns: 80, rows: 24)
        }
        return Size(columns: Int(size.ws_col), rows: Int(size.ws_row))
    }

    private static func isTerminal(_ descriptor: Int32, _ environment: [String: String]) -> Bool {
        isatty(descriptor) == 1 && environment["TERM"] != "dumb" && environment["TERM"] != nil
    }

    /// Writes all of a text, or tells why not.
    private static func write(_ text: String, to descriptor: Int32) -> String? {
        var text = text
        return text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while !rest.isEmpty {
                let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
                if count >= 0 {
                    rest = UnsafeRawBufferPointer(rebasing: rest[count...])
                } else if errno != EINTR {
                    return String(cString: strerror(errno))
                }
            }
            return nil
        }
    }
}
