import OCI
import Spec

extension LoweringState {
    /// `COPY`: files that keep their names become a files step.
    mutating func lower(_ copy: CopyInstruction, in located: LocatedInstruction) throws(DockerfileError) {
        if let from = copy.from {
            let known = dockerfile.stages.contains { $0.name == from.lowercased() || String($0.index) == from }
            throw refuse(
                located, "files cannot be taken from \(known ? "another stage" : "another image"), '\(from)', yet",
                at: "--from", [])
        }
        guard copy.heredocs.isEmpty else {
            throw refuse(
                located, "texts in the Dockerfile cannot become files yet", at: "<<", ["put the file into the context"])
        }
        if let owner = copy.owner {
            let name = try expand(owner, in: located)
            guard name.split(separator: ":").allSatisfy({ $0 == "root" || $0 == "0" }), !name.isEmpty else {
                throw refuse(located, "files belong to root, and cannot be given to '\(name)' yet", at: "--chown", [])
            }
        }
        if let mode = copy.mode {
            throw refuse(
                located,
                "modes cannot be set to '\(mode)' yet: files have 0644, or 0755 where the context has them executable",
                at: "--chmod", [])
        }
        var sources: [String] = []
        for source in copy.sources { sources.append(try expand(source, in: located)) }
        let text = try expand(copy.destination, in: located)
        let destination = try absolute(text, in: located, at: copy.destination)
        let isDirectory =
            sources.count > 1 || text.hasSuffix("/") || text == "." || text.hasSuffix("/.") || text.hasSuffix("..")
            || isKnownDirectory(destination)
        var step: [LoweredDockerfile.Files] = []
        for (source, word) in zip(sources, copy.sources) {
            let placed = try place(
                source, at: destination, isDirectory: isDirectory, keepsParents: copy.keepsParents, in: located,
                word: word)
            self.placed.append(placed.source)
            guard copy.excluded.isEmpty || placed.selected == nil else {
                throw refuse(located, "--exclude is known with the whole context alone", at: "--exclude", [])
            }
            if let selected = placed.selected, let last = step.indices.last, step[last].destination == placed.root,
                step[last].selection != nil
            {
                step[last].selection?.append(selected)
            } else {
                step.append(
                    .init(
                        lines: located.lines, destination: placed.root, selection: placed.selected.map { [$0] },
                        excluded: copy.excluded))
            }
        }
        files += step
        let shown = ([located.keyword] + (copy.keepsParents ? ["--parents"] : []) + copy.sources + [copy.destination])
            .joined(separator: " ")
        remark(
            located, shown,
            "files in \(step.map(\.destination).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }.joined(separator: ", "))"
        )
    }

    /// `ADD` of what COPY would take as well.
    mutating func lowerAdd(_ copy: CopyInstruction, in located: LocatedInstruction) throws(DockerfileError) {
        for source in copy.sources {
            let name = try expand(source, in: located)
            guard !name.contains("://"), !name.hasPrefix("git@"), !name.hasPrefix("github.com/") else {
                throw refuse(
                    located, "nothing is fetched from '\(SourceText.shown(name))'", at: source,
                    ["put the file into the context, and COPY it"])
            }
            let archives = [
                ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst", ".gz", ".xz", ".bz2",
            ]
            guard !archives.contains(where: name.lowercased().hasSuffix) else {
                throw refuse(
                    located, "archives cannot be unpacked yet: '\(name)'", at: source,
                    ["put what it holds into the context, and COPY it"])
            }
            guard !name.contains(where: { "*?[".contains($0) }) else {
                throw refuse(located, "ADD would unpack archives that '\(name)' names", at: source, ["use COPY"])
            }
        }
        if copy.unpacks == true { throw refuse(located, "archives cannot be unpacked yet", at: "--unpack", []) }
        try lower(copy, in: located)
    }

    private func refuse(
        _ located: LocatedInstruction, _ why: String, at word: String, _ hints: [String]
    ) -> DockerfileError {
        dockerfile.failure(.unsupportedInstruction, "\(located.keyword): \(why)", in: located, at: word, hints: hints)
    }

