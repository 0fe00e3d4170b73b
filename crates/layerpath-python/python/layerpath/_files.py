"""What several programs write: one after the other, and each file whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import uuid
from collections.abc import Iterator

try:
    import fcntl
except ImportError:  # Windows, where nobody is kept out.
    fcntl = None  # type: ignore[assignment]

__all__ = ["alone", "replace", "unwritable"]

# What file systems say that know no locks, some mounts of Lustre and NFS; nobody is kept out there.
_NO_LOCKS = {errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS}


@contextlib.contextmanager
def alone(path: str) -> Iterator[None]:
    """Keeps other programs from writing `path`, by the file that Rust locks too.

    The operating system lets go of it however the program ends.
    """
    if fcntl is None:
        yield
        return
    folder, name = os.path.split(path)
    lock = os.path.join(folder, f".{name}.lock")
    while True:
        try:
            os.makedirs(folder, exist_ok=True)
            file = os.open(lock, os.O_WRONLY | os.O_CREAT, 0o666)
        except OSError as error:
            raise unwritable(path, error) from None
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                os.close(file)
                if error.errno not in {errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES}:
                    raise unwritable(path, error) from None
                raise OSError(
                    f"out: cannot write `{path}`: another program is at work there; wait for it, stop it, or choose "
                    "another place"
                ) from None
        # The one who had it may have removed the file since it was opened: then this is a lock on nothing.
        if _is_there(file, lock):
            break
        os.close(file)
    try:
        yield
    finally:
        if _is_there(file, lock):
            os.unlink(lock)
        os.close(file)


def replace(path: str, text: str) -> None:
    """Gives a file this content, once it is on disk."""
    folder, name = os.path.split(path)
    temporary = os.path.join(folder, f".{name}.{uuid.uuid4().hex[:6]}.tmp")
    try:
        with open(temporary, "x", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def unwritable(path: str, error: OSError) -> OSError:
    """An error of the operating system while `path` was written, of the same kind, in the words of the package."""
    return type(error)(f"out: cannot write `{path}`: {error.strerror}; check the path")


def _is_there(file: int, path: str) -> bool:
    """Whether the open file is the one that the name leads to."""
    try:
        return os.path.samestat(os.fstat(file), os.stat(path, follow_symlinks=False))
    except FileNotFoundError:
        return False
