import Diagnostics
import OCI
import Spec

// What ADD takes beside files of the context.

extension LoweringState {
    /// The URL that a source of ADD is; nil for a path.
    /// - Throws: `DockerfileError` for a git repository.
    func remote(
        _ text: String, word: String, in located: LocatedInstruction
    ) throws(DockerfileError) -> String? {
        let isWeb = text.hasPrefix("http://") || text.hasPrefix("https://")
        let place = text.prefix { $0 != "#" && $0 != "?" }
        let isGit =
            ["git://", "git@", "ssh://", "github.com/"].contains(where: text.hasPrefix)
            || (isWeb && place.hasSuffix(".git"))
        guard !isGit else {
            throw dockerfile.failure(
                .unsupportedInstruction,
                "\(located.keyword): git repositories cannot be added yet: '\(SourceText.shown(text))'", in: located,
                at: word, hints: ["check it out into the context, and COPY it"])
        }
        guard isWeb || !text.contains("://") else {
            throw dockerfile.failure(
                .unsupportedInstruction,
                "\(located.keyword): nothing is fetched from '\(SourceText.shown(text))'", in: located, at: word,
                hints: ["URLs start with https:// or http://"])
        }
        return isWeb ? text : nil
    }

    /// The name of the file that a URL names; nil where it names none.
    static func fileName(of url: String) -> String? {
        guard let scheme = url.firstRange(of: "://") else { return nil }
        let place = url[scheme.upperBound...].prefix { $0 != "#" && $0 != "?" }
        guard let slash = place.firstIndex(of: "/") else { return nil }
        let name = ImagePath.name(PercentEncoding.decoded(place[slash...]))
        return ["", ".", ".."].contains(name) ? nil : name
    }

    /// What `--checksum` says.
    func checksum(
        _ copy: CopyInstruction, in located: LocatedInstruction
    ) throws(DockerfileError) -> Digest? {
        guard let text = copy.checksum else { return nil }
        let value = try expand(text, in: located)
        do throws(OCIError) {
            let digest = try Digest(value)
            guard digest.algorithm == .sha256 else {
                throw OCIError(.invalidDigest, "'\(value)' is not a digest by SHA-256")
            }
            return digest
        } catch {
            throw dockerfile.failure(.invalidSyntax, error.message, in: located, at: "--checksum", hints: error.hints)
        }
    }
}
