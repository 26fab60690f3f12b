"""What is set of the image builder."""

from __future__ import annotations

from pydantic import Field
from zenml.image_builders import BaseImageBuilderConfig
from zenml.utils.secret_utils import SecretField


class CooperageImageBuilderConfig(BaseImageBuilderConfig):
    """Where the server is, who asks, and how it builds."""

    server: str = Field(
        description="The server's URL, such as `https://builds.example.org`. `http` is for this machine alone."
    )
    token: str | None = SecretField(
        default=None,
        description="Who asks: a token of the server, `cprg_…`, best as a reference to a secret: "
        "`{{cooperage.token}}`. Without it the variables COOPERAGE_TOKEN and COOPERAGE_TOKEN_FILE of whoever builds "
        "are asked, and in GitHub Actions the job's own token.",
    )
    project: str | None = Field(
        default=None, description="The server's project in which a token of all projects acts. Usually the token's own."
    )
    build_timeout: int = Field(
        default=3600, gt=0, description="After how many seconds a build is called off, waiting for its turn included."
    )
    connect_timeout: float = Field(
        default=10, gt=0, description="The seconds until a connection to the server has to stand."
    )
    patience: float = Field(
        default=240,
        ge=0,
        description="For how many seconds a server that does not answer is asked again. A restart takes some.",
    )
    verify_tls: bool = Field(
        default=True,
        description="Whether the server's certificate is checked. Without it anybody on the way can read the token.",
    )
    ca_file: str | None = Field(
        default=None,
        description="A PEM file on the building machine with the authorities that vouch for the server. Usually the "
        "variable COOPERAGE_CA_FILE, else the system's.",
    )
    lend_registry_credentials: bool = Field(
        default=True,
        description="Whether user and password of the stack's container registry are lent to each build, in whose "
        "course alone the server has them. Switch it off where the server has credentials of its own.",
    )
    index_url: str | None = Field(
        default=None, description="The package index in the place of the server's usual one. Without a password."
    )
    extra_index_urls: list[str] = Field(default_factory=list, description="Further package indexes, asked first.")
    exclude_newer: str | None = Field(
        default=None, description="Only packages that were uploaded before this date count: `2026-11-01`."
    )
    compile_bytecode: bool = Field(
        default=False, description="Whether the packages' modules come with their bytecode, which makes imports faster."
    )
    max_layer_size: int | None = Field(
        default=None,
        ge=1_000_000,
        description="How many bytes a layer may have, compressed, for a registry that takes no more. Usually no limit.",
    )
    image_requirement: str | None = Field(
        default=None,
        description="How this package gets into images, where ZenML loads the stack: a requirement such as "
        "`cooperage-zenml==0.1.0`, from an index that the server can ask. Without it the package's own files go along "
        "with the context, into the directory in which ZenML's code starts.",
    )
