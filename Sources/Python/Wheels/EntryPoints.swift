import Diagnostics

/// The commands that a wheel asks for in `entry_points.txt` (entry points specification).
struct EntryPoints {
    /// One command: a name and the object that it calls.
    struct Script: Hashable {
        let name: String
        /// The module to import.
        let module: String
        /// The object within it, dotted.
        let attribute: String
    }

    /// The commands of `console_scripts` and `gui_scripts`; on Linux they are made alike.
    let scripts: [Script]

    /// Reads the file as Python's `configparser` with `=` as the only delimiter would.
    init(_ text: String, origin: String) throws {
        var section = ""
        var scripts: [String: Script] = [:]
        for (number, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let line = line.trimmed
            if line.isEmpty || line.hasPrefix("#") || line.hasPrefix(";") { continue }
            if line.hasPrefix("["), line.hasSuffix("]") {
                section = String(line.dropFirst().dropLast().trimmed)
                continue
            }
            guard section == "console_scripts" || section == "gui_scripts" else { continue }
            let script = try Script(line, place: FailureContext("file", "\(origin)/entry_points.txt:\(number + 1)"))
            scripts[script.name] = script
        }
        self.scripts = scripts.values.sorted { $0.name < $1.name }
    }

    /// The commands of pip's own wheel, the last of them named after the interpreter: `pip`, `pip3`, `pip3.11`. The
    /// wheel cannot know that name, so installers make it (pip's `get_console_script_specs`, and uv).
    /// - Parameter version: the interpreter's, `3.11`.
    func scriptsOfPip(version: Substring) -> [Script] {
        let others = scripts.filter { !$0.name.hasPrefix("pip3.") }
        let versioned = others.first { $0.name == "pip3" }.map {
            Script(name: "pip\(version)", module: $0.module, attribute: $0.attribute)
        }
        return others + [versioned].compactMap { $0 }
    }
}

extension EntryPoints.Script {
    fileprivate init(_ line: Substring, place: FailureContext) throws {
        let sides = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        func refuse(_ why: String) -> WheelError {
            WheelError(.invalidEntryPoint, "the entry point '\(line)' \(why)", context: [place])
        }
        guard sides.count == 2 else { throw refuse("has no '='") }
        name = String(sides[0].trimmed)
        // Extras in brackets behind the object mean nothing to a script.
        let object = sides[1].split(separator: "[", maxSplits: 1, omittingEmptySubsequences: false)[0].trimmed
        let parts = object.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { throw refuse("names no object to call, as in 'module:function'") }
        module = String(parts[0].trimmed)
        attribute = String(parts[1].trimmed)
        let isPlain = name.utf8.allSatisfy {
            $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "\\")
        }
        guard isPlain, (1...255).contains(name.utf8.count), name != ".", name != ".." else {
            throw refuse("has a name that is no file name")
        }
        // The names become Python source, so they must be identifiers and nothing else.
        for path in [module, attribute] {
            for part in path.split(separator: ".", omittingEmptySubsequences: false) where !part.isPythonIdentifier {
                throw refuse("names '\(path)', which is no dotted name")
            }
        }
    }

    /// The command's file.
    /// - Parameter interpreter: the absolute path for the first line.
    func source(interpreter: String) -> String {
        let imported = attribute.split(separator: ".")[0]
        return """
            \(Shebang.line(for: interpreter))
            # -*- coding: utf-8 -*-
            import sys
            from \(module) import \(imported)
            if __name__ == "__main__":
                if sys.argv[0].endswith("-script.pyw"):
                    sys.argv[0] = sys.argv[0][:-11]
                elif sys.argv[0].endswith(".exe"):
                    sys.argv[0] = sys.argv[0][:-4]
                sys.exit(\(attribute)())

            """
    }
}

extension StringProtocol {
    /// Without white space at either end.
    var trimmed: SubSequence {
        guard let first = firstIndex(where: { !$0.isWhitespace }), let last = lastIndex(where: { !$0.isWhitespace })
        else { return self[startIndex..<startIndex] }
        return self[first...last]
    }

    fileprivate var isPythonIdentifier: Bool {
        guard let first = unicodeScalars.first, first == "_" || first.properties.isXIDStart else { return false }
        return unicodeScalars.allSatisfy { $0.properties.isXIDContinue }
    }
}
