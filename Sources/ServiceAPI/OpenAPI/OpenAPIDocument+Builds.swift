extension OpenAPIDocument {
    /// `/builds`.
    static let buildPaths = #"""
          /api/v1/builds:
            post:
              operationId: createBuild
              summary: Ask for a build
              description: |
                Once this is answered, the build will come to an end, whatever dies. The context and what it holds were
                uploaded before.
              tags: [builds]
              parameters:
                - {$ref: "#/components/parameters/Project"}
                - name: Idempotency-Key
                  in: header
                  description: The client's own name for this request. Repeated, it is answered with the first one's build.
                  schema: {type: string, minLength: 1, maxLength: 255, pattern: "^[!-~]+$"}
                - name: Prefer
                  in: header
                  description: "`wait=SECONDS` answers when the build has ended, or after so many seconds, at most 60."
                  schema: {type: string}
                  example: wait=30
              requestBody:
                required: true
                content:
                  application/json:
                    schema: {$ref: "#/components/schemas/BuildRequest"}
                    examples:
                      base:
                        summary: An image that is a base of the catalog and nothing else
                        value: {build: {base: {catalog: python-3.11-slim}, export: true}}
                      dockerfile:
                        summary: The Dockerfile of a context that was uploaded before
                        value:
                          dockerfile:
                            context: sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
                            build_args: {MODE: release}
              responses:
                <<: [*guarded, *found, *json]
                "502":
                  description: "`base_unavailable`: the registry of a Dockerfile's base does not tell now what it is."
                  content:
                    application/problem+json:
                      schema: {$ref: "#/components/schemas/Problem"}
                "200":
                  description: The idempotency key is a repeated one, and this its build.
                  headers: &buildHeaders
                    Location:
                      description: The build.
                      required: true
                      schema: {type: string, format: uri-reference}
                    Preference-Applied:
                      description: The wait that was asked for.
                      schema: {type: string}
                  content: &build
                    application/json:
                      schema: {$ref: "#/components/schemas/Build"}
                "202":
                  description: The build is accepted.
                  headers: *buildHeaders
                  content: *build
                "409":
                  description: |
                    `conflict`: the idempotency key was used for another request. `missing_content`: the project has not
                    uploaded the context.
                  content: &problem
                    application/problem+json:
                      schema: {$ref: "#/components/schemas/Problem"}
            get:
              operationId: listBuilds
              summary: Builds, newest first
              description: An administrator of the server who names no project sees all projects' builds.
              tags: [builds]
              parameters:
                - {$ref: "#/components/parameters/Project"}
                - name: state
                  in: query
                  description: In these states.
                  schema:
                    type: array
                    items: {$ref: "#/components/schemas/BuildState"}
                - name: tag
                  in: query
                  description: With this name among their tags.
                  schema: {$ref: "#/components/schemas/Reference"}
                - {$ref: "#/components/parameters/Limit"}
                - name: cursor
                  in: query
                  description: "`next_cursor` of the last answer."
                  schema: {type: string, pattern: "^b[0-9a-z]{1,12}$", not: {pattern: "^b0+$"}}
              responses:
                <<: *guarded
                "200":
                  description: A part of the list.
                  content:
                    application/json:
                      schema:
                        type: object
                        required: [builds]
                        properties:
                          builds:
                            type: array
                            items: {$ref: "#/components/schemas/Build"}
                          next_cursor: {type: string, description: Where the list goes on. It is not there at the end.}
          /api/v1/builds/{id}:
            parameters: &buildParameters
              - {$ref: "#/components/parameters/BuildID"}
              - {$ref: "#/components/parameters/Project"}
            get:
              operationId: getBuild
              summary: A build
              tags: [builds]
              responses:
                <<: [*guarded, *found]
                "200":
                  description: The build as it is now.
                  content: *build
          /api/v1/builds/{id}/cancel:
            parameters: *buildParameters
            post:
              operationId: cancelBuild
              summary: Call a build off
              description: One that waits is cancelled at once, one that runs within a second.
              tags: [builds]
              responses:
                <<: [*guarded, *found]
                "202":
                  description: It will end, or has ended, as cancelled.
                  content: *build
                "409":
                  description: "`conflict`: it ended before in another way."
                  content: *problem
          /api/v1/builds/{id}/retry:
            parameters: *buildParameters
            post:
              operationId: retryBuild
              summary: Ask for the same again
              description: Secrets that came with the first one are gone with it.
              tags: [builds]
              requestBody:
                required: false
                content:
                  application/json:
                    schema:
                      type: object
                      additionalProperties: false
                      properties:
                        secrets: {$ref: "#/components/schemas/OptionalBuildSecrets"}
              responses:
                <<: [*guarded, *found, *json]
                "202":
                  description: A new build.
                  headers:
                    Location:
                      description: The new build.
                      required: true
                      schema: {type: string, format: uri-reference}
                  content: *build
                "409":
                  description: "`conflict`: it has not ended. `missing_content`: its context is no longer kept."
                  content: *problem
          /api/v1/builds/{id}/events:
            parameters: *buildParameters
            get:
              operationId: followBuild
              summary: What happens in a build, as it happens
              description: |
                A stream of server-sent events. `id` is the event's number, `event` its kind, `data` its JSON. The last one is
                `end` with the build as its data; a stream that ends without it is to be asked for again.
              tags: [builds]
              parameters:
                - name: Last-Event-ID
                  in: header
                  description: The number of the last event that the client has.
                  schema: {type: integer, minimum: 0, format: int64}
                - name: after
                  in: query
                  description: The same, for clients that cannot set the field.
                  schema: {type: integer, minimum: 0, format: int64}
              responses:
                <<: [*guarded, *found]
                "200":
                  description: The events.
                  content:
                    text/event-stream:
                      schema: {$ref: "#/components/schemas/ServerSentEvent"}
          /api/v1/builds/{id}/logs:
            parameters: *buildParameters
            get:
              operationId: getBuildLog
              summary: What happened in a build so far, as text
              tags: [builds]
              responses:
                <<: [*guarded, *found]
                "200":
                  description: A line an event.
                  content:
                    text/plain:
                      schema: {type: string}
          /api/v1/builds/{id}/plan:
            parameters: *buildParameters
            get:
              operationId: getBuildPlan
              summary: The plans of a build, one for each platform
              tags: [builds]
              responses:
                <<: [*guarded, *found]
                "200":
                  description: What `cooperage plan --json` prints.
                  content:
                    application/json:
                      schema: {type: array, items: {type: object}}
          /api/v1/builds/{id}/lock:
            parameters: *buildParameters
            get:
              operationId: getBuildLock
              summary: The locks of a build, one for each platform
              tags: [builds]
              responses:
                <<: [*guarded, *found]
                "200":
                  description: The text of each `pylock.toml` (PEP 751).
                  content:
                    application/json:
                      schema:
                        type: object
                        required: [locks]
                        properties:
                          locks:
                            type: array
                            items:
                              type: object
                              required: [platform, lock]
                              properties:
                                platform: {type: string}
                                lock: {type: string}
          /api/v1/builds/{id}/packages:
            parameters: *buildParameters
            get:
              operationId: getBuildPackages
              summary: The packages of a build's image
              tags: [builds]
              responses:
                <<: [*guarded, *found]
                "200":
                  description: Each package, for each platform.
                  content:
                    application/json:
                      schema:
                        type: object
                        required: [packages]
                        properties:
                          packages:
                            type: array
                            items:
                              type: object
                              required: [name, version, platform]
                              properties:
                                name: {type: string}
                                version: {type: string}
                                platform: {type: string}
          /api/v1/builds/{id}/image:
            parameters: *buildParameters
            get:
              operationId: getBuildImage
              summary: The image of a build that was asked to keep it
              tags: [builds]
              responses:
                <<: [*guarded, *found]
                "200":
                  description: A tar of an OCI layout.
                  content:
                    application/x-tar: {}
        """#
}
