/// The first line of a script.
enum Shebang {
    /// Names an interpreter. The kernel takes no spaces and at most 127 bytes; otherwise a shell starts the interpreter,
    /// by two lines that Python reads as a string.
    static func line(for interpreter: String) -> String {
        let plain = "#!\(interpreter)"
        if !interpreter.contains(" "), plain.utf8.count <= 127 { return plain }
        let quoted =
            "'" + interpreter.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\"'\"'") + "'"
        return "#!/bin/sh\n'''exec' \(quoted) \"$0\" \"$@\"\n' '''"
    }

    /// A wheel's script with the placeholder `#!python` replaced by the interpreter (binary distribution format,
    /// "recommended installer features"); any other script as it is.
    static func rewritten(_ script: [UInt8], interpreter: String) -> [UInt8] {
        guard script.starts(with: "#!python".utf8) else { return script }
        let end = script.firstIndex(of: UInt8(ascii: "\n")) ?? script.endIndex
        return Array(line(for: interpreter).utf8) + script[end...]
    }
}
