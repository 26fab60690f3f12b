import Build
import Interface
import OCI

extension Optional<String> {
    /// The value as one of a flag.
    func given(_ flag: String) -> Given<String>? { map { Given($0, .flag(flag)) } }
}

extension [String] {
    /// The values as those of a flag.
    func given(_ flag: String) -> [Given<String>] { map { Given($0, .flag(flag)) } }
}

extension Bool {
    /// What a flag says if it is there; a flag that is not there says nothing.
    func given(_ flag: String) -> Given<Bool>? { self ? Given(true, .flag(flag)) : nil }
}

/// The names that `--base` completes.
var catalogNames: [String] { (try? BaseCatalog().names()) ?? [] }

/// What `--platform` says.
func parsedPlatforms(_ texts: [String]) throws -> [Platform] {
    try texts.given("--platform").flatMap { given in
        try given.value.split(separator: ",").map { text in try given.read { _ in try Platform(text) } }
    }
}
