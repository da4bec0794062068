"""The platform's sensors: what makes runs start by themselves."""

import dagster as dg


def sensors() -> list[dg.SensorDefinition]:
    """Return all of them."""
    from sensors.documents import new_documents
    from sensors.following import follow_upstream
    from sensors.kiosk_files import new_kiosk_files
    from sensors.kiosk_stream import kiosk_stream
    from sensors.notices import notice_sensors

    return [follow_upstream, new_kiosk_files, kiosk_stream, new_documents, *notice_sensors]