    /// Whether a path of the image is a directory for all that is known.
    private func isKnownDirectory(_ path: String) -> Bool {
        let usual = [
            "/", "/tmp", "/opt", "/srv", "/home", "/root", "/etc", "/usr", "/var", "/bin", "/usr/local",
            "/usr/local/bin", "/usr/bin",
        ]
        return usual.contains(path) || directories.contains { ImagePath.inside($0, path) != nil }
            || files.contains { ImagePath.inside($0.destination, path) != nil }
    }

    /// Where one source goes.
    private func place(
        _ text: String, at destination: String, isDirectory: Bool, keepsParents: Bool, in located: LocatedInstruction,
        word: String
    ) throws(DockerfileError) -> (root: String, selected: LoweredDockerfile.Files.Selected?, source: PlacedSource) {
        guard let source = ImagePath.relative(text) else {
            throw refuse(located, "'\(text)' leads out of the context", at: word, [])
        }
        guard source.first?.isWhitespace != true, source.last?.isWhitespace != true else {
            throw refuse(located, "the name '\(source)' starts or ends with white space", at: word, [])
        }
        if text.contains(where: { "*?[\\".contains($0) }) {
            return try placePattern(source, at: destination, isDirectory: isDirectory, in: located, word: word)
        }
        if keepsParents, !source.isEmpty {
            return (
                destination, .init(path: source, isPattern: false),
                PlacedSource(source: source, isPattern: false, target: ImagePath.joined(destination, source))
            )
        }
        let isFile = try isFile(source, text, in: located, word: word)
        let target = isFile && isDirectory ? ImagePath.joined(destination, ImagePath.name(source)) : destination
        guard let root = ImagePath.root(of: target, for: source) else {
            let what = isFile ? "the file '\(source)'" : "what is in the directory '\(source)'"
            throw refuse(
                located, "\(what) cannot become '\(target)' yet: files keep their paths in the context", at: word,
                ["a destination that ends in '\(source)' can be built"])
        }
        return (
            root, source.isEmpty ? nil : .init(path: source, isPattern: false),
            PlacedSource(source: source, isPattern: false, target: target)
        )
    }

    private func placePattern(
        _ source: String, at destination: String, isDirectory: Bool, in located: LocatedInstruction, word: String
    ) throws(DockerfileError) -> (root: String, selected: LoweredDockerfile.Files.Selected?, source: PlacedSource) {
        guard !source.contains("/"), !source.contains("\\"), !source.contains("["), source.contains(".") else {
            throw refuse(
                located,
                "the pattern '\(source)' cannot be followed: it may name directories, whose contents would move",
                at: word, ["patterns of files with a suffix at the top of the context can be built, such as *.py"])
        }
        guard isDirectory else {
            throw refuse(located, "the destination of a pattern has to end in a slash", at: word, [])
        }
        return (
            destination, .init(path: source, isPattern: true),
            PlacedSource(source: source, isPattern: true, target: destination)
        )
    }

    /// Whether a source is a file. Where the context is not known its name tells: a directory's has no dot.
    private func isFile(
        _ source: String, _ text: String, in located: LocatedInstruction, word: String
    ) throws(DockerfileError) -> Bool {
        if source.isEmpty { return false }
        if let contextEntry = lowering.contextEntry {
            guard let entry = contextEntry(source) else {
                throw dockerfile.failure(
                    .sourceNotFound, "the context holds no '\(source)'", in: located, at: word,
                    hints: ["paths of COPY are relative to the context"])
            }
            return entry == .file
        }
        let name = ImagePath.name(source)
        return !text.hasSuffix("/") && (name.contains(".") || ["Makefile", "Procfile", "LICENSE"].contains(name))
    }

    /// The path in the context of a file that COPY put into the image.
    func contextPath(of path: String, mounts: [PlacedSource] = []) -> String? {
        for placed in (self.placed + mounts).reversed() {
            if placed.isPattern {
                guard let name = ImagePath.inside(path, placed.target), !name.contains("/"),
                    let pattern = try? ShellPattern(placed.source), pattern.matches(name)
                else { continue }
                return name
            }
            guard let inside = ImagePath.inside(path, placed.target) else { continue }
            return inside.isEmpty ? placed.source : ImagePath.joined(placed.source, inside)
        }
        return nil
    }
}
