extension OpenAPIDocument {
    /// The head of the document, and the answers that operations share.
    static let head = #"""
        openapi: 3.1.0
        info:
          title: Cooperage
          summary: Builds container images out of Python code and requirement manifests, and pushes them.
          description: |
            Errors are problem documents (RFC 9457) with a `code` to match on. Every answer carries `X-Request-Id`, the
            request's own where it is well-formed. A token of one project acts in that project; an administrator of the
            server names one by `X-Cooperage-Project`.
          version: "0"
          license: {name: proprietary}
        servers:
          - url: /
        security:
          - token: []
          - certificate: []
        tags:
          - {name: builds, description: What is built.}
          - {name: contexts, description: The files that builds are made of.}
          - {name: administration, description: Projects, tokens, credentials, webhooks, the audit log.}
          - {name: status, description: Whether the server lives, and what it is.}
        x-answers:
          guarded: &guarded
            "401": {$ref: "#/components/responses/Unauthenticated"}
            "403": {$ref: "#/components/responses/Forbidden"}
            "422": {$ref: "#/components/responses/Invalid"}
            "429": {$ref: "#/components/responses/TooMany"}
            "500": {$ref: "#/components/responses/Failed"}
            "503": {$ref: "#/components/responses/Unavailable"}
          found: &found
            "404": {$ref: "#/components/responses/NotFound"}
          json: &json
            "400": {$ref: "#/components/responses/NotJSON"}
            "413": {$ref: "#/components/responses/TooLarge"}
            "415": {$ref: "#/components/responses/UnsupportedMediaType"}
        """#

    /// What anybody may ask, and what says what the server is.
    static let statusPaths = #"""
        paths:
          /health:
            get:
              operationId: health
              summary: Whether the server lives
              tags: [status]
              security: []
              responses:
                "200":
                  description: It lives.
                  content:
                    application/json:
                      schema: {$ref: "#/components/schemas/Status"}
          /ready:
            get:
              operationId: ready
              summary: Whether the server can work
              description: Whether the database answers and the data directory can be written to.
              tags: [status]
              security: []
              responses:
                "200":
                  description: It can work.
                  content:
                    application/json:
                      schema: {$ref: "#/components/schemas/Status"}
                "503": {$ref: "#/components/responses/Unavailable"}
          /api/v1/health:
            get:
              operationId: apiHealth
              summary: Whether the server lives
              tags: [status]
              security: []
              responses:
                "200":
                  description: It lives.
                  content:
                    application/json:
                      schema: {$ref: "#/components/schemas/Status"}
          /api/v1/ready:
            get:
              operationId: apiReady
              summary: Whether the server can work
              tags: [status]
              security: []
              responses:
                "200":
                  description: It can work.
                  content:
                    application/json:
                      schema: {$ref: "#/components/schemas/Status"}
                "503": {$ref: "#/components/responses/Unavailable"}
          /api/v1/openapi.json:
            get:
              operationId: openapi
              summary: This document
              tags: [status]
              security: []
              responses:
                "200":
                  description: An OpenAPI 3.1 document.
                  content:
                    application/json:
                      schema: {type: object, required: [openapi, info, paths]}
          /metrics:
            get:
              operationId: metrics
              summary: What the server counts
              description: Prometheus' text exposition format 0.0.4, for tokens that are for every project.
              tags: [status]
              responses:
                <<: *guarded
                "200":
                  description: The metrics of this process, and the builds of all.
                  content:
                    text/plain:
                      schema: {type: string}
          /api/v1/version:
            get:
              operationId: version
              summary: What the server is
              tags: [status]
              parameters:
                - {$ref: "#/components/parameters/Project"}
              responses:
                <<: *guarded
                "200":
                  description: Its version.
                  content:
                    application/json:
                      schema: {$ref: "#/components/schemas/Version"}
          /api/v1/base-images:
            get:
              operationId: listBaseImages
              summary: The base images that have a name
              tags: [status]
              parameters:
                - {$ref: "#/components/parameters/Project"}
              responses:
                <<: *guarded
                "200":
                  description: The catalog.
                  content:
                    application/json:
                      schema:
                        type: object
                        required: [base_images]
                        properties:
                          base_images:
                            type: array
                            items: {$ref: "#/components/schemas/BaseImage"}
        """#
}
