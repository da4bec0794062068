"""The payload of a work as the stages write it."""

from __future__ import annotations


def payload(museum="smk", number="KMS1", title="Winter", start=1880, end=1882, types=("painting",)):
    return {
        "museum": museum,
        "object_number": number,
        "museum_db_id": number.lower(),
        "title": title,
        "artists": ["Anna Ancher"],
        "production_date": str(start),
        "production_date_start": start,
        "production_date_end": end,
        "work_types": list(types),
        "searchable_work_types": list(types),
    }
