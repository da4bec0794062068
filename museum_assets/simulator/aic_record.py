"""An AIC artwork as the API and the dump write it: 98 fields in 2025 (records/19.dump2025.json)."""

from __future__ import annotations

from typing import Any

from museum_assets.simulator.motifs import shown_in
from museum_assets.simulator.towns import made_in
from museum_assets.simulator.works import SimulatedWork

# kind: (artwork_type_title, its id, classification_title).
TYPES = {
    "painting": ("Painting", 1, "painting"), "drawing": ("Drawing and Watercolor", 14, "drawing (visual work)"),
    "print": ("Print", 18, "etching"), "watercolor": ("Drawing and Watercolor", 14, "watercolor"),
    "pastel": ("Drawing and Watercolor", 14, "pastel"), "aquatint": ("Print", 18, "aquatint"),
    "bust": ("Sculpture", 3, "bust"), "gouache": ("Drawing and Watercolor", 14, "gouache"),
    "miniature": ("Miniature Painting", 19, "miniature"), "design": ("Design", 7, "design drawing"),
    "sculpture": ("Sculpture", 3, "sculpture"), "ceramics": ("Ceramics", 36, "teapot"),
    "photograph": ("Photograph", 2, "photograph"),
}  # fmt: skip
# A one-pixel GIF; the real ones are previews of 5 to 8 pixels.
_LQIP = "data:image/gif;base64,R0lGODlhAQABAIAAAP///wAAACwAAAAAAQABAAACAkQBADs="
_NULL = (
    "alt_titles", "boost_rank", "date_qualifier_id", "description", "short_description", "inscriptions",
    "catalogue_display", "publication_history", "exhibition_history", "provenance_text", "edition", "fiscal_year",
    "fiscal_year_deaccession", "color", "latitude", "longitude", "latlon", "on_loan_display", "gallery_title",
    "gallery_id", "nomisma_id", "style_id", "style_title", "material_id", "technique_id",
)  # fmt: skip
_EMPTY = (
    "alt_artist_ids", "style_ids", "alt_style_ids", "style_titles", "alt_classification_ids",
    "alt_material_ids", "material_ids", "material_titles", "alt_technique_ids",
    "technique_ids", "technique_titles", "theme_titles", "alt_image_ids", "document_ids", "sound_ids", "video_ids",
    "text_ids", "section_ids", "section_titles", "site_ids", "dimensions_detail",
)  # fmt: skip
_FALSE = ("is_boosted", "has_not_been_viewed_much", "has_multimedia_resources", "has_educational_resources",
          "has_advanced_imaging", "is_on_view")  # fmt: skip


def artwork(work: SimulatedWork, record_id: int, number: str, image_id: str | None, *, updated: str) -> dict[str, Any]:
    """Write a work. `number` is the accession number, `updated` the date of the last change in Chicago's zone."""
    type_title, type_id, classification = TYPES[work.traits.kind]
    first, town = work.artists[0] if work.artists else None, made_in(work)
    title = work.titles[0] if work.titles else "Untitled"
    motifs = shown_in(work)
    terms = [f"TM-{12_000 + motif.number}" for motif in motifs]
    return {
        "id": record_id,
        "api_model": "artworks",
        "api_link": f"https://api.artic.edu/api/v1/artworks/{record_id}",
        "title": title,
        "thumbnail": _thumbnail(work) if image_id else None,
        "main_reference_number": number,
        "date_start": work.start,
        "date_end": work.end,
        "date_display": _date(work.start, work.end),
        "date_qualifier_title": "",
        "artist_display": "\n".join(f"{a.name}\n{a.nationality}, {a.born}–{a.died}" for a in work.artists)
        or "Artist unknown",
        "place_of_origin": town.name if town else None,
        "dimensions": "45.2 × 66.1 cm (17 13/16 × 26 1/16 in.)",
        "medium_display": "Oil on canvas" if work.traits.kind == "painting" else "Paper",
        "credit_line": "Elizabeth Hammond Stickney Collection",
        "publishing_verification_level": "Web Basic",
        "internal_department_id": 3,
        "is_public_domain": work.traits.is_open,
        "is_zoomable": work.traits.is_open,
        "max_zoom_window_size": -1 if work.traits.is_open else 843,
        "copyright_notice": None if work.traits.is_open else "© Artists Rights Society (ARS), New York",
        "colorfulness": 14.1905,
        "artwork_type_title": type_title,
        "artwork_type_id": type_id,
        "department_title": "Prints and Drawings",
        "department_id": "PC-13",
        "artist_id": first.born if first else None,
        "artist_title": first.name if first else None,
        "artist_ids": [artist.born for artist in work.artists],
        "artist_titles": [artist.name for artist in work.artists],
        "category_ids": ["PC-13"],
        "category_titles": ["Prints and Drawings"],
        "term_titles": [classification],
        "classification_id": "TM-18",
        "classification_title": classification,
        "classification_ids": ["TM-18"],
        "classification_titles": [classification],
        "image_id": image_id,
        "suggest_autocomplete_all": [{"input": [number], "contexts": {"groupings": ["accession"]}}],
        "source_updated_at": updated,
        "updated_at": updated,
        "timestamp": updated,
        **dict.fromkeys(_NULL),
        **{key: [] for key in _EMPTY},
        **dict.fromkeys(_FALSE, False),
        "subject_id": terms[0] if terms else None,
        "alt_subject_ids": terms[1:],
        "subject_ids": terms,
        "subject_titles": [motif.names[0].lower() for motif in motifs],
    }


def _thumbnail(work: SimulatedWork) -> dict[str, Any]:
    """Width and height are the full image's (museum_apis.md 4)."""
    alt_text = f"A work made of {work.traits.kind}."
    return {"lqip": _LQIP, "width": work.width, "height": work.height, "alt_text": alt_text}


def _date(start: int | None, end: int | None) -> str:
    if start is None or end is None:
        return "n.d."
    if start < 0:
        return f"{-start}–{-end} BCE" if start != end else f"{-start} BCE"
    return str(start) if start == end else f"{start}–{end}"
