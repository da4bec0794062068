"""Tests against real servers: `make test-servers`, and docs/servers.md."""
