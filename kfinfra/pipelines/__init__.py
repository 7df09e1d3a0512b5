"""The neutral pipeline: a compiled package, settings over it, its digest, its semantic diff. No kfp, no protobuf, no I/O."""
