"""What notebooks show: HTML without a fault, names escaped, long lists cut, and what is not there as a dash."""

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from support import Array, there

import layerpath as lp

# A name that would break a page.
EVIL = "<b>&'\""


def cells(shown: Any) -> list[list[str]]:
    """The rows of the first table, head first. The parser refuses what is not closed or not escaped."""
    page = ElementTree.fromstring(f"<div>{shown._repr_html_()}</div>")
    assert not any("nan" in text.lower() or "None" in text for text in page.itertext())
    return [["".join(cell.itertext()) for cell in row] for row in there(page.find(".//table")).iter("tr")]


def said(shown: Any) -> str:
    """The text outside of tables."""
    page = ElementTree.fromstring(f"<div>{shown._repr_html_()}</div>")
    return " ".join("".join(part.itertext()) for part in page if part.tag != "table")


@pytest.fixture
def named(layers: list[Array]) -> dict[str, Array]:
    return dict(zip([EVIL, *"bcde"], layers, strict=True))


def test_paths(named: dict[str, Array], layers: list[Array], labels: Array) -> None:
    path = lp.Path(named, target=labels, network="net<0>")
    rows = cells(path)
    assert rows[0][:3] == ["layer", "step", "interior angle (°)"] and len(rows) == 6
    assert rows[1][0] == EVIL and rows[1][1] == f"{path.steps[0]:.4f}"
    assert rows[2][2] == f"{np.degrees(path.interior_angles[0]):.1f}"
    assert said(path).startswith(f"net<0>: length {path.length:.4f} rad, displacement") and "30 stimuli" in said(path)
    rows = cells(lp.Path([layers[i % 5] + 0.01 * i for i in range(40)]))
    assert len(rows) == 1 + 25 + 1 + 5 and rows[26] == ["… 10 more layers"]
    assert [row[0] for row in rows[24:26] + rows[27:]] == ["23", "24", "35", "36", "37", "38", "39"]
    assert cells(lp.Path([layers[i % 5] + 0.01 * i for i in range(30)]))[26][0] == "25"
    # A repeated layer has no angle.
    assert cells(lp.Path([layers[0], layers[0], layers[1]]))[2][2] == "–"


def test_points(named: dict[str, Array], labels: Array) -> None:
    points = lp.Points(named, target=labels, network="net", epoch=3)
    rows = cells(points)
    assert rows[0] == ["point", "index", "network", "epoch", "shape", "reduction"]
    assert rows[1] == [f"net@3/{EVIL}", "0", "net", "3", "30×6", "flatten"]
    assert rows[6] == ["target", "target", "–", "–", "–", "–"]
    assert said(points) == f"Points: 6 points, 30 stimuli; {points.metric}"
    assert cells(lp.Points([points[0]]))[0] == ["point", "index", "shape", "reduction"]


def test_single_things(named: dict[str, Array]) -> None:
    metric = lp.Metric("stress")
    assert said(metric) == f"Metric: {metric}; distances in {metric.unit}"
    assert said(metric.point(named["b"])) == f"Point: 30 stimuli; {metric}"
    total = lp.GramAccumulator(30)
    total.add(named["b"])
    assert repr(total) == f"GramAccumulator(9 units, 30 stimuli, {lp.Metric()})"


def test_analyses(named: dict[str, Array], labels: Array, tmp_path: Path) -> None:
    path = lp.Path(named, target=labels, network=EVIL)
    path.to_analysis(tmp_path)
    analysis = lp.read_analysis(tmp_path)
    rows = cells(analysis)
    assert rows[0] == ["path", "points", "length (rad)", "displacement (rad)", "straightness"]
    assert rows[1:] == [[EVIL, "5", *(f"{x:.4f}" for x in (path.length, path.displacement, there(path.straightness)))]]
    assert f"Analysis: 6 points, 30 stimuli; {path.metric}; layerpath {lp.__version__}" in said(analysis)
    assert all(note in said(analysis) for note in analysis.notes)


def test_comparisons(named: dict[str, Array], layers: list[Array]) -> None:
    found = lp.compare(named, layers[:2] + layers[3:])
    assert dict(cells(found))["hausdorff"] == f"{found.hausdorff:.4f}"
    # A path of no length has no shares of it.
    still = lp.compare([layers[0], layers[0]], layers)
    assert dict(cells(still))["arc_length_matched"] == "–" and there(still.reason) in said(still)


def test_embeddings(named: dict[str, Array]) -> None:
    embedding = lp.embed(named, method="smacof", restarts=0, iterations=2)
    rows = cells(embedding)
    assert rows[0] == ["point", "x1", "x2"] and rows[1][0] == EVIL
    assert f"Embedding: smacof; stress-1 {embedding.stress:.4f}; 2 iterations; not converged" in said(embedding)
    assert "converged" not in said(lp.embed(named))


def test_triangles(layers: list[Array]) -> None:
    metric = lp.Metric()
    a, c = metric.point(layers[0]), metric.point(layers[1])
    rows = dict(cells(lp.triangle(a, a, c)))
    assert rows["angle at A (rad)"] == "–" and rows["side BC"] == f"{metric.distance(a, c):.4f}"
    assert "angles.a: the two points coincide" in said(lp.triangle(a, a, c))


def test_captures() -> None:
    torch = pytest.importorskip("torch")
    from networks import TransformerBlock, images, resnet

    captured = lp.capture(resnet(), images(), drop_duplicates=True, target=np.arange(24) % 3)
    rows = cells(captured)
    assert rows[0] == ["layer", "shape", "reduction"] and len(rows) == 1 + len(captured)
    assert rows[1] == ["input", "24×3×6×6", "flatten"]
    size, *rest = said(captured).split("; ")
    assert size == f"Capture: {len(captured)} layers, 24 stimuli" and rest[0] == str(captured.metric)
    assert rest[1] == f"{captured.passes} passes over the stimuli" and rest[2].startswith("with a target")
    assert "1 left out as duplicates" in rest[2] and "dropout: repeats pool" in rest[2] and "skipped" not in rest[2]
    block = lp.capture(TransformerBlock(), torch.randint(0, 20, (24, 5)))
    (name, reason), *_ = block.skipped
    assert "skipped" in said(block) and f"{name}: {reason}" in said(block) and "duplicates" not in said(block)
