import Content
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Service

/// What a build hands out beside its state: `/builds/{id}/plan`, `lock`, `packages`, `image`.
struct FileRoutes {
    let service: BuildService

    func add(to group: RouterGroup<APIContext>) {
        group.get("/builds/{id}/plan") { _, context in
            let scope = try context.scope(.reader)
            return Self.response(
                try await service.plan(of: context.buildID(), project: scope.visible), type: "application/json")
        }
        group.get("/builds/{id}/lock") { _, context in
            let scope = try context.scope(.reader)
            return try JSONAnswer.response(
                ["locks": try await service.locks(of: context.buildID(), project: scope.visible)])
        }
        group.get("/builds/{id}/packages") { _, context in
            let scope = try context.scope(.reader)
            return try JSONAnswer.response(
                ["packages": try await service.packages(of: context.buildID(), project: scope.visible)])
        }
        group.get("/builds/{id}/image") { _, context in
            let scope = try context.scope(.reader)
            return Self.response(
                try await service.image(of: context.buildID(), project: scope.visible), type: "application/x-tar")
        }
    }

    /// A file in pieces, each read when the last one was sent.
    private static func response(_ file: StoredFile, type: String) -> Response {
        Response(
            status: .ok, headers: [.contentType: type, .cacheControl: "no-store"],
            body: ResponseBody(contentLength: Int(clamping: file.size)) { writer in
                let reader = try file.open()
                while true {
                    let bytes = try [UInt8](unsafeUninitializedCapacity: 256 << 10) { buffer, count in
                        count = try reader.read(into: UnsafeMutableRawBufferPointer(buffer))
                    }
                    if bytes.isEmpty { break }
                    try await writer.write(ByteBuffer(bytes: bytes))
                }
                try await writer.finish(nil)
            })
    }
}
