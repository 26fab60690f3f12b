import Diagnostics
import Dockerfile
import OCI
import Spec
import Transfer

extension SubmissionCheck {
    /// Looks through what a Dockerfile's reader made, which a client may be or somebody who writes such things by hand.
    func check(_ changes: BuildSubmission.Changes) throws(ServiceError) {
        let environments = changes.stages.flatMap(\.environments) + changes.environments
        guard changes.stages.count <= 64, environments.count <= 64, changes.allInstallations.count <= 1000,
            changes.allInstructions.count <= 1000
        else {
            throw refuse(
                "a Dockerfile has at most 64 stages and environments, 1000 installations and instructions of files")
        }
        for stage in changes.stages { try check(stage.base) }
        for change in changes.allInstructions.flatMap(\.changes) { try check(change) }
        for environment in environments { try check(environment) }
    }

    private func check(_ source: BaseSource) throws(ServiceError) {
        switch source {
        case .catalog(let name): try check(base: name)
        case .registry(let reference): try check(base: reference.name)
        case .scratch: try check(base: "scratch")
        case .layout(let path), .archive(let path):
            throw refuse("'\(path)' in 'changes' is no name of an image", hints: ["stages start from images"])
        }
    }

    private func check(_ change: FileChange) throws(ServiceError) {
        switch change {
        case .copy(let copy):
            if case .image(let source) = copy.origin { try check(source) }
        case .download(let download):
            guard let url = try? HTTPURL(download.url), url.userInformation == nil else {
                throw refuse(
                    "'\(redacted(url: download.url))' in 'changes' is no http or https URL without a user and a password"
                )
            }
            guard PolicyPattern.allow(policy.indexes, url.text) else {
                throw against("fetching '\(url)'", policy.indexes)
            }
        default: break
        }
    }

    // MARK: Packages

    private func check(_ environment: LoweredDockerfile.Packages) throws(ServiceError) {
        if let path = environment.place?.path { try check(inImage: path, "the path of an environment") }
        if case .virtual(let new) = environment.place {
            for text in [new.program, new.version, new.prompt].compactMap(\.self) {
                try check(text: text, is: "a setting of an environment")
            }
        }
        for installation in environment.installations {
            try check(installation.indexes)
            try check(requirements: installation.requirements)
            try check(installation.selection)
            try check(installation.options)
            for line in installation.lines {
                try check(text: line.text + line.suffix, is: "a line of requirements")
                if let path = line.path { try check(inContext: path) }
            }
        }
    }

    private func check(_ options: InstallationOptions) throws(ServiceError) {
        for word in [options.prerelease, options.indexStrategy, options.resolution].compactMap(\.self) {
            try check(name: word, is: "an option of uv's")
        }
        if case .packages(let names) = options.upgrade {
            for name in names { try check(name: name, is: "a package") }
        }
        for source in options.editableSources {
            try check(inContext: source.directory)
            try check(inImage: source.place, "the place of an editable project")
        }
    }

    private func check(text: String, is what: String) throws(ServiceError) {
        guard text.utf8.count <= 4096, !text.unicodeScalars.contains(where: { $0.value < 0x20 }) else {
            throw refuse("\(what) in 'changes' holds a line break or another control character, or is too long")
        }
    }

    private func check(inImage path: String, _ what: String) throws(ServiceError) {
        let isPlain = path.split(separator: "/").allSatisfy { $0 != ".." && $0 != "." }
        guard path.hasPrefix("/"), isPlain else { throw refuse("'\(path)' is \(what), and not an absolute path") }
        try check(text: path, is: what)
    }

    /// The context itself is the empty path.
    private func check(inContext path: String) throws(ServiceError) {
        if !path.isEmpty { _ = try relative(path) }
    }
}
