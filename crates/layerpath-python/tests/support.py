"""Types and small helpers of the tests."""

from typing import Any, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]
Floats: TypeAlias = npt.NDArray[np.float64]
Generator: TypeAlias = np.random.Generator
# Layers by name, and what another program says of them.
Golden: TypeAlias = tuple[dict[str, Array], dict[str, Any]]

T = TypeVar("T")


def there(value: T | None) -> T:
    """What must not be None."""
    assert value is not None
    return value


def anything(value: object) -> Any:
    """For calls that a type checker would refuse, which is what they are here for."""
    return value
