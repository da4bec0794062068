"""Jobs of the kiosks' files."""

import dagster as dg

kiosk_files = dg.define_asset_job(
    "kiosk_files",
    selection=dg.AssetSelection.assets(
        "combined_exhibitions", "combined_kiosk_data", "visitor_feedback", "exhibition_report"
    ),
    description="A museum's kiosk files from its bucket into the tables, and what a curator looks at.",
)
