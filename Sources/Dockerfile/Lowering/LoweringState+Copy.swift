import Diagnostics
import OCI
import Spec

extension LoweringState {
    /// `COPY`: files of the context, of stages and images, and texts of the Dockerfile itself. `ADD`: also archives and files
    /// of the network.
    /// - Parameter adds: whether it is an ADD.
    mutating func lower(
        _ copy: CopyInstruction, adds: Bool = false, in located: LocatedInstruction
    ) throws(DockerfileError) {
        let origin = try origin(copy, in: located)
        let owner = try owner(copy, in: located)
        let mode = try mode(copy, in: located)
        let text = try expand(copy.destination, in: located)
        let destination = try absolute(text, in: located, at: copy.destination)
        let isIntoDirectory =
            copy.sources.count + copy.heredocs.count > 1 || text.hasSuffix("/") || text == "." || text.hasSuffix("/.")
            || text == ".." || text.hasSuffix("/..")
        var changes: [FileChange] = []
        var sources: [NamedFiles] = []
        var downloads: [FileChange] = []
        for word in copy.sources {
            let text = try expand(word, in: located)
            if adds, let url = try remote(text, word: word, in: located) {
                let download = FileDownload(
                    url: url, name: Self.fileName(of: url), checksum: try checksum(copy, in: located),
                    destination: destination, isIntoDirectory: isIntoDirectory, owner: owner, mode: mode,
                    unpacks: copy.unpacks ?? false)
                downloads.append(.download(download))
                continue
            }
            let source = try source(text, copy, in: located, word: word)
            sources.append(source)
            let inContext = if let origin { contextSource(of: source, in: origin) } else { Optional(source) }
            guard let inContext else { continue }
            place(inContext, at: destination, isIntoDirectory: isIntoDirectory, keepsParents: copy.keepsParents)
        }
        if !sources.isEmpty {
            var excluded: [String] = []
            for pattern in copy.excluded { excluded.append(try expand(pattern, in: located)) }
            changes.append(
                .copy(
                    FileCopy(
                        from: origin?.origin, sources: sources, destination: destination,
                        isIntoDirectory: isIntoDirectory,
                        excluded: excluded, keepsParents: copy.keepsParents, owner: owner, mode: mode,
                        unpacks: adds && copy.unpacks != false ? true : nil)))
        }
        if copy.checksum != nil, downloads.count != 1 || !sources.isEmpty {
            throw refuse(located, "--checksum is of one URL", at: "--checksum", [])
        }
        changes += downloads
        for heredoc in copy.heredocs {
            let content = heredoc.expands ? try expand(heredoc: heredoc.content, in: located) : heredoc.content
            let path = isIntoDirectory && destination != "/" ? destination + "/" : destination
            changes.append(
                .write(
                    FileText(
                        path: path, name: heredoc.name, text: content, makesParents: true, owner: owner, mode: mode)))
        }
        let shown =
            ([located.keyword] + (copy.from.map { ["--from=\($0)"] } ?? [])
            + (copy.keepsParents ? ["--parents"] : []) + copy.sources + copy.heredocs.map { "<<\($0.name)" }
            + [copy.destination]).joined(separator: " ")
        add(changes, of: located, titled: shown)
        remark(located, shown, "files in \(destination)\(origin.map { ", from \($0.shown)" } ?? "")")
    }

    private func refuse(
        _ located: LocatedInstruction, _ why: String, at word: String, _ hints: [String]
    ) -> DockerfileError {
        dockerfile.failure(.unsupportedInstruction, "\(located.keyword): \(why)", in: located, at: word, hints: hints)
    }

    private func owner(
        _ copy: CopyInstruction, in located: LocatedInstruction
    ) throws(DockerfileError) -> FileOwner? {
        guard let text = copy.owner else { return nil }
        let owner = FileOwner(try expand(text, in: located))
        guard owner.user != nil || owner.group != nil else {
            throw dockerfile.failure(.invalidSyntax, "--chown names nobody", in: located, at: "--chown")
        }
        return owner
    }

    private func mode(_ copy: CopyInstruction, in located: LocatedInstruction) throws(DockerfileError) -> String? {
        guard let text = copy.mode else { return nil }
        let mode = try expand(text, in: located)
        guard ModeChange(mode) != nil else {
            throw dockerfile.failure(
                .invalidSyntax, "'\(mode)' is no mode", in: located, at: "--chmod",
                hints: ["write it as 755, or as u=rwX,go=rX"])
        }
        return mode
    }

    // MARK: Sources

    /// Where files are taken from.
    private struct Origin {
        var origin: FileOrigin
        /// How remarks name it.
        var shown: String
        /// The stage; nil for an image.
        var stage: FinishedStage?
    }

    private func origin(
        _ copy: CopyInstruction, in located: LocatedInstruction
    ) throws(DockerfileError) -> Origin? {
        guard let name = copy.from else { return nil }
        guard !name.contains("$") else {
            throw dockerfile.failure(
                .invalidSyntax, "'\(name)' of --from holds a variable, which is not expanded there", in: located,
                at: "--from",
                hints: ["name a stage by FROM with that variable above, and take the files from the stage"])
        }
        guard !name.isEmpty, name != "scratch" else {
            throw refuse(located, "'\(name)' of --from has no files", at: "--from", ["name a stage or an image"])
        }
        if let stage, let number = dockerfile.stage(named: name, before: stage)?.index, let earlier = earlier[number] {
            return Origin(
                origin: .stage(earlier.stage.name), shown: "the stage '\(earlier.stage.name)'", stage: earlier)
        }
        if Int(name) != nil {
            throw dockerfile.failure(
                .unknownStage, "there is no stage \(name) above this line", in: located, at: "--from",
                hints: ["stages are numbered from 0"])
        }
        do {
            let image = try lowering.image(named: name)
            return Origin(origin: .image(image), shown: Self.name(of: image))
        } catch {
            throw dockerfile.failure(.invalidBase, error.message, in: located, at: "--from", hints: error.hints)
        }
    }

