import Testing

@Suite struct DatabasePlaceholderTests {}
