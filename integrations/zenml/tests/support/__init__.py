"""What the tests run beside ZenML: a registry, a Cooperage server, podman. Each is a process of its own on loopback."""
