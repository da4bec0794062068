"""Liverpool Museum of Science: visitor kiosks at exhibition exits."""

from __future__ import annotations

from datetime import time
from zoneinfo import ZoneInfo

from museum_assets.museums.kiosk_museum import KioskMuseum

KIOSKS = KioskMuseum(
    slug="lms",
    name="Liverpool Museum of Science",
    bucket="kiosk-data",
    timezone=ZoneInfo("Europe/London"),
    opens=time(10, 45),
    closes=time(16, 15),
)
