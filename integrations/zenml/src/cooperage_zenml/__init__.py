"""ZenML's images, built by a Cooperage server.

`flavor.CooperageImageBuilderFlavor` is registered with ZenML and builds what a client runs;
`workload_manager.CooperageWorkloadManager` is named in the configuration of a ZenML server and builds what that runs.
Nothing is imported here: inside of an image neither is needed before ZenML asks for it.
"""
