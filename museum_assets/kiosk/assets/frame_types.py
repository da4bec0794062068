"""The dagster-pandas types that a combined frame must have before it is written.

The readers reject bad rows one by one. A frame that still breaks its type is a fault of the platform, and ends the
run. pandas and dagster-pandas are imported when a frame is checked: they cost every process 0.7 s.
"""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import dagster as dg

from museum_assets.museums.kiosk_museum import INCIDENT, KioskMuseum

HIGHEST_SITE = 9_999
MOST_OCCURRENCES = 32_767


@contextmanager
def without_beta_warning() -> Iterator[None]:
    """Silence the warning that dagster-pandas is in beta: an operator can do nothing about it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.BetaWarning)
        yield


@without_beta_warning()
def exhibitions_type() -> Any:
    """Return the type of combined_exhibitions."""
    from dagster_pandas import PandasColumn, create_dagster_pandas_dataframe_type

    texts = ("exhibition_name", "floor", "department", "file")
    return create_dagster_pandas_dataframe_type(
        name="CombinedExhibitions",
        description="One row per exhibition; EXH_0n is site n.",
        columns=[
            PandasColumn.string_column("exhibition_code", non_nullable=True, unique=True),
            *(PandasColumn.string_column(name, non_nullable=True) for name in texts),
            # pandas has no type for a date: its column holds objects, as a column of texts does.
            PandasColumn.exists("start_date"),
            PandasColumn.exists("description"),
        ],
    )


@without_beta_warning()
def presses_type(museum: KioskMuseum) -> Any:
    """Return the type of combined_kiosk_data for a museum's buttons."""
    from dagster_pandas import PandasColumn, create_dagster_pandas_dataframe_type

    def whole(name: str, low: int, high: int) -> Any:
        return PandasColumn.integer_column(name, min_value=low, max_value=high, non_nullable=True)

    low, high = min(museum.incidents), max(museum.incidents)
    return create_dagster_pandas_dataframe_type(
        name=f"CombinedKioskData_{museum.slug}",
        description="One row per press, sorted by `at`; `val` -1 is an incident and has a `type`.",
        columns=[
            _instants("at"),
            whole("site", 0, HIGHEST_SITE),
            whole("val", INCIDENT, max(museum.ratings)),
            # pandas turns integers with gaps into floats.
            PandasColumn.numeric_column("type", min_value=low, max_value=high, ignore_missing_vals=True),
            whole("occurrence", 1, MOST_OCCURRENCES),
            PandasColumn.exists("file", non_nullable=True),
            whole("line", 2, 2**31 - 1),
        ],
    )


def _instants(name: str) -> Any:
    # PandasColumn.datetime_column demands nanoseconds; pandas uses microseconds here.
    from dagster_pandas import PandasColumn
    from dagster_pandas.constraints import ColumnDTypeInSetConstraint, NonNullableColumnConstraint

    return PandasColumn(name, [ColumnDTypeInSetConstraint({"datetime64[us, UTC]"}), NonNullableColumnConstraint()])


def checked(frame_type: Any) -> Callable[[Any], None]:
    """Return a function that raises dagster's Failure for a frame that is not of this type, saying why."""

    def check(frame: Any) -> None:
        result = frame_type.type_check(None, frame)
        if not result.success:
            raise dg.Failure(f"the frame is not a {frame_type.unique_name}: {result.description}", allow_retries=False)

    return check


def schema_metadata(schema: Any) -> dg.TableSchemaMetadataValue:
    """Return an Arrow schema as Dagster's metadata."""
    columns = [dg.TableColumn(field.name, str(field.type)) for field in schema]
    return dg.MetadataValue.table_schema(dg.TableSchema(columns=columns))
