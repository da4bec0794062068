"""Every way in which one record, page or file can fail, each with a stable code.

A failure is data before it is an exception: the loop turns it into a ledger row with this code, and decides from
`permanent` alone whether a later run tries again by itself.
"""

from __future__ import annotations


class MuseumError(Exception):
    """Root of all errors the platform raises on purpose. The message says what happened and what to do."""


class Failure(MuseumError):
    """One record, page or image could not be processed.

    `code` is a short snake_case word that is counted and listed; `permanent` means that trying again with the same
    input cannot help; `retry_after` is the number of seconds the server asked us to wait, when it did. `evidence` are
    the bytes that it is about, and `trace` the traceback of what no rule foresees, both for the dead letter.
    """

    code = "failed"
    permanent = False

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        permanent: bool | None = None,
        retry_after: float | None = None,
        evidence: bytes = b"",
        trace: str | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code or self.code
        self.permanent = self.permanent if permanent is None else permanent
        self.retry_after = retry_after
        self.evidence = evidence
        self.trace = trace


class Gone(Failure):
    """The server says that the thing does not exist (404, 410)."""

    code, permanent = "gone", True


class SlowDown(Failure):
    """The server asks for fewer requests (429, 503 with Retry-After, a bot wall's 403)."""

    code = "slow_down"


class Unavailable(Failure):
    """A time-out, a broken connection or a 5xx: the server may answer later."""

    code = "unavailable"


class Malformed(Failure):
    """The body is not what the content type or the dialect promises (HTML for JSON, cut off, wrong shape)."""

    code = "malformed"


class RequestRefused(Failure):
    """The server understood and will not do it (400 and its like): asking again the same way is pointless."""

    code, permanent = "refused", True


class CheckpointExpired(Failure):
    """A stored harvest checkpoint is no longer accepted; the harvest has to start over."""

    code = "checkpoint_expired"


class Rejected(MuseumError):
    """A raw record is not an artwork of the platform, for a stated reason. It is an outcome, not a fault."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
