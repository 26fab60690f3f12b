extension OpenAPIDocument {
    /// What operations share: how callers are known, parameters, answers.
    static let components = #"""
        components:
          securitySchemes:
            token:
              type: http
              scheme: bearer
              description: "`cprg_<id>_<secret>`, or a JWT of an issuer that the server is configured for."
            certificate:
              type: mutualTLS
              description: A client's certificate that fits a rule of the server's configuration.
          parameters:
            Project:
              name: X-Cooperage-Project
              in: header
              description: |
                In which project an administrator of the server acts. Other tokens act in their own, and need not name it.
              schema: {$ref: "#/components/schemas/ProjectName"}
              example: default
            BuildID:
              name: id
              in: path
              required: true
              schema: {type: string, minLength: 1}
              example: 3f2b1c9e-5d0a-4e7b-8c61-2a9d4f6e8b10
            Limit:
              name: limit
              in: query
              description: How long the part of the list may be.
              schema: {type: integer, minimum: 1, maximum: 500, default: 50}
          responses:
            NotJSON:
              description: "`invalid_json`: the body is not a JSON document."
              content: *problem
            Unauthenticated:
              description: "`unauthenticated`: the request carries no token, or none that is known here."
              headers:
                WWW-Authenticate: {required: true, schema: {type: string}}
              content: *problem
            Forbidden:
              description: "`forbidden`: the caller may not do that. `against_policy`: the project may not."
              content: *problem
            NotFound:
              description: "`not_found`: there is none, or not for this caller."
              content: *problem
            TooLarge:
              description: "`too_large`: longer, larger or more than a limit allows."
              content: *problem
            UnsupportedMediaType:
              description: "`unsupported_media_type`: the body is not `application/json`."
              content: *problem
            Invalid:
              description: "`invalid_request` and others: something in the request breaks a rule; `context` tells where."
              content: *problem
            TooMany:
              description: "`too_many`: too many unknown tokens came from this address, or too many builds wait already."
              headers: &retryAfter
                Retry-After: {required: true, description: Seconds., schema: {type: integer, minimum: 0}}
              content: *problem
            Failed:
              description: The server failed; its log says how.
              content: *problem
            Unavailable:
              description: "`database_unavailable` and others: the server cannot work now."
              headers: *retryAfter
              content: *problem
            NoSpace:
              description: "`no_space`: the server has no room left for it."
              content: *problem
        """#

    /// Builds, and what asks for them.
    static let buildSchemas = #"""
          schemas:
            BuildRequest:
              type: object
              additionalProperties: false
              oneOf: [{required: [build]}, {required: [dockerfile]}]
              properties:
                build: {$ref: "#/components/schemas/BuildSubmission"}
                dockerfile: {$ref: "#/components/schemas/DockerfileBuild"}
                secrets: {$ref: "#/components/schemas/OptionalBuildSecrets"}
            BuildSubmission:
              description: A build, as the command line's flags say it. Paths are relative to the context.
              type: object
              additionalProperties: false
              required: [base]
              properties:
                context:
                  description: The context's digest. Without one there are no code, requirements or directories.
                  oneOf: [{$ref: "#/components/schemas/Digest"}, {type: "null"}]
                code_destination:
                  description: Where the context's code goes in the image, an absolute path. Without it the code is left out.
                  type: [string, "null"]
                  pattern: '^/[^\x00]*$'
                excluded:
                  description: Patterns of files that are left out of the image, beside those of `.dockerignore`.
                  type: [array, "null"]
                  items: {type: string}
                files:
                  description: Further files of the context, each below a directory of its own.
                  type: [array, "null"]
                  maxItems: 256
                  items:
                    type: object
                    additionalProperties: false
                    required: [destination]
                    properties:
                      destination: {description: An absolute path in the image., type: string, pattern: '^/[^\x00]*$'}
                      excluded: {type: [array, "null"], items: {type: string}}
                changes:
                  description: |
                    What the lines of a Dockerfile install and do to files, also in the stages that files are taken from. The
                    client of the same version reads the Dockerfile; the form of its parts may change with the version.
                  type: [object, "null"]
                  additionalProperties: false
                  required: [instructions]
                  properties:
                    ignore_file:
                      description: The text of the context's ignore file; without it nothing is left out.
                      type: [string, "null"]
                    stages:
                      description: The stages that files are taken from, in their order.
                      type: [array, "null"]
                      maxItems: 64
                      items: {$ref: "#/components/schemas/Stage"}
                    environments:
                      description: The Python packages, by the environments that they go to.
                      type: [array, "null"]
                      maxItems: 64
                      items: {$ref: "#/components/schemas/PackageEnvironment"}
                    instructions:
                      type: array
                      maxItems: 1000
                      items: {$ref: "#/components/schemas/FileInstruction"}
                base: {$ref: "#/components/schemas/Base"}
                packages:
                  description: Requirements that stand in no manifest.
                  type: [array, "null"]
                  maxItems: 1000
                  items: {type: string, pattern: '^[A-Za-z0-9][^\x00-\x1f]*$', maxLength: 1000}
                requirements:
                  description: The requirement manifests.
                  type: [array, "null"]
                  maxItems: 256
                  items: {type: string, minLength: 1}
                groups:
                  description: Dependency groups of the manifests' projects.
                  type: [array, "null"]
                  maxItems: 256
                  items: {type: string, pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$'}
                extras:
                  description: Extras of the manifests' projects.
                  type: [array, "null"]
                  maxItems: 256
                  items: {type: string, pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$'}
                all_extras:
                  description: Whether all extras of the manifests' projects are wanted.
                  type: [boolean, "null"]
                lock:
                  description: A lock in the context that has to fit the manifests and is installed.
                  type: [string, "null"]
                  minLength: 1
                indexes:
                  oneOf: [{$ref: "#/components/schemas/Indexes"}, {type: "null"}]
                platforms:
                  description: "`linux/amd64`; none is the base's own."
                  type: [array, "null"]
                  maxItems: 16
                  uniqueItems: true
                  items: {type: string, pattern: "^[A-Za-z0-9_]+(/[A-Za-z0-9_]+){0,2}$"}
                execution:
                  oneOf: [{$ref: "#/components/schemas/Execution"}, {type: "null"}]
                annotations:
                  description: Annotations of the manifest.
                  type: [object, "null"]
                  additionalProperties: {type: string}
                source_date_epoch:
                  description: Seconds since 1970 that files and configuration carry.
                  type: [integer, "null"]
                  format: int64
                  minimum: 0
                  maximum: 253402300799
                # What every kind of build says of its image.
                <<: &image
                  tags:
                    description: The image's names.
                    type: [array, "null"]
                    maxItems: 64
                    items: {$ref: "#/components/schemas/Reference"}
                  push:
                    description: Whether the image is pushed under its names; usually where it has any.
                    type: [boolean, "null"]
                  export:
                    description: Whether the image is kept for `/builds/{id}/image`.
                    type: [boolean, "null"]
                  cache:
                    description: Whether layers and resolutions of earlier builds are used; usually they are.
                    type: [boolean, "null"]
                  pull:
                    description: Whether registries are asked again what the base's tag means.
                    type: [boolean, "null"]
                  compile_bytecode:
                    description: Whether the packages' modules come with their bytecode; usually they do not.
                    type: [boolean, "null"]
                  max_layer_size:
                    description: How many bytes a layer may have, compressed; larger ones are divided.
                    type: [integer, "null"]
                    format: int64
                    minimum: 1000000
                upgrade:
                  description: Whether newer versions of packages are looked for.
                  type: [boolean, "null"]
                allow_source_builds:
                  description: >-
                    Whether what has no wheel is built from its sources, where the project's policy allows it; true
                    where it is not said.
                  type: [boolean, "null"]
                image_id:
                  description: The ID of the image that it has to come to; of another one no name is written.
                  oneOf: [{$ref: "#/components/schemas/Digest"}, {type: "null"}]
            DockerfileBuild:
              description: |
                A build by a Dockerfile of the context. The server reads it; what it cannot follow is told with the line, and
                nothing is built.
              type: object
              additionalProperties: false
              required: [context]
              properties:
                context: {$ref: "#/components/schemas/Digest"}
                path:
                  description: The Dockerfile's path in the context; `Dockerfile` where it is not said.
                  type: [string, "null"]
                build_args:
                  description: Values of `ARG`s.
                  type: [object, "null"]
                  additionalProperties: {type: string}
                target: {description: The stage to build; usually the last one., type: [string, "null"]}
                platform:
                  description: "`linux/amd64`; none is the base's own."
                  type: [string, "null"]
                  pattern: "^[A-Za-z0-9_]+(/[A-Za-z0-9_]+){0,2}$"
                labels:
                  description: Labels beside those of the Dockerfile, before which they go.
                  type: [object, "null"]
                  additionalProperties: {type: string}
                annotations:
                  description: Annotations of the manifest.
                  type: [object, "null"]
                  additionalProperties: {type: string}
                indexes:
                  description: Where packages come from beside what the Dockerfile says, whose first index goes before.
                  oneOf: [{$ref: "#/components/schemas/Indexes"}, {type: "null"}]
                <<: *image
            Base:
              description: What the image starts from.
              oneOf:
                - type: object
                  description: An entry of the catalog, `/base-images`.
                  additionalProperties: false
                  required: [catalog]
                  properties: {catalog: {type: string}}
                - type: object
                  description: An image in a registry.
                  additionalProperties: false
                  required: [reference]
                  properties: {reference: {$ref: "#/components/schemas/Reference"}}
                - type: object
                  description: An OCI layout, a directory of the context.
                  additionalProperties: false
                  required: [layout]
                  properties: {layout: {type: string}}
                - type: object
                  description: Nothing.
                  additionalProperties: false
                  required: [scratch]
                  properties: {scratch: {type: boolean, const: true}}
            Indexes:
              description: Where packages come from. URLs hold no credentials.
              type: object
              additionalProperties: false
              properties:
                index_url: {description: The index that replaces PyPI., type: [string, "null"], pattern: "^https?://"}
                extra_index_urls:
                  description: Further indexes, asked first.
                  type: [array, "null"]
                  items: {type: string, pattern: "^https?://"}
                find_links:
                  description: Pages that list distributions, or directories of the context.
                  type: [array, "null"]
                  items: {type: string, minLength: 1}
                exclude_newer:
                  description: Only distributions uploaded before this date count.
                  type: [string, "null"]
                  maxLength: 40
            Execution:
              description: What a container starts with. What is left out is the base's.
              type: object
              additionalProperties: false
              properties:
                env:
                  type: [object, "null"]
                  propertyNames: {pattern: '^[^=\x00]+$'}
                  additionalProperties: {type: string}
                entrypoint: {type: [array, "null"], items: {type: string}}
                cmd: {type: [array, "null"], items: {type: string}}
                user: {description: "`user[:group]`", type: [string, "null"]}
                workdir: {type: [string, "null"], pattern: '^/[^\x00]*$'}
                labels: {type: [object, "null"], additionalProperties: {type: string}}
                ports:
                  description: "Ports to publish, `8080/tcp`."
                  type: [array, "null"]
                  items: {type: string, pattern: "^[1-9][0-9]{0,4}/(tcp|udp|sctp)$"}
                further:
                  description: What Dockerfiles alone set, volumes and health checks among it, as the client reads it.
                  type: [object, "null"]
                  required: [volumes, onBuild]
                  properties:
                    volumes: {type: array, items: {type: string}}
                    onBuild: {type: array, items: {type: string}}
                    stopSignal: {type: [string, "null"]}
                    shell: {type: [array, "null"], items: {type: string}}
                    healthcheck: {type: [object, "null"]}
            Stage:
              description: A stage of a Dockerfile that files are taken from.
              type: object
              required: [name, base, environments, instructions]
              properties:
                name: {description: "Its name, or its number.", type: string}
                base:
                  description: What it starts from. It has one member, whose name is its kind.
                  type: object
                  minProperties: 1
                  maxProperties: 1
                environments: {type: array, items: {$ref: "#/components/schemas/PackageEnvironment"}}
                instructions: {type: array, items: {$ref: "#/components/schemas/FileInstruction"}}
            PackageEnvironment:
              description: An environment of Python packages, and what a Dockerfile's commands install there.
              type: object
              required: [installations]
              properties:
                place: {description: Without it the packages go where the base's Python looks., type: [object, "null"]}
                installations:
                  type: array
                  items:
                    description: What one command installs, files by their paths in the context.
                    type: object
            FileInstruction:
              description: One line of a Dockerfile, and what it does to files.
              type: object
              required: [title, place, changes]
              properties:
                title: {description: "What it is, `COPY . .`: the history entry.", type: string}
                place: {description: "Where it stands, `Dockerfile:5`.", type: string}
                changes:
                  description: Each has one member, whose name is its kind.
                  type: array
                  items: {type: object, minProperties: 1, maxProperties: 1}
            OptionalBuildSecrets:
              oneOf: [{$ref: "#/components/schemas/BuildSecrets"}, {type: "null"}]
            BuildSecrets:
              description: What the caller lends to one build. It is encrypted, and deleted when the build ends.
              type: object
              additionalProperties: false
              properties:
                registries: {type: [array, "null"], items: {$ref: "#/components/schemas/Login"}}
                indexes:
                  description: By the host of an index, `host[:port]`.
                  type: [array, "null"]
                  items: {$ref: "#/components/schemas/Login"}
                named:
                  description: "What `--secret` lends: `netrc`, `UV_INDEX_NAME_PASSWORD`, or `${ID}` in URLs of indexes."
                  type: [array, "null"]
                  maxItems: 64
                  items:
                    type: object
                    additionalProperties: false
                    required: [id, value]
                    properties:
                      id: {type: string, pattern: "^[A-Za-z0-9_.-]{1,128}$"}
                      value: {description: At most 500 KiB., type: string}
            BuildState:
              type: string
              enum: [queued, running, succeeded, failed, cancelled]
            Build:
              type: object
              required: [id, project, state, requested_by, cancel_requested, attempts, created_at, build]
              properties:
                id: {type: string}
                project: {$ref: "#/components/schemas/ProjectName"}
                state: {$ref: "#/components/schemas/BuildState"}
                requested_by: {description: "A token's id, or `oidc:` and a subject.", type: string}
                cancel_requested: {type: boolean}
                attempts: {description: How often a worker began it., type: integer, minimum: 0}
                created_at: {type: string, format: date-time}
                started_at: {type: string, format: date-time}
                finished_at: {type: string, format: date-time}
                build: {$ref: "#/components/schemas/BuildSubmission"}
                outcome: {$ref: "#/components/schemas/BuildOutcome"}
                problem: {$ref: "#/components/schemas/BuildProblem"}
                remarks:
                  description: What became of each line of the Dockerfile; only in the answer to a request that has one.
                  type: array
                  items: {type: string}
            ServerSentEvent:
              description: One event of a stream, by its fields.
              type: object
              required: [event, data]
              properties:
                id: {description: "Its number within the build; `end` has none.", type: string, pattern: "^[0-9]+$"}
                event: {description: "`state`, `end`, or the kind of an event of the build.", type: string}
                data: {description: Its JSON., type: string}
            BuildOutcome:
              description: What it came to, once it succeeded.
              type: object
              required: [descriptor, image_id, references, uploaded_bytes]
              properties:
                descriptor:
                  description: The manifest, or the index of several platforms.
                  type: object
                  required: [mediaType, digest, size]
                  properties:
                    mediaType: {type: string}
                    digest: {$ref: "#/components/schemas/Digest"}
                    size: {type: integer, minimum: 0}
                image_id: {$ref: "#/components/schemas/Digest"}
                references:
                  description: "`repository@sha256:…`, one for each repository that it was pushed to."
                  type: array
                  items: {type: string}
                uploaded_bytes: {type: integer, minimum: 0}
            BuildProblem:
              description: Why it failed, once it did.
              type: object
              required: [code, message, context, hints, is_requests_fault]
              properties:
                code: {type: string}
                message: {type: string}
                context: {type: array, items: {type: string}}
                hints: {type: array, items: {type: string}}
                is_requests_fault: {type: boolean}
        """#
}
