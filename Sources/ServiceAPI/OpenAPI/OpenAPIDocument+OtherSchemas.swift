extension OpenAPIDocument {
    /// Contexts, administration, problems.
    static let otherSchemas = #"""
            Digest:
              type: string
              pattern: "^sha256:[0-9a-f]{64}$"
            DigestAnswer:
              type: object
              required: [digest]
              properties: {digest: {$ref: "#/components/schemas/Digest"}}
            Reference:
              description: "An image's name: `registry/repository:tag`."
              type: string
              pattern: '^([a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[1-9][0-9]{0,3})?/)?[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*(:[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?$'
              example: registry.example/team/app:1
            ContextManifest:
              type: object
              additionalProperties: false
              required: [entries]
              properties:
                entries:
                  description: Sorted by the bytes of their paths, each path once.
                  type: array
                  items: {$ref: "#/components/schemas/ContextEntry"}
            ContextEntry:
              type: object
              additionalProperties: false
              required: [path, kind, mode]
              properties:
                path:
                  description: Relative to the context, with slashes, neither absolute nor with `.` or `..` in it.
                  type: string
                  minLength: 1
                kind: {type: string, enum: [file, directory, link]}
                mode:
                  description: Permission bits; of a file only whether its owner may execute it matters.
                  type: integer
                  minimum: 0
                  maximum: 4294967295
                size: {description: The size of a file in bytes., type: [integer, "null"], format: int64, minimum: 0}
                digest:
                  description: The digest of a file's content.
                  oneOf: [{$ref: "#/components/schemas/Digest"}, {type: "null"}]
                target: {description: Where a link leads., type: [string, "null"]}
            Login:
              type: object
              additionalProperties: false
              required: [scope, username, password]
              properties:
                scope: {$ref: "#/components/schemas/CredentialScope"}
                username: {type: string}
                password: {description: Or a token in its place., type: string, format: password}
            CredentialScope:
              description: "`registry` or `registry/namespace`."
              type: string
              minLength: 1
              example: registry.example/team
            ProjectName:
              type: string
              pattern: "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"
            Project:
              type: object
              required: [name, policy]
              properties:
                name: {$ref: "#/components/schemas/ProjectName"}
                policy: {$ref: "#/components/schemas/ProjectPolicy"}
            ProjectPolicy:
              description: |
                What the builds of a project may do. A pattern is a text in which `*` stands for any characters; an empty list
                of patterns allows all.
              type: object
              additionalProperties: false
              properties:
                targets:
                  description: "Where images may be pushed: `registry/repository`."
                  type: [array, "null"]
                  items: {type: string}
                bases:
                  description: "What images may start from: catalog names and `registry/repository`."
                  type: [array, "null"]
                  items: {type: string}
                indexes: {description: "From where packages may come: URLs.", type: [array, "null"], items: {type: string}}
                allow_source_builds: {type: [boolean, "null"]}
                running_limit:
                  description: How many of its builds run at once.
                  type: [integer, "null"]
                  minimum: 1
                  maximum: 10000
                queued_limit: {description: How many may wait., type: [integer, "null"], minimum: 1, maximum: 10000000}
                timeout_seconds:
                  description: The longest time that an attempt may take.
                  type: [integer, "null"]
                  minimum: 1
                  maximum: 604800
                webhook_limit: {description: How many webhooks it may have., type: [integer, "null"], minimum: 0, maximum: 1000}
                delivery_limit:
                  description: How many messages may wait for one webhook. What comes above is lost to it.
                  type: [integer, "null"]
                  minimum: 1
                  maximum: 100000
            Role:
              type: string
              enum: [reader, builder, admin]
            NewToken:
              type: object
              additionalProperties: false
              required: [label, role]
              properties:
                label: {description: What it is for., type: string, minLength: 1, maxLength: 200}
                role: {$ref: "#/components/schemas/Role"}
                project:
                  description: Without one it is for every project, or as the caller for the caller's.
                  oneOf: [{$ref: "#/components/schemas/ProjectName"}, {type: "null"}]
                expires_in: {description: Seconds., type: [integer, "null"], minimum: 1, maximum: 3155760000}
            Token:
              type: object
              required: [id, label, role, revoked, created_at]
              properties:
                id: {type: string}
                label: {type: string}
                project: {$ref: "#/components/schemas/ProjectName"}
                role: {$ref: "#/components/schemas/Role"}
                revoked: {type: boolean}
                created_at: {type: string, format: date-time}
                expires_at: {type: string, format: date-time}
                secret: {description: "What its holder sends, told once: `cprg_<id>_<secret>`.", type: string}
            NewWebhook:
              type: object
              additionalProperties: false
              required: [url, secret]
              properties:
                url: {type: string, pattern: "^https?://"}
                secret: {description: The key of the signature., type: string, minLength: 16}
            Webhook:
              type: object
              required: [id, project, url]
              properties:
                id: {type: string}
                project: {$ref: "#/components/schemas/ProjectName"}
                url: {type: string}
            AuditEntry:
              type: object
              required: [at, actor, action, subject, request_id]
              properties:
                at: {type: string, format: date-time}
                actor: {type: string}
                action: {type: string}
                subject: {type: string}
                project: {$ref: "#/components/schemas/ProjectName"}
                request_id: {type: string}
            BaseImage:
              type: object
              required: [name, description, source]
              properties:
                name: {type: string}
                description: {type: string}
                source: {description: "`debian` and the release's name, or the image that it is.", type: string}
                python: {type: string}
                config:
                  description: |
                    What containers start with, as the `config` of an OCI image configuration; not of an image in a
                    registry, which has its own.
                  type: object
            Status:
              type: object
              required: [status]
              properties: {status: {type: string, enum: [ok, ready]}}
            Version:
              type: object
              required: [version, api]
              properties:
                version: {type: string}
                api: {type: string, const: v1}
            Problem:
              description: An error (RFC 9457).
              type: object
              required: [type, title, status, detail, code, context, hints, request_id]
              properties:
                type: {type: string, format: uri-reference}
                title: {type: string}
                status: {type: integer, minimum: 400, maximum: 599}
                detail: {description: What is wrong in this very case., type: string}
                code: {type: string, pattern: "^[a-z0-9_]+$"}
                context: {description: "Where it happened, `label: value`.", type: array, items: {type: string}}
                hints: {description: What to do about it., type: array, items: {type: string}}
                missing: {description: "The digests of `missing_content`.", type: array, items: {type: string}}
                request_id: {description: By which the server's log tells more., type: string}
        """#
}
