"""The kiosks' two jobs: one loads files, the other reads the live stream."""

import dagster as dg

kiosk_files = dg.define_asset_job(
    "kiosk_files",
    selection=dg.AssetSelection.assets(
        "combined_exhibitions", "combined_kiosk_data", "visitor_feedback", "exhibition_report"
    ),
    description="Load a museum's kiosk files from its bucket into the tables, then make the exhibition report.",
)

live_stream = dg.define_asset_job(
    "live_stream",
    selection=dg.AssetSelection.assets("live_feedback", "exhibition_report"),
    description="Read a museum's live stream up to now, then make the exhibition report.",
)
