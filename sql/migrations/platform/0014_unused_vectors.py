"""Since when nothing shows a vector of the cache, so that pruning can remove it by age."""

from sql.migrations.revision import from_sql

revision, down_revision, upgrade, downgrade = from_sql(__file__)
