"""Releases as of version 0.2: slots, the pointer, the tables of a release, canaries."""

from sql.migrations.revision import from_sql

revision, down_revision, upgrade, downgrade = from_sql(__file__)
