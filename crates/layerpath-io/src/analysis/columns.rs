//! A table of typed columns, as CSV and as Parquet.

use std::sync::Arc;

use csv::{Terminator, WriterBuilder};
use parquet::basic::{Compression, LogicalType, Repetition, Type as PhysicalType, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::Type;

use crate::error::{Error, Result};

/// What stands in `created_by` of a Parquet file: the same for every build, so that equal tables are equal bytes.
const CREATED_BY: &str = "layerpath";

/// Columns of equal length.
#[derive(Debug, Default)]
pub(super) struct Table {
    columns: Vec<(&'static str, Column)>,
}

/// Values of one type, some of which may not exist.
#[derive(Debug)]
enum Column {
    Text(Vec<Option<String>>),
    Integers(Vec<Option<u64>>),
    Numbers(Vec<Option<f64>>),
}

impl Column {
    fn len(&self) -> usize {
        match self {
            Self::Text(values) => values.len(),
            Self::Integers(values) => values.len(),
            Self::Numbers(values) => values.len(),
        }
    }

    /// The value in words, empty if there is none; numbers in the shortest form that reads back exactly.
    fn cell(&self, row: usize) -> String {
        match self {
            Self::Text(values) => values[row].clone().unwrap_or_default(),
            Self::Integers(values) => values[row].map_or_else(String::new, |value| value.to_string()),
            Self::Numbers(values) => values[row].map_or_else(String::new, |value| value.to_string()),
        }
    }
}

impl Table {
    pub(super) fn text(&mut self, name: &'static str, values: impl Iterator<Item = Option<String>>) {
        self.columns.push((name, Column::Text(values.collect())));
    }

    pub(super) fn numbers(&mut self, name: &'static str, values: impl Iterator<Item = Option<f64>>) {
        self.columns.push((name, Column::Numbers(values.collect())));
    }

    /// Whole numbers, unsigned 64 bits: seeds use them all.
    pub(super) fn integers(&mut self, name: &'static str, values: impl Iterator<Item = Option<u64>>) {
        self.columns.push((name, Column::Integers(values.collect())));
    }

    fn n_rows(&self) -> usize {
        self.columns.first().map_or(0, |(_, column)| column.len())
    }

    /// Comma-separated, one header row, lines ended by a line feed.
    pub(super) fn to_csv(&self) -> Result<String> {
        let refused = |error: csv::Error| Error::internal(error.to_string());
        let mut writer = WriterBuilder::new().terminator(Terminator::Any(b'\n')).from_writer(Vec::new());
        writer.write_record(self.columns.iter().map(|(name, _)| name)).map_err(refused)?;
        for row in 0..self.n_rows() {
            writer.write_record(self.columns.iter().map(|(_, column)| column.cell(row))).map_err(refused)?;
        }
        let bytes = writer.into_inner().map_err(|error| Error::internal(error.to_string()))?;
        String::from_utf8(bytes).map_err(|error| Error::internal(error.to_string()))
    }

    /// One row group, zstd, every column optional; the same bytes for the same table.
    pub(super) fn to_parquet(&self) -> Result<Vec<u8>> {
        self.write_parquet().map_err(|error| Error::internal(format!("a table that is no Parquet: {error}")))
    }

    fn write_parquet(&self) -> Result<Vec<u8>, ParquetError> {
        let fields = self.columns.iter().map(|(name, column)| {
            let (physical, logical) = match column {
                Column::Text(_) => (PhysicalType::BYTE_ARRAY, Some(LogicalType::String)),
                Column::Integers(_) => (PhysicalType::INT64, Some(LogicalType::integer(64, false))),
                Column::Numbers(_) => (PhysicalType::DOUBLE, None),
            };
            let field = Type::primitive_type_builder(name, physical).with_repetition(Repetition::OPTIONAL);
            field.with_logical_type(logical).build().map(Arc::new)
        });
        let fields = fields.collect::<Result<Vec<_>, _>>()?;
        let schema = Arc::new(Type::group_type_builder("table").with_fields(fields).build()?);
        let properties = WriterProperties::builder()
            .set_created_by(CREATED_BY.to_owned())
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_max_row_group_row_count(None)
            .build();
        let mut bytes = Vec::new();
        let mut writer = SerializedFileWriter::new(&mut bytes, schema, Arc::new(properties))?;
        let mut group = writer.next_row_group()?;
        for (_, column) in &self.columns {
            write_column(&mut group, column)?;
        }
        group.close()?;
        writer.close()?;
        Ok(bytes)
    }
}

fn write_column(group: &mut SerializedRowGroupWriter<'_, &mut Vec<u8>>, column: &Column) -> Result<(), ParquetError> {
    let Some(mut writer) = group.next_column()? else {
        return Err(ParquetError::General("more columns than the schema has".to_owned()));
    };
    match column {
        Column::Text(values) => {
            let present: Vec<ByteArray> = values.iter().flatten().map(|text| text.as_str().into()).collect();
            writer.typed::<ByteArrayType>().write_batch(&present, Some(&levels(values)), None)?;
        }
        Column::Integers(values) => {
            // Parquet keeps unsigned integers as the bits of signed ones.
            let present: Vec<i64> = values.iter().flatten().map(|value| value.cast_signed()).collect();
            writer.typed::<Int64Type>().write_batch(&present, Some(&levels(values)), None)?;
        }
        Column::Numbers(values) => {
            let present: Vec<f64> = values.iter().flatten().copied().collect();
            writer.typed::<DoubleType>().write_batch(&present, Some(&levels(values)), None)?;
        }
    }
    writer.close()
}

/// 1 where there is a value, 0 where there is none.
fn levels<T>(values: &[Option<T>]) -> Vec<i16> {
    values.iter().map(|value| i16::from(value.is_some())).collect()
}
