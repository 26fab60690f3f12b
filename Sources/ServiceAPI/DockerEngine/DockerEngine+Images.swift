import Diagnostics
import HTTPTypes
import Hummingbird
import OCI
import Service
import Spec

extension DockerEngine {
    /// `GET /images/json`.
    func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let scope = try await context.scope(.reader, in: service)
        let filters = try EngineQuery(request).filters()
        for name in filters.keys.sorted() where !["reference", "dangling", "label"].contains(name) {
            throw ServiceError(
                .invalidRequest, "images cannot be filtered by '\(name)'",
                hints: ["the filters are reference, dangling and label"])
        }
        let images = try await service.namedImages(project: scope.project).compactMap { Self.filtered($0, by: filters) }
        return try JSONAnswer.response(images.map { EngineImageSummary($0) })
    }

    /// An image with those of its names that fit; nil where it does not.
    private static func filtered(_ image: NamedImage, by filters: [String: [String]]) -> NamedImage? {
        var image = image
        if let patterns = filters["reference"], !patterns.isEmpty {
            image.names = image.names.filter { name in patterns.contains { NamePattern($0).fits(name) } }
            if image.names.isEmpty { return nil }
        }
        for text in filters["dangling"] ?? [] where ["true", "1"].contains(text) != image.names.isEmpty { return nil }
        let labels = image.documents.configuration.config?.labels ?? [:]
        for text in filters["label"] ?? [] {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard let value = labels[parts[0]], parts.count == 1 || parts[1] == value else { return nil }
        }
        return image
    }

    /// `GET /images/{name}/json`.
    func inspect(_ name: String, _ context: APIContext) async throws -> Response {
        let scope = try await context.scope(.reader, in: service)
        let image = try await service.namedImage(name, project: scope.project)
        let digests = try await service.pushedReferences(of: image, project: scope.project)
        return try JSONAnswer.response(EngineImageDocument(image, digests: digests))
    }

    /// `GET /distribution/{name}/json`: what a registry has under a name.
    func distribution(_ name: String, _ request: Request, _ context: APIContext) async throws -> Response {
        // The registry is asked with the server's credentials.
        let scope = try await context.scope(.builder, in: service)
        let reference = try Reference(name)
        let documents = try await service.documents(
            of: reference, secrets: try RegistryLogins.one(request.headers, for: reference.registry), pulls: true,
            project: scope.project)
        return try JSONAnswer.response(EngineDistributionDocument(documents))
    }

    /// `POST /images/create`: looks an image up in its registry. Its layers are fetched when a build needs them.
    func pull(_ request: Request, _ context: APIContext) async throws -> Response {
        let scope = try await context.scope(.builder, in: service)
        let query = EngineQuery(request)
        guard let from = query["fromImage"] else {
            throw ServiceError(
                .invalidRequest, "images are looked up in registries, and not imported",
                hints: ["name the image in 'fromImage'"])
        }
        let suffix = query["tag"].map { $0.contains(":") ? "@\($0)" : ":\($0)" } ?? ""
        let reference = try Reference(from + suffix)
        let platform = try query["platform"].map { try Platform($0) }
        let secrets = try RegistryLogins.one(request.headers, for: reference.registry)
        return EngineStream.response { stream in
            try await stream.write(
                EngineLine(status: "Pulling from \(reference.name)", id: reference.tag ?? Reference.defaultTag))
            let documents = try await service.documents(
                of: reference, platform: platform, secrets: secrets, pulls: true, project: scope.project)
            try await service.name(documents, reference.digest == nil ? [reference] : [], project: scope.project)
            try await stream.write(EngineLine(status: "Digest: \(documents.descriptor.digest)"))
            try await stream.write(
                EngineLine(
                    status: "Status: Image is known for \(reference); builds fetch its layers when they need them"))
        }
    }

    /// `POST /images/{name}/tag`.
    func tag(_ name: String, _ request: Request, _ context: APIContext) async throws -> Response {
        let scope = try await context.scope(.builder, in: service)
        let query = EngineQuery(request)
        guard let repository = query["repo"] else {
            throw ServiceError(.invalidRequest, "the new name is missing", hints: ["name it in 'repo' and 'tag'"])
        }
        let reference = try Reference(repository + (query["tag"].map { ":\($0)" } ?? ""))
        try await service.tag(name, as: reference, project: scope.project, by: scope.origin)
        return Response(status: .created)
    }

    /// `DELETE /images/{name}`.
    func remove(_ name: String, _ request: Request, _ context: APIContext) async throws -> Response {
        let scope = try await context.scope(.builder, in: service)
        let removed = try await service.removeImage(
            name, force: EngineQuery(request).flag("force"), project: scope.project, by: scope.origin)
        let lines =
            removed.names.map { ["Untagged": $0.familiar] } + (removed.id.map { [["Deleted": $0.description]] } ?? [])
        return try JSONAnswer.response(lines)
    }

    /// `POST /images/{name}/push`.
    func push(_ name: String, _ request: Request, _ context: APIContext) async throws -> Response {
        let scope = try await context.scope(.builder, in: service)
        let repository = try Reference(name)
        let tag = EngineQuery(request)["tag"] ?? repository.tag
        let secrets = try RegistryLogins.one(request.headers, for: repository.registry)
        let known = try await service.namedImages(project: scope.project).flatMap(\.names)
            .filter { $0.name == repository.name && (tag == nil || $0.tag ?? Reference.defaultTag == tag) }
        guard !known.isEmpty else {
            throw ServiceError(
                .notFound, "An image does not exist locally with the tag: \(name)\(tag.map { ":\($0)" } ?? "")",
                hints: ["build it first, or give the name to an image by 'tag'"])
        }
        return EngineStream.response { stream in
            try await stream.write(EngineLine(status: "The push refers to repository [\(repository.name)]"))
            for reference in known {
                let build = try await service.push(
                    reference, secrets: secrets, project: scope.project, by: scope.origin)
                let ended = try await follow(build, context, scope) { event in
                    if let line = EngineLine(pushing: event) { try await stream.write(line) }
                }
                guard let descriptor = ended.outcome?.descriptor else { continue }
                let tag = reference.tag ?? Reference.defaultTag
                try await stream.write(
                    EngineLine(status: "\(tag): digest: \(descriptor.digest) size: \(descriptor.size)"))
                try await stream.write(
                    EngineLine(aux: .init(tag: tag, digest: descriptor.digest, size: descriptor.size)))
            }
        }
    }
}

