import Testing

@Suite struct DockerfilePlaceholderTests {}
