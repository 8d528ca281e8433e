"""Photos in a bucket. Loaded only where ``S3_BUCKET`` is set: its library costs a start half a second."""

from __future__ import annotations

import errno
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files import File
from django.core.files.base import ContentFile
from storages.backends.s3 import S3Storage
from storages.utils import clean_name

from cases.services.stores import Opened, StoreAway

_MISSING = {"404", "NoSuchKey", "NotFound"}
_FULL = {"QuotaExceeded", "XMinioStorageFull", "XMinioAdminBucketQuotaExceeded"}
_ONE_PUT = 64 * 1024**2
"""Above every photo: a write in several parts leaves some behind when it breaks off."""


class Bucket(S3Storage):  # type: ignore[misc]  # the library has no types
    """Objects take the bucket's own, private access rules. What fails is an ``OSError``, as on a disk."""

    remote = True

    def __init__(self, *, addressing_style: str, **options: Any) -> None:
        super().__init__(
            file_overwrite=True,
            transfer_config=TransferConfig(multipart_threshold=_ONE_PUT, use_threads=False),
            client_config=Config(
                s3={"addressing_style": addressing_style},
                signature_version="s3v4",
                connect_timeout=3,
                read_timeout=20,
                retries={"mode": "standard", "total_max_attempts": 2},
                # Checksums in trailers are Amazon's own: others refuse them. The signature covers the body's sum.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
            **options,
        )

    @property
    def where(self) -> str:
        return f"bucket {self.bucket_name}{f', {self.location}' if self.location else ''}"

    def get_object_parameters(self, name: str) -> dict[str, str]:
        """Never the kind that a sender claims: whoever gets at an object all the same downloads it only."""
        return {"ContentType": "application/octet-stream"}

    def _save(self, name: str, content: File[bytes]) -> str:
        with _told(name):
            return str(super()._save(name, content))

    def opened(self, name: str) -> Opened:
        """The whole of it: no connection is held while a slow reader takes it."""
        with _told(name):
            found = self._client.get_object(Bucket=self.bucket_name, Key=self._key(name))
            body = found["Body"].read()
        return Opened(BytesIO(body), len(body), found["ETag"].strip('"'), found["LastModified"].timestamp())

    def delete(self, name: str) -> None:
        with _told(name):
            super().delete(name)

    def clear(self, folder: str) -> None:
        for name in list(self._names(folder.rstrip("/") + "/")):
            self.delete(name)

    def names(self) -> Iterator[str]:
        return self._names("")

    def room(self) -> tuple[int, int] | None:
        return None

    def trial(self) -> str:
        name = f"trial-{secrets.token_hex(8)}"
        try:
            self.save(name, ContentFile(b"trial"))
            try:
                if self.opened(name).file.read() != b"trial":
                    return "it gave back something else than was written"
                if self._stranger_reads(name):
                    return "strangers can read what is in it: make it private"
            finally:
                self.delete(name)
            next(self.names(), None)
        except OSError as error:
            return str(error.strerror or error)
        return ""

    def _stranger_reads(self, name: str) -> bool:
        with _told(name):
            try:
                self.unsigned_connection.meta.client.get_object(Bucket=self.bucket_name, Key=self._key(name))
            except ClientError:
                return False
        return True

    def _names(self, start: str) -> Iterator[str]:
        root = f"{self.location.strip('/')}/" if self.location else ""
        with _told(start):
            for page in self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket_name, Prefix=root + start
            ):
                for entry in page.get("Contents", ()):
                    yield entry["Key"].removeprefix(root)

    @property
    def _client(self) -> Any:
        """One for all threads, as it may be: each would load Amazon's descriptions anew."""
        return self.bucket.meta.client

    def _key(self, name: str) -> str:
        return str(self._normalize_name(clean_name(name)))


@contextmanager
def _told(name: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code in _MISSING:
            raise FileNotFoundError(errno.ENOENT, "No such object", name) from error
        full = code in _FULL or error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == 507
        raise (OSError(errno.ENOSPC, "The bucket is full") if full else StoreAway(errno.EIO, str(error))) from error
    except BotoCoreError as error:
        raise StoreAway(errno.EIO, str(error)) from error