extension EngineLine {
    /// What a push tells of an event; nil where docker has no word for it.
    fileprivate init?(pushing event: BuildEvent) {
        guard case .layer(let outcome) = event else { return nil }
        let id = outcome.descriptor.digest.short
        switch outcome.disposition {
        case .pushed: self.init(status: "Pushed", id: id)
        case .mounted: self.init(status: "Mounted from another repository", id: id)
        case .present: self.init(status: "Layer already exists", id: id)
        case .made, .cached: return nil
        }
    }
}

/// The pattern of a filter: a name with or without its tag, in which a star stands for any characters but a slash.
struct NamePattern {
    private let pattern: Substring

    init(_ pattern: String) { self.pattern = pattern[...] }

    /// Whether an image's name fits, with or without tag and registry.
    func fits(_ name: Reference) -> Bool {
        let tag = ":\(name.tag ?? Reference.defaultTag)"
        let whole = [name.familiar, name.tagged]
        return (whole + whole.map { String($0.dropLast(tag.count)) }).contains { Self.fits($0[...], pattern) }
    }

    private static func fits(_ text: Substring, _ pattern: Substring) -> Bool {
        guard let first = pattern.first else { return text.isEmpty }
        if first == "*" {
            if fits(text, pattern.dropFirst()) { return true }
            guard let next = text.first, next != "/" else { return false }
            return fits(text.dropFirst(), pattern)
        }
        guard let next = text.first, first == "?" ? next != "/" : next == first else { return false }
        return fits(text.dropFirst(), pattern.dropFirst())
    }
}
