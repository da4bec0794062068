"""What S3's refusals and silences mean: which failure each is, and what a person does about it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from museum_assets.core.failures import Gone, Malformed, MuseumError, RequestRefused, Unavailable

MISSING = {"404", "NoSuchKey", "NotFound"}
MISCONFIGURED = {
    *("403", "AccessDenied", "AllAccessDisabled", "AuthorizationHeaderMalformed", "ExpiredToken", "InvalidAccessKeyId"),
    *("InvalidBucketName", "PermanentRedirect", "SignatureDoesNotMatch"),
}


class StorageMisconfigured(MuseumError):
    """The bucket, the endpoint or the credentials are wrong: no object can work, so no record is to blame."""


@contextmanager
def translated(place: str, bucket: str, action: str, key: str) -> Iterator[None]:
    """Turn the errors of botocore and of what it stands on, inside, into the platform's.

    `place` is the server's address as it may be shown.
    """
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import (
        BotoCoreError,
        ClientError,
        ConnectionClosedError,
        ConnectTimeoutError,
        EndpointConnectionError,
        NoCredentialsError,
        ParamValidationError,
    )
    from botocore.parsers import ResponseParserError
    from s3transfer.exceptions import S3DownloadFailedError
    from urllib3.exceptions import HTTPError

    what = f"S3 at {place}, bucket {bucket}: could not {action} {key or 'it'}"
    advice = "check S3_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION and the bucket's name"
    try:
        yield
    except ClientError as error:
        code = str(error.response["Error"].get("Code", ""))
        status = error.response["ResponseMetadata"].get("HTTPStatusCode", 0)
        if code in MISSING:
            raise Gone(f"{what}: it does not exist") from error
        if code == "NoSuchBucket":
            raise StorageMisconfigured(
                f"{what} (NoSuchBucket): `museum init` makes the platform's own; those of a museum's kiosks "
                f"are the museum's, which `museum init --kiosk-buckets` makes too. Or {advice}"
            ) from error
        if code in MISCONFIGURED:
            raise StorageMisconfigured(f"{what} ({code}): {advice}") from error
        if 400 <= status < 500 and code not in {"RequestTimeout", "SlowDown", "429"}:
            raise RequestRefused(f"{what}: {error}") from error
        raise Unavailable(f"{what}: {error}; it is tried again in a later run") from error
    except (NoCredentialsError, ParamValidationError) as error:
        raise StorageMisconfigured(f"{what} ({error}): {advice}") from error
    except (EndpointConnectionError, ConnectTimeoutError, ConnectionClosedError) as error:
        # Without the object, which it is not about: one outage is told once, whatever was being done.
        why = str(error).partition(" URL:")[0]
        raise Unavailable(
            f"S3 at {place} cannot be reached: {why}. Check that it runs and that S3_ENDPOINT_URL is right, then "
            "run again: finished work is kept"
        ) from error
    except (BotoCoreError, Boto3Error, S3DownloadFailedError, HTTPError) as error:
        raise Unavailable(f"{what}: {error}; it is tried again in a later run") from error
    except (ResponseParserError, KeyError, ValueError, TypeError) as error:
        # An answer that S3 would not give: no XML, a number or date that is none, a header that is missing.
        reason = f"{type(error).__name__} {error}"
        raise Malformed(f"{what}: the answer is not S3's ({reason:.300}); it is tried again in a later run") from error
