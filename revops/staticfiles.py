"""Static files that come out of installed packages."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import brotli
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage
from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PLOTLY = "vendor/plotly.min.js"
LARGE_BYTES = 300_000
BEST = 11
GOOD = 9
SKIPPED = Compressor.SKIP_COMPRESS_EXTENSIONS


class PlotlyFinder(BaseFinder):
    """Serve the chart library out of Plotly's wheel as `vendor/plotly.min.js`.

    `make assets` may put a smaller bundle at the same path of the project's static folder;
    that finder comes first, so the smaller one wins.
    """

    def find(self, path: str, find_all: bool = False, **_: Any) -> Any:  # noqa: FBT001, FBT002 (Django's signature)
        """Return the file's place on disk, or nothing."""
        found = package_folder() / "plotly.min.js" if path == PLOTLY else None
        if found is None or not found.exists():
            return []
        return [str(found)] if find_all else str(found)

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Any]]:
        """Yield the one file for collection."""
        del ignore_patterns
        storage = FileSystemStorage(location=package_folder())
        storage.prefix = "vendor"  # type: ignore[attr-defined]  # read by collectstatic
        yield "plotly.min.js", storage


class HashedStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # no types published
    """File names carry a hash of the content, so browsers may keep them for ever."""

    # A name that a template spells wrong is found by the tests; it must not break a page.
    manifest_strict = False
    # Our modules import each other by relative paths, which must become hashed names too.
    support_js_module_import_aggregation = True
    keep_only_hashed_files = True

    def create_compressor(self, **words: Any) -> Compressor:
        """Return the compressor that does not take half a minute for the chart library."""
        return QuickCompressor(**words | {"extensions": [*SKIPPED, "map"]})


class QuickCompressor(Compressor):  # type: ignore[misc]  # no types published
    """Brotli's best level costs 12 s on the chart library and wins 8 %; large files take 9."""

    @staticmethod
    def compress_brotli(data: bytes) -> bytes:
        """Compress with the level that fits the size."""
        level = BEST if len(data) < LARGE_BYTES else GOOD
        compressed: bytes = brotli.compress(data, quality=level)
        return compressed


def package_folder() -> Path:
    """Return the folder of Plotly's data files without importing Plotly, which is slow."""
    spec = find_spec("plotly")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("plotly is not installed")
    return Path(spec.origin).parent / "package_data"
