"""The register and the counter, speaking to the real agency in process."""
