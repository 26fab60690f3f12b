extension OpenAPIDocument {
    /// `/contexts`.
    static let contextPaths = #"""
          /api/v1/contexts/missing:
            post:
              operationId: missingContent
              summary: Which content has to be uploaded
              description: A digest is there only where this project uploaded it.
              tags: [contexts]
              parameters: &inProject
                - {$ref: "#/components/parameters/Project"}
              requestBody:
                required: true
                content:
                  application/json:
                    schema:
                      type: object
                      additionalProperties: false
                      required: [digests]
                      properties:
                        digests:
                          type: array
                          items: {$ref: "#/components/schemas/Digest"}
                    examples:
                      one:
                        summary: A file that holds "hello" and a line feed
                        value:
                          digests: ["sha256:5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"]
              responses:
                <<: [*guarded, *found, *json]
                "200":
                  description: Those of the digests that the project has not uploaded, each once.
                  content:
                    application/json:
                      schema:
                        type: object
                        required: [missing]
                        properties:
                          missing:
                            type: array
                            items: {$ref: "#/components/schemas/Digest"}
          /api/v1/contexts/blobs/{digest}:
            put:
              operationId: uploadContent
              summary: Upload the content of a file
              tags: [contexts]
              parameters:
                - name: digest
                  in: path
                  required: true
                  description: The content's digest.
                  schema: {$ref: "#/components/schemas/Digest"}
                - {$ref: "#/components/parameters/Project"}
              requestBody:
                required: true
                content:
                  application/octet-stream: {}
              responses:
                <<: [*guarded, *found]
                "200":
                  description: It was there already.
                  content: &digest
                    application/json:
                      schema: {$ref: "#/components/schemas/DigestAnswer"}
                "201":
                  description: It is there now.
                  content: *digest
                "413": {$ref: "#/components/responses/TooLarge"}
                "507": {$ref: "#/components/responses/NoSpace"}
          /api/v1/contexts:
            post:
              operationId: createContext
              summary: Make a context of content that is there
              tags: [contexts]
              parameters: *inProject
              requestBody:
                required: true
                content:
                  application/json:
                    schema: {$ref: "#/components/schemas/ContextManifest"}
                    examples:
                      empty:
                        summary: A context with one empty directory
                        value: {entries: [{path: src, kind: directory, mode: 493}]}
              responses:
                <<: [*guarded, *found, *json]
                "201":
                  description: The digest by which builds name the context.
                  content: *digest
                "409":
                  description: "`missing_content`: `missing` are the digests that this project has not uploaded."
                  content:
                    application/problem+json:
                      schema: {$ref: "#/components/schemas/Problem"}
                "507": {$ref: "#/components/responses/NoSpace"}
          /api/v1/contexts/archive:
            post:
              operationId: uploadContext
              summary: Make a context of a tar
              description: Plain or by gzip, under whatever content type. What is cut off or damaged leaves nothing.
              tags: [contexts]
              parameters: *inProject
              requestBody:
                required: true
                content:
                  application/octet-stream: {}
              responses:
                <<: [*guarded, *found]
                "201":
                  description: The digest by which builds name the context.
                  content: *digest
                "413": {$ref: "#/components/responses/TooLarge"}
                "507": {$ref: "#/components/responses/NoSpace"}
        """#
}
