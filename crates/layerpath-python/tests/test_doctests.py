"""The examples in the package's own documentation run."""

import doctest
import importlib

import pytest

WITH_EXAMPLES = ["layerpath", "layerpath._table", "layerpath._results", "layerpath.torch"]


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples(name: str) -> None:
    if name == "layerpath.torch":
        pytest.importorskip("torch")
    result = doctest.testmod(importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.attempted > 0 and result.failed == 0
