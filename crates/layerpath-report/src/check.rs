//! Refuses documents that contradict their schema, so that every later module may rely on lengths and finite numbers.

use layerpath::analysis::{Analysis, EmbeddingRecord, PathRecord, SCHEMA};

use crate::Error;

/// The first contradiction in the analysis called `title`, if there is one.
pub(crate) fn check(title: &str, analysis: &Analysis) -> Result<(), Error> {
    if analysis.schema != SCHEMA {
        return Err(Error::Schema { analysis: title.to_owned(), found: analysis.schema.clone(), expected: SCHEMA });
    }
    if analysis.paths.is_empty() {
        return Err(Error::NoPaths { analysis: title.to_owned() });
    }
    for path in &analysis.paths {
        check_path(title, path)?;
    }
    analysis.embedding.as_ref().map_or(Ok(()), |embedding| check_embedding(title, embedding))
}

fn check_path(analysis: &str, path: &PathRecord) -> Result<(), Error> {
    let n_points = path.points.len();
    if n_points == 0 {
        return Err(Error::EmptyPath { analysis: analysis.to_owned(), path: path.name.clone() });
    }
    let n_steps = n_points - 1;
    let owner = Owner { analysis, name: &path.name };

    owner.scalar("length", Some(path.length))?;
    owner.scalar("displacement", Some(path.displacement))?;
    owner.scalar("straightness", path.straightness)?;
    owner.scalar("network_accuracy", path.network_accuracy)?;
    owner.array("steps", n_steps, path.steps.iter().copied().map(Some))?;
    owner.array("interior_angles", n_steps.saturating_sub(1), path.interior_angles.iter().copied())?;
    owner.array("distance_to_start", n_points, path.distance_to_start.iter().copied().map(Some))?;
    if let Some(angles) = &path.heading_angles {
        owner.array("heading_angles", n_steps, angles.iter().copied())?;
    }
    if let Some(distances) = &path.distance_to_target {
        owner.array("distance_to_target", n_points, distances.iter().copied().map(Some))?;
    }
    if let Some(progress) = &path.progress {
        owner.array("progress", n_steps, progress.iter().copied().map(Some))?;
    }
    if let Some(efficiency) = &path.efficiency {
        owner.array("efficiency", n_steps, efficiency.iter().copied())?;
    }
    if let Some(projection) = &path.projection {
        owner.array("projection", n_points, projection.iter().map(|p| p.map(|p| p.t)))?;
        owner.array("projection", n_points, projection.iter().map(|p| p.map(|p| p.distance)))?;
    }
    Ok(())
}

fn check_embedding(analysis: &str, embedding: &EmbeddingRecord) -> Result<(), Error> {
    let owner = Owner { analysis, name: "embedding" };
    owner.scalar("stress", Some(embedding.stress))?;
    owner.length("coordinates", embedding.points.len(), embedding.coordinates.len())?;
    let n_dimensions = embedding.coordinates.first().map_or(0, Vec::len);
    for row in &embedding.coordinates {
        owner.array("coordinates", n_dimensions, row.iter().copied().map(Some))?;
    }
    Ok(())
}

/// Whose fields are being checked, for the message.
struct Owner<'a> {
    analysis: &'a str,
    name: &'a str,
}

impl Owner<'_> {
    fn scalar(&self, field: &'static str, value: Option<f64>) -> Result<(), Error> {
        if value.is_none_or(f64::is_finite) {
            return Ok(());
        }
        Err(Error::NotFinite { analysis: self.analysis.to_owned(), owner: self.name.to_owned(), field })
    }

    fn length(&self, field: &'static str, expected: usize, found: usize) -> Result<(), Error> {
        if found == expected {
            return Ok(());
        }
        Err(Error::WrongLength {
            analysis: self.analysis.to_owned(),
            owner: self.name.to_owned(),
            field,
            found,
            expected,
        })
    }

    fn array(
        &self,
        field: &'static str,
        expected: usize,
        values: impl ExactSizeIterator<Item = Option<f64>>,
    ) -> Result<(), Error> {
        self.length(field, expected, values.len())?;
        for value in values {
            self.scalar(field, value)?;
        }
        Ok(())
    }
}
