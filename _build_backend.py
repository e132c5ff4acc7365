"""The build backend: setuptools, plus the ``.pth`` file that registers the plugin.

setuptools has no way to say "put this file beside the package, in editable installs too", so the
file is added to the finished wheel. See ``pyserini_xqg/plugin/__init__.py`` for what it starts.
"""

import base64
import hashlib
import zipfile
from pathlib import Path

from setuptools import build_meta
from setuptools.build_meta import *

PTH_NAME = "pyserini_xqg.pth"
# One line, because `site` runs only lines that start with "import". It must never print: a package
# that was removed half-way leaves this file behind.
PTH_LINE = (
    'import sys; exec("try:\\n from pyserini_xqg.plugin import install\\n'
    'except Exception:\\n pass\\nelse:\\n install()")\n'
)


def _add_pth(wheel: Path) -> None:
    payload = PTH_LINE.encode()
    digest = base64.urlsafe_b64encode(hashlib.sha256(payload).digest()).rstrip(b"=").decode()
    finished = wheel.with_suffix(".tmp")
    with zipfile.ZipFile(wheel) as source, zipfile.ZipFile(finished, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            data = source.read(entry)
            if entry.filename.endswith(".dist-info/RECORD"):
                data += f"{PTH_NAME},sha256={digest},{len(payload)}\n".encode()
            target.writestr(entry, data)
        pth = zipfile.ZipInfo(PTH_NAME, date_time=(1980, 1, 1, 0, 0, 0))
        pth.external_attr = 0o100644 << 16
        target.writestr(pth, payload)
    finished.replace(wheel)


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):  # type: ignore[no-untyped-def]
    name = build_meta.build_wheel(wheel_directory, config_settings, metadata_directory)
    _add_pth(Path(wheel_directory, name))
    return name


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):  # type: ignore[no-untyped-def]
    name = build_meta.build_editable(wheel_directory, config_settings, metadata_directory)
    _add_pth(Path(wheel_directory, name))
    return name
