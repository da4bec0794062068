"""Liverpool Museum of Natural History: visitor kiosks at exhibition exits."""

from __future__ import annotations

from datetime import time
from zoneinfo import ZoneInfo

from museum_assets.museums.kiosk_museum import KioskMuseum

KIOSKS = KioskMuseum(
    slug="lmnh",
    name="Liverpool Museum of Natural History",
    bucket="kiosk-data",
    timezone=ZoneInfo("Europe/London"),
    opens=time(8, 45),
    closes=time(18, 15),
)
