"""The pipelines as of version 0.2: collection, kiosks, documents, archives, notices, candidate."""

from sql.migrations.revision import from_sql

revision, down_revision, upgrade, downgrade = from_sql(__file__)
