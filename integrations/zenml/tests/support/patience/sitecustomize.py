"""On a loaded machine a container takes longer to its first word than the minute that docker-py waits for it."""

import contextlib

with contextlib.suppress(ImportError):
    import docker.api.client

    _made = docker.api.client.APIClient.__init__

    def _patient(self, *words, **more):
        more["timeout"] = 900
        _made(self, *words, **more)

    docker.api.client.APIClient.__init__ = _patient
