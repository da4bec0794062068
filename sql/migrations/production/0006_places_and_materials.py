"""The places and materials of a release's works."""

from sql.migrations.revision import from_sql

revision, down_revision, upgrade, downgrade = from_sql(__file__)
