"""Kiosk files that are held, accepted or taken back, and a museum's first day with kiosks."""

from sql.migrations.revision import from_sql

revision, down_revision, upgrade, downgrade = from_sql(__file__)
