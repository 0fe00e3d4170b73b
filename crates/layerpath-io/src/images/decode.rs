//! JPEG and PNG bytes to colour planes.

use std::io::Cursor;

use image::{ImageFormat, ImageReader, Limits};

use super::IMAGE_LENGTH;

/// Width and height of every image.
const EXTENT: u32 = 32;

/// Decodes a 32×32 picture to planes, or says what is wrong with it.
///
/// Width and height are compared before any pixel is decoded, so a picture that claims to be huge costs nothing.
pub(super) fn decode(bytes: &[u8]) -> Result<[u8; IMAGE_LENGTH], String> {
    let format = image::guess_format(bytes).map_err(|_| "the bytes are neither JPEG nor PNG")?;
    if !matches!(format, ImageFormat::Jpeg | ImageFormat::Png) {
        return Err(format!("a picture of format {format:?} where JPEG or PNG is expected"));
    }
    let damaged = |error: image::ImageError| format!("the picture is damaged ({error})");
    let (width, height) = reader(bytes, format).into_dimensions().map_err(damaged)?;
    if (width, height) != (EXTENT, EXTENT) {
        return Err(format!("a picture of {width}×{height} pixels where 32×32 are expected"));
    }
    let interleaved = reader(bytes, format).decode().map_err(damaged)?.into_rgb8().into_raw();
    let mut planes = [0; IMAGE_LENGTH];
    let n_pixels = IMAGE_LENGTH / 3;
    if interleaved.len() != IMAGE_LENGTH {
        return Err(format!("a picture of {} bytes where {IMAGE_LENGTH} are expected", interleaved.len()));
    }
    for (pixel, colours) in interleaved.as_chunks::<3>().0.iter().enumerate() {
        for (plane, &value) in colours.iter().enumerate() {
            planes[plane * n_pixels + pixel] = value;
        }
    }
    Ok(planes)
}

fn reader(bytes: &[u8], format: ImageFormat) -> ImageReader<Cursor<&[u8]>> {
    let mut limits = Limits::default();
    limits.max_alloc = Some(1 << 24);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    reader
}
