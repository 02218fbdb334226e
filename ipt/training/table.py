"""Reading a checkpoint without trusting it: DCP keeps its table of tensors as a pickle, which could run anything.

Only the classes that such a table consists of are made, and the files it names must be in the checkpoint's folder.
The tensors themselves torch reads with `weights_only`.
"""

import pickle
from pathlib import Path
from typing import Any

import torch
from torch.distributed.checkpoint.filesystem import FileSystemReader
from torch.distributed.checkpoint.metadata import Metadata, StorageMeta

from ipt.datasets.files import inside
from ipt.errors import UserError

_TABLE = {
    "torch.distributed.checkpoint.metadata": {
        "Metadata",
        "MetadataIndex",
        "StorageMeta",
        "TensorStorageMetadata",
        "BytesStorageMetadata",
        "ChunkStorageMetadata",
        "TensorProperties",
        "_MEM_FORMAT_ENCODING",
    },
    "torch.distributed.checkpoint.filesystem": {"_StorageInfo"},
    "torch.serialization": {"_get_layout"},
    "torch": {"Size"},
    "pathlib": {"PosixPath"},
    "pathlib._local": {"PosixPath"},
}


class TableReader(FileSystemReader):
    """DCP's reader of a folder, its table read as said above."""

    def read_metadata(self, *args: Any, **kwargs: Any) -> Metadata:
        """The table.

        Raises:
            UserError: it is none, or has more in it than a table; names the file.
        """
        path = Path(self.path) / ".metadata"
        try:
            with path.open("rb") as stream:
                table = _Tables(stream).load()
            named = {str(place.relative_path) for place in table.storage_data.values()}
        except OSError as error:
            raise UserError(f"{path}: not readable ({error.strerror}); delete the checkpoint") from None
        except Exception as error:  # damaged pickles raise nearly everything
            raise UserError(f"{path}: not a table of tensors ({error}); delete the checkpoint") from None
        for name in named:
            inside(path.parent, name)
        table.storage_meta = table.storage_meta or StorageMeta()
        table.storage_meta.load_id = self.load_id
        read: Metadata = table
        return read


class _Tables(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        known = name in _TABLE.get(module, ())
        if known or (module == "torch" and isinstance(getattr(torch, name, None), torch.dtype)):
            return super().find_class(module, name)
        raise UserError(f"{module}.{name} has no place in it")
