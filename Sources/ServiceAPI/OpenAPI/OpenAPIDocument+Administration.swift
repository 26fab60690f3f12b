extension OpenAPIDocument {
    /// Projects, tokens, credentials, webhooks, the audit log.
    static let administrationPaths = #"""
          /api/v1/projects:
            get:
              operationId: listProjects
              summary: The projects that the caller may see
              tags: [administration]
              parameters: *inProject
              responses:
                <<: *guarded
                "200":
                  description: Sorted by name.
                  content:
                    application/json:
                      schema:
                        type: object
                        required: [projects]
                        properties:
                          projects:
                            type: array
                            items: {$ref: "#/components/schemas/Project"}
          /api/v1/projects/{name}:
            parameters:
              - name: name
                in: path
                required: true
                schema: {$ref: "#/components/schemas/ProjectName"}
                example: default
            get:
              operationId: getProject
              summary: A project
              tags: [administration]
              parameters: *inProject
              responses:
                <<: [*guarded, *found]
                "200":
                  description: The project.
                  content: &project
                    application/json:
                      schema: {$ref: "#/components/schemas/Project"}
            put:
              operationId: setProject
              summary: Make a project, or change what its builds may do
              description: For administrators of the server. Members that are left out get their usual values.
              tags: [administration]
              requestBody:
                required: true
                content:
                  application/json:
                    schema: {$ref: "#/components/schemas/ProjectPolicy"}
                    examples:
                      team:
                        summary: A project that pushes to its own part of a registry
                        value: {targets: [registry.example/team/*], running_limit: 4}
              responses:
                <<: [*guarded, *json]
                "200":
                  description: The project as it is now.
                  content: *project
          /api/v1/tokens:
            get:
              operationId: listTokens
              summary: Tokens, without their secrets
              tags: [administration]
              parameters: *inProject
              responses:
                <<: *guarded
                "200":
                  description: The tokens.
                  content:
                    application/json:
                      schema:
                        type: object
                        required: [tokens]
                        properties:
                          tokens:
                            type: array
                            items: {$ref: "#/components/schemas/Token"}
            post:
              operationId: createToken
              summary: Make a token
              tags: [administration]
              parameters: *inProject
              requestBody:
                required: true
                content:
                  application/json:
                    schema: {$ref: "#/components/schemas/NewToken"}
                    examples:
                      ci:
                        summary: A CI's token for a day
                        value: {label: ci, role: builder, project: default, expires_in: 86400}
              responses:
                <<: [*guarded, *found, *json]
                "201":
                  description: The token with its secret, this once.
                  content:
                    application/json:
                      schema: {$ref: "#/components/schemas/Token"}
          /api/v1/tokens/{id}:
            delete:
              operationId: revokeToken
              summary: Take a token back
              tags: [administration]
              parameters:
                - {name: id, in: path, required: true, schema: {type: string, minLength: 1}, example: 0123456789abcdef}
                - {$ref: "#/components/parameters/Project"}
              responses:
                <<: [*guarded, *found]
                "204": {description: It is no longer taken.}
          /api/v1/credentials:
            parameters: &credentialParameters
              - {$ref: "#/components/parameters/Project"}
              - name: all_projects
                in: query
                description: Those that serve all projects; for administrators of the server.
                schema: {type: boolean}
            get:
              operationId: listCredentials
              summary: For which registries a project has credentials
              tags: [administration]
              responses:
                <<: [*guarded, *found]
                "200":
                  description: The scopes.
                  content:
                    application/json:
                      schema:
                        type: object
                        required: [scopes]
                        properties:
                          scopes: {type: array, items: {type: string}}
            put:
              operationId: setCredential
              summary: Keep a registry credential
              description: It is encrypted, and never answered again.
              tags: [administration]
              requestBody:
                required: true
                content:
                  application/json:
                    schema: {$ref: "#/components/schemas/Login"}
                    examples:
                      team:
                        summary: A robot's password for one namespace
                        value: {scope: registry.example/team, username: robot, password: secret}
              responses:
                <<: [*guarded, *found, *json]
                "204": {description: It is kept.}
            delete:
              operationId: removeCredential
              summary: Remove a registry credential
              tags: [administration]
              parameters:
                - name: scope
                  in: query
                  required: true
                  schema: {$ref: "#/components/schemas/CredentialScope"}
              responses:
                <<: [*guarded, *found]
                "204": {description: It is gone.}
          /api/v1/webhooks:
            parameters: *inProject
            get:
              operationId: listWebhooks
              summary: Who is told of a project's builds
              tags: [administration]
              responses:
                <<: [*guarded, *found]
                "200":
                  description: The webhooks, without their secrets.
                  content:
                    application/json:
                      schema:
                        type: object
                        required: [webhooks]
                        properties:
                          webhooks:
                            type: array
                            items: {$ref: "#/components/schemas/Webhook"}
            post:
              operationId: addWebhook
              summary: Have somebody told of a project's builds
              tags: [administration]
              requestBody:
                required: true
                content:
                  application/json:
                    schema: {$ref: "#/components/schemas/NewWebhook"}
                    examples:
                      chat:
                        summary: A receiver that knows us by the signature
                        value: {url: "https://hooks.example/builds", secret: 0123456789abcdef0123456789abcdef}
              responses:
                <<: [*guarded, *found, *json]
                "409":
                  description: "`conflict`: the project has as many as its policy allows."
                  content: *problem
                "201":
                  description: The webhook.
                  content:
                    application/json:
                      schema: {$ref: "#/components/schemas/Webhook"}
          /api/v1/webhooks/{id}:
            delete:
              operationId: removeWebhook
              summary: Tell somebody no more
              tags: [administration]
              parameters:
                - {name: id, in: path, required: true, schema: {type: string, minLength: 1}, example: 0123456789abcdef}
                - {$ref: "#/components/parameters/Project"}
              responses:
                <<: [*guarded, *found]
                "204": {description: It is gone.}
          /api/v1/audit:
            get:
              operationId: listAudit
              summary: Who did what, newest first
              tags: [administration]
              parameters:
                - {$ref: "#/components/parameters/Project"}
                - name: limit
                  in: query
                  schema: {type: integer, minimum: 1, maximum: 1000, default: 100}
              responses:
                <<: *guarded
                "200":
                  description: The entries.
                  content:
                    application/json:
                      schema:
                        type: object
                        required: [entries]
                        properties:
                          entries:
                            type: array
                            items: {$ref: "#/components/schemas/AuditEntry"}
        """#
}
