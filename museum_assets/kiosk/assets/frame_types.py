"""The dagster-pandas types of the combined files: what a frame must be before it is written.

The readers reject rows one by one with their reasons; a frame that breaks its type after that is a fault of the
platform, and ends the run. pandas and dagster-pandas are imported when a frame is checked: they would cost every
process of the code location 0.7 s.
"""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import dagster as dg

from museum_assets.kiosk.museum import INCIDENT, KioskMuseum

LONGEST_SITE = 9_999
MOST = 32_767


@contextmanager
def knowing_it_is_beta() -> Iterator[None]:
    """Keep the warning to ourselves that all of dagster-pandas is in beta: known, and not the operator's concern."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.BetaWarning)
        yield


@knowing_it_is_beta()
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
            # A day alone is an object to pandas, as a text is.
            PandasColumn.exists("start_date"),
            PandasColumn.exists("description"),
        ],
    )


@knowing_it_is_beta()
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
            whole("site", 0, LONGEST_SITE),
            whole("val", INCIDENT, max(museum.ratings)),
            # pandas keeps whole numbers with gaps as floats.
            PandasColumn.numeric_column("type", min_value=low, max_value=high, ignore_missing_vals=True),
            whole("occurrence", 1, MOST),
            PandasColumn.exists("file", non_nullable=True),
            whole("line", 2, 2**31 - 1),
        ],
    )


def _instants(name: str) -> Any:
    # PandasColumn.datetime_column insists on nanoseconds, which pandas has left behind.
    from dagster_pandas import PandasColumn
    from dagster_pandas.constraints import ColumnDTypeInSetConstraint, NonNullableColumnConstraint

    return PandasColumn(name, [ColumnDTypeInSetConstraint({"datetime64[us, UTC]"}), NonNullableColumnConstraint()])


def checked(frame_type: Any) -> Callable[[Any], None]:
    """Return a check of frames that raises dagster's Failure with what the type says is wrong."""

    def check(frame: Any) -> None:
        found = frame_type.type_check(None, frame)
        if not found.success:
            raise dg.Failure(f"the frame is no {frame_type.unique_name}: {found.description}", allow_retries=False)

    return check


def schema_metadata(schema: Any) -> dg.TableSchemaMetadataValue:
    """Return an Arrow schema as Dagster shows it."""
    columns = [dg.TableColumn(field.name, str(field.type)) for field in schema]
    return dg.MetadataValue.table_schema(dg.TableSchema(columns=columns))
