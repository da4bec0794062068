"""What a release's works show."""

from sql.migrations.revision import from_sql

revision, down_revision, upgrade, downgrade = from_sql(__file__)
