"""A museum's documents in a real bucket, and the two stages over them."""

from __future__ import annotations

from museum_assets.documents.listing import store_listing
from museum_assets.documents.stages import DocumentFiles, DocumentRecords
from museum_assets.loop.run import run_stage
from museum_assets.loop.stage import Options
from museum_assets.settings import Settings
from museum_assets.sources.wildcard import compile_pattern
from resources.llm import Llm
from resources.postgres import Database
from resources.s3 import ObjectStore

REPORT = b"Object number: KMS1\nCondition: good\nDate: 2024-03-01"
LETTER = b"Object number: KMS2\nLender: A Lender\nFrom: 2024-01-01\nTo: 2024-02-01"


class Place:
    def __init__(self, settings: Settings, store: ObjectStore, llm: Llm) -> None:
        self.database = Database(str(settings.database_url))
        self.store, self.llm = store, llm

    def stage(self, **options: bool) -> tuple[int, ...]:
        with self.database.connect() as conn:
            store_listing(conn, "smk", self.store, compile_pattern("smk/**"))
        counts = run_stage(self.database, "smk", DocumentFiles(self.store, 1000), Options(**options))
        return counts.done, counts.unchanged, counts.failed, counts.removed

    def read(self, model_name: str = "m", **options: bool) -> tuple[int, ...]:
        stage = DocumentRecords(self.llm, model_name, self.database, "smk")
        counts = run_stage(self.database, "smk", stage, Options(**options))
        return counts.done, counts.unchanged, counts.failed, counts.removed

    def rows(self, statement: str) -> list[tuple]:
        with self.database.connect() as conn:
            return [tuple(row.values()) for row in conn.execute(statement)]
