"""The performance harness; never imported by the apps."""
