"""What everything else builds on: failures, findings, settings, progress, wildcards. It imports nothing above it."""