    /// What of the context a source of another stage is, where that can be told.
    private func contextSource(of source: NamedFiles, in origin: Origin) -> NamedFiles? {
        guard let stage = origin.stage, !source.isPattern, !source.path.contains("/./") else { return nil }
        return contextPath(of: "/" + source.path, placed: stage.placed).map { NamedFiles($0) }
    }

    private func source(
        _ text: String, _ copy: CopyInstruction, in located: LocatedInstruction, word: String
    ) throws(DockerfileError) -> NamedFiles {
        // What stands before a part `.` is not kept by --parents.
        let pivot = copy.keepsParents ? text.firstRange(of: "/./") : nil
        let parts = pivot.map { [String(text[..<$0.lowerBound]), String(text[$0.upperBound...])] } ?? [text]
        var cleaned: [String] = []
        for part in parts {
            // No path leads out of an image: its root is its own parent.
            let inImage =
                copy.from == nil ? nil : ImagePath.absolute("/" + part, in: "/").map { String($0.dropFirst()) }
            guard let path = inImage ?? ImagePath.relative(part) else {
                throw refuse(located, "'\(text)' leads out of the context", at: word, [])
            }
            cleaned.append(path)
        }
        let path = cleaned.joined(separator: "/./")
        let isPattern = NamedFiles.isPattern(path)
        if !isPattern, copy.from == nil, let contextEntry = lowering.contextEntry {
            let whole = cleaned.filter { !$0.isEmpty }.joined(separator: "/")
            guard whole.isEmpty || contextEntry(whole) != nil else {
                throw dockerfile.failure(
                    .sourceNotFound, "the context holds no '\(whole)'", in: located, at: word,
                    hints: ["paths of COPY are relative to the context"])
            }
        }
        return NamedFiles(path, isPattern: isPattern)
    }

    /// Remembers where a source goes, for whoever looks for a file: a file may become the destination, or go into it.
    private mutating func place(
        _ source: NamedFiles, at destination: String, isIntoDirectory: Bool, keepsParents: Bool
    ) {
        let parts = source.path.split(separator: "/").filter { $0 != "." }
        let path = parts.joined(separator: "/")
        if keepsParents {
            let kept = source.path.firstRange(of: "/./").map { String(source.path[$0.upperBound...]) } ?? path
            placed.append(
                PlacedSource(source: path, kind: .any, target: ImagePath.joined(destination, kept)))
            return
        }
        if source.isPattern {
            placed.append(PlacedSource(source: path, kind: .pattern, target: destination))
            return
        }
        let isDirectory = path.isEmpty || lowering.contextEntry.map { $0(path) == .directory } ?? false
        let isFile = lowering.contextEntry.map { $0(path) == .file } ?? false
        if !isDirectory {
            let inside = ImagePath.joined(destination, ImagePath.name(path))
            placed.append(PlacedSource(source: path, kind: .file, target: inside))
            if !isIntoDirectory { placed.append(PlacedSource(source: path, kind: .file, target: destination)) }
        }
        if !isFile { placed.append(PlacedSource(source: path, kind: .directory, target: destination)) }
    }

    /// The path in the context of a file that COPY put into the image.
    func contextPath(of path: String, mounts: [PlacedSource] = []) -> String? {
        contextPath(of: path, placed: placed + mounts)
    }

    private func contextPath(of path: String, placed: [PlacedSource]) -> String? {
        for placed in placed.reversed() {
            guard let found = placed.source(of: path) else { continue }
            // Where nobody knows the context, a name decides: one with a dot is a file's.
            if placed.kind == .directory, lowering.contextEntry == nil, !placed.source.isEmpty,
                ImagePath.name(placed.source).contains(".")
            {
                continue
            }
            if let contextEntry = lowering.contextEntry, placed.kind != .any, contextEntry(found) == nil { continue }
            return found
        }
        return nil
    }
}

/// What a COPY put where.
struct PlacedSource {
    /// What the source is taken for.
    enum Kind {
        /// A file, and nothing below it.
        case file
        /// A directory, whose content goes to the target.
        case directory
        /// Either.
        case any
        /// A pattern in its last part; the target is the directory.
        case pattern
    }

    /// The path of the context, or a pattern.
    var source: String
    var kind: Kind
    /// Where it stands in the image: the file itself, or the directory's content; for a pattern the directory.
    var target: String

    /// The path in the context of what stands at a path of the image; nil where it comes from elsewhere.
    func source(of path: String) -> String? {
        guard let inside = ImagePath.inside(path, target) else { return nil }
        switch kind {
        case .file: return inside.isEmpty ? source : nil
        case .directory, .any: return inside.isEmpty ? source : ImagePath.joined(source, inside)
        case .pattern:
            let directory = source.split(separator: "/").dropLast().joined(separator: "/")
            guard !inside.isEmpty, !inside.contains("/"),
                let pattern = try? ShellPattern(ImagePath.name(source)), pattern.matches(inside)
            else { return nil }
            return ImagePath.joined(directory, inside)
        }
    }
}
