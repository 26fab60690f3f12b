import Content
import Diagnostics
import FoundationEssentials
public import OCI

/// An image of a project with all of its names.
public struct NamedImage: Sendable, Hashable {
    /// What docker calls its ID.
    public var id: Digest
    /// Its names, the last one first; none where all were given to other images.
    public var names: [Reference]
    /// The build that made it; empty for an image that was looked up in a registry.
    public var build: String
    /// What is known of it.
    public var documents: ImageDocuments
    /// When it was made here.
    public var createdAt: ServerTime
}

/// What was removed of an image.
public struct RemovedImage: Sendable, Hashable {
    /// The names that it had.
    public var names: [Reference]
    /// Its ID, where it is forgotten as a whole.
    public var id: Digest?
}

extension BuildService {
    // MARK: Looking

    /// The images of a project, the newest first.
    public func namedImages(project: String) async throws -> [NamedImage] {
        var images: [NamedImage] = []
        for record in try await store.images(project: project) {
            if let number = images.firstIndex(where: { $0.id == record.id }) {
                images[number].names += [record.reference].compactMap(\.self)
                images[number].createdAt = min(images[number].createdAt, record.namedAt)
            } else {
                images.append(
                    NamedImage(
                        id: record.id, names: [record.reference].compactMap(\.self), build: record.build,
                        documents: record.documents, createdAt: record.namedAt))
            }
        }
        return images
    }

    /// An image by its name, its name and digest, its ID or the start of that.
    /// - Throws: `ServiceError` (`not_found`), also for another project's image; `conflict` where more than one ID starts so.
    public func namedImage(_ text: String, project: String) async throws -> NamedImage {
        let images = try await namedImages(project: project)
        if let reference = try? Reference(text) {
            let found = images.first { image in
                guard let digest = reference.digest else {
                    return image.names.contains { $0.tagged == reference.tagged }
                }
                return image.documents.descriptor.digest == digest && image.names.contains { $0.name == reference.name }
            }
            if let found { return found }
        }
        let start = text.hasPrefix("sha256:") ? String(text.dropFirst("sha256:".count)) : text
        let matches = start.utf8.count < 4 ? [] : images.filter { $0.id.encoded.hasPrefix(start) }
        guard matches.count < 2 else {
            throw ServiceError(.conflict, "more than one image has an ID that starts with '\(text)'")
        }
        guard let found = matches.first else {
            throw ServiceError(
                .notFound, "No such image: \(text)",
                hints: ["images are those that were built here, and not yet forgotten"])
        }
        return found
    }

    /// `repository@sha256:…` of each repository to which the image was pushed under one of its names.
    public func pushedReferences(of image: NamedImage, project: String) async throws -> [String] {
        var references: [String] = []
        for name in image.names {
            let filter = BuildFilter(projects: [project], states: [.succeeded], tag: name.tagged, limit: 1)
            guard let outcome = try await store.builds(filter).first?.outcome, outcome.imageID == image.id else {
                continue
            }
            for reference in outcome.references where !references.contains(reference) { references.append(reference) }
        }
        return references
    }

    // MARK: Naming

    /// Remembers the image of a build that succeeded, under its ID and names.
    /// - Throws: `ServiceError` (`not_found`) where the build has none.
    public func name(_ build: BuildRecord, _ names: [Reference]) async throws {
        guard let outcome = build.outcome else {
            throw ServiceError(.notFound, "the build \(build.id) is \(build.state.rawValue) and has no image")
        }
        let file = try await file(.documents, of: build.id, project: build.project)
        let all = try CanonicalJSON.decode(
            [ImageDocuments].self, from: Data(file.open().readAll(limit: 64 << 20)))
        guard let documents = all.first else {
            throw ServiceError(.notFound, "the build \(build.id) has no image")
        }
        try await set([outcome.imageID.description] + names.map(\.tagged)) { name in
            ImageRecord(
                project: build.project, name: name, id: outcome.imageID, build: build.id, documents: documents)
        }
    }

    /// Remembers an image that was looked up in a registry.
    public func name(_ documents: ImageDocuments, _ names: [Reference], project: String) async throws {
        let id = documents.manifest.config.digest
        try await set([id.description] + names.map(\.tagged)) { name in
            ImageRecord(project: project, name: name, id: id, build: "", documents: documents)
        }
    }

    private func set(_ names: [String], _ record: (String) -> ImageRecord) async throws {
        for name in names where name.utf8.count <= 512 { try await store.setImage(record(name)) }
    }

    /// Gives an image another name.
    public func tag(_ text: String, as name: Reference, project: String, by request: RequestContext) async throws {
        guard name.digest == nil else {
            throw ServiceError(.invalidRequest, "'\(name)' holds a digest, which an image gets only from its content")
        }
        guard name.tagged.utf8.count <= 512 else {
            throw ServiceError(.invalidRequest, "the name '\(name.tagged.prefix(80))…' is longer than 512 bytes")
        }
        let image = try await namedImage(text, project: project)
        try await set([name.tagged]) { name in
            ImageRecord(project: project, name: name, id: image.id, build: image.build, documents: image.documents)
        }
        try await audit("image.tag", name.tagged, project: project, by: request)
    }

    /// Takes a name from an image, or forgets the image: with its last name, or where it is named by its ID.
    /// - Parameter force: whether an image with several names may be forgotten by its ID.
    public func removeImage(_ text: String, force: Bool, project: String, by request: RequestContext) async throws
        -> RemovedImage
    {
        let image = try await namedImage(text, project: project)
        let reference = try? Reference(text)
        let named = image.names.filter { $0.tagged == reference?.tagged }
        if named.isEmpty, image.names.count > 1, !force {
            throw ServiceError(
                .conflict, "the image \(text) has \(image.names.count) names", hints: ["remove them, or use force"])
        }
        let removed = named.isEmpty ? image.names : named
        let isForgotten = removed.count == image.names.count
        for name in removed { _ = try await store.removeImage(name.tagged, project: project) }
        if isForgotten { _ = try await store.removeImage(image.id.description, project: project) }
        try await audit("image.remove", text, project: project, by: request)
        return RemovedImage(names: removed, id: isForgotten ? image.id : nil)
    }

    // MARK: Pushing

    /// Accepts a push of an image that was built here: the same build once more, its layers from the cache, to a name. Should
    /// it come to another image by now, no name is written.
    /// - Parameter name: one of the image's names.
    public func push(
        _ name: Reference, secrets: BuildSecrets, project: String, by request: RequestContext
    ) async throws -> BuildRecord {
        let image = try await namedImage(name.tagged, project: project)
        guard !image.build.isEmpty, let build = try await store.build(image.build), build.project == project else {
            throw ServiceError(
                .conflict, "the image '\(name)' was not built here, and cannot be pushed",
                hints: ["copy it from its registry by another tool, such as skopeo"])
        }
        var submission = build.submission
        submission.tags = [try Reference(name.tagged)]
        submission.pushes = true
        submission.exports = false
        submission.usesCache = true
        submission.pulls = false
        submission.upgrades = false
        submission.expectedImage = image.id
        return try await submit(submission, secrets: secrets, project: project, by: request).build
    }
}
