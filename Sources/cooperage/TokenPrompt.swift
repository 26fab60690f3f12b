import Diagnostics
import Glibc
import Interface
import ServiceClient

/// Reads a token from standard input: a line of a terminal, typed without being shown, or all that is piped.
enum TokenPrompt {
    /// So long is no token.
    private static let limit = 16 << 10

    /// All of standard input.
    static func standardInput() throws -> String { try read(upToLine: false) }

    /// A line of the terminal, shown as it is typed.
    /// - Throws: `ClientError` (`invalid_credentials`) where there is no terminal.
    static func askOpenly(_ question: String) throws -> String {
        guard isatty(STDIN_FILENO) == 1 else {
            throw ClientError(
                .invalidCredentials, "standard input is no terminal at which a name could be typed",
                hints: ["say --username and --password-stdin"])
        }
        Console.writeError(question)
        return String(try read(upToLine: true).prefix { !$0.isNewline })
    }

    /// A line of the terminal, not shown.
    /// - Throws: `ClientError` (`invalid_credentials`) where there is no terminal.
    static func ask(_ question: String) throws -> String {
        var before = termios()
        guard tcgetattr(STDIN_FILENO, &before) == 0 else {
            throw ClientError(
                .invalidCredentials, "standard input is no terminal at which a token could be typed",
                hints: ["pipe it, and say --token-stdin, or --password-stdin for a registry"])
        }
        var silent = before
        silent.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent)
        defer {
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &before)
            Console.writeError("\n")
        }
        Console.writeError(question)
        return try read(upToLine: true)
    }

    private static func read(upToLine: Bool) throws -> String {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while bytes.count <= limit {
            // Ctrl-C is heard between two looks, so that the terminal is as it was before when the program ends.
            try Task.checkCancellation()
            var waiting = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
            guard poll(&waiting, 1, 100) != 0 else { continue }
            let count = Glibc.read(STDIN_FILENO, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            if count > 0 { bytes += piece[..<count] }
            if count <= 0 || (upToLine && bytes.contains(UInt8(ascii: "\n"))) {
                return String(decoding: bytes, as: UTF8.self)
            }
        }
        throw ClientError(.invalidCredentials, "what standard input holds is too long for a token")
    }
}
