"""`museum backup` and `museum restore`."""

from __future__ import annotations

from museum_assets.cli.printing import console, print_json, print_table
from museum_assets.cli.release_printing import line_sink
from museum_assets.core.settings import read_settings
from museum_assets.operations.backup.backup import make_backup
from museum_assets.operations.backup.manifest import Manifest
from museum_assets.operations.backup.restore import restore_backup
from museum_assets.operations.backup.targets import find_backup, open_target
from museum_assets.operations.backup.verify import verify_backup
from museum_assets.operations.running import running_platform, running_unprepared
from museum_assets.operations.ui import report_lost_runs


def show_backup(target: str, *, as_json: bool) -> int:
    """Make a backup and print what it holds; 1 when something is wrong with the platform that was backed up."""
    settings = read_settings()
    # As the settings name it: the embedded S3 is none of them.
    goal = open_target(target, settings)
    with running_unprepared(settings) as platform:
        place, manifest = make_backup(platform, goal, line_sink(quiet=as_json))
    if as_json:
        print_json({"backup": place.label, "findings": manifest.findings, **summary(manifest)})
    else:
        print_contents(f"Backup {place.label}", manifest)
        print_lines("finding", manifest.findings)
    return 1 if manifest.findings else 0


def show_verification(source: str, *, as_json: bool) -> int:
    """Read a backup again and print what is wrong with it; 1 when anything is."""
    place = find_backup(open_target(source, read_settings()))
    manifest, damaged = verify_backup(place, line_sink(quiet=as_json))
    if as_json:
        print_json({"backup": place.label, "damaged": damaged, "findings": manifest.findings, **summary(manifest)})
    else:
        print_contents(f"Backup {place.label}", manifest)
        print_lines("damaged", damaged)
        print_lines("finding", manifest.findings)
        if not damaged:
            console.print("every file is the one that was written", highlight=False)
    return 1 if damaged else 0


def show_restore(source: str, *, as_json: bool) -> int:
    """Restore a backup and print what was brought back."""
    settings = read_settings()
    restored = restore_backup(settings, find_backup(open_target(source, settings)), line_sink(quiet=as_json))
    # Runs that were at work when the backup was made would hold their places in Dagster's queue and pools.
    with running_platform(settings) as env:
        report_lost_runs(settings, env, restored=True)
    again = restored.stored_again
    if as_json:
        print_json({"backup": restored.source, "home": str(settings.home), "stored_again": again,
                    "findings": restored.manifest.findings, **summary(restored.manifest)})  # fmt: skip
        return 0
    print_contents(f"Restored {restored.source}", restored.manifest)
    print_lines("finding of the backup", restored.manifest.findings)
    if again:
        console.print(f"{again} thumbnails were being replaced: the next run stores them again", highlight=False)
    console.print(f"every count and checksum is equal; `museum up` starts {settings.home}", highlight=False)
    return 0


def summary(manifest: Manifest) -> dict[str, object]:
    """Return what a backup holds, in figures."""
    return {
        "began_at": manifest.began_at,
        "ended_at": manifest.ended_at,
        "platform_version": manifest.platform_version,
        "bytes": sum(file.bytes for file in manifest.files()),
        "files": sum(1 for _ in manifest.files()),
        "databases": {
            name: {"tables": len(each.tables), "rows": sum(table.rows for table in each.tables.values())}
            for name, each in manifest.databases.items()
        },
        "buckets": {each.bucket: {"objects": each.objects, "bytes": each.bytes} for each in manifest.buckets.values()},
        "index": manifest.index.model_dump(mode="json", include={"working", "production"}),
    }


def print_contents(title: str, manifest: Manifest) -> None:
    """Print what a backup holds."""
    rows: list[tuple[str, int, int]] = [
        (f"database {name}", sum(table.rows for table in each.tables.values()), sum(file.bytes for file in each.files))
        for name, each in manifest.databases.items()
    ]
    rows += [(f"bucket {each.bucket}", each.objects, each.bytes) for each in manifest.buckets.values()]
    points = sum(each.get("points", 0) for each in manifest.index.working.values())
    rows.append(("vector index", points, sum(file.bytes for file in manifest.index.files)))
    print_table(title, ("part", "rows, objects or points", "bytes"), rows)


def print_lines(word: str, lines: list[str]) -> None:
    """Print a line for each."""
    for line in lines:
        console.print(f"{word}: {line}", markup=False, highlight=False)
