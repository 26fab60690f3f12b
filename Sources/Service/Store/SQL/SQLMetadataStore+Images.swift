import Database
import OCI

extension SQLMetadataStore {
    /// Gives a name of a project to an image, which another image may have had.
    public func setImage(_ image: ImageRecord) async throws {
        let documents = try BuildRow.encode(image.documents)
        try await write { connection in
            // A new row rather than a changed one: the order is that of the names.
            try connection.execute(
                "DELETE FROM images WHERE project = ? AND name = ?", [.text(image.project), .text(image.name)])
            try connection.execute(
                """
                INSERT INTO images (project, name, image_id, build, documents, named_at)
                VALUES (?, ?, ?, ?, ?, \(dialect.now))
                """,
                [
                    .text(image.project), .text(image.name), .text(image.id.description), .text(image.build),
                    .text(documents),
                ])
        }
    }

    /// The images of a project, the name given last first.
    public func images(project: String) async throws -> [ImageRecord] {
        try await read { connection in
            try connection.query(
                "SELECT * FROM images WHERE project = ? ORDER BY sequence DESC", [.text(project)]
            ).map { row in
                ImageRecord(
                    project: try row.text("project"), name: try row.text("name"), id: try Digest(row.text("image_id")),
                    build: try row.text("build"),
                    documents: try BuildRow.decode(ImageDocuments.self, row.text("documents")),
                    namedAt: try ServerTime(row, "named_at"))
            }
        }
    }

    /// Takes a name away.
    public func removeImage(_ name: String, project: String) async throws -> Bool {
        try await write { connection in
            try connection.execute(
                "DELETE FROM images WHERE project = ? AND name = ?", [.text(project), .text(name)]) > 0
        }
    }
}
