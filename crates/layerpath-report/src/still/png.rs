//! From SVG to PNG.

use std::sync::Arc;

use resvg::tiny_skia::{Color, Pixmap, Transform};
use resvg::usvg::{FontResolver, ImageHrefResolver, Options, Tree, fontdb};

use super::text::FONT;
use crate::Error;

/// Pixels of the PNG for each pixel of the SVG, along each side.
const SCALE: f32 = 2.0;
/// Pictures of more pixels than this are refused rather than computed.
const MOST_PIXELS: u64 = 1 << 28;

/// The PNG of a document of [`svg`](super::svg), twice as many pixels along each side.
///
/// All text is in the font that the program carries, so that the bytes do not depend on the fonts of the machine.
/// Characters that it lacks (it has Latin, Greek and Cyrillic, no Chinese and no emoji) show as boxes.
///
/// # Errors
/// [`Error::Raster`] if `svg` is no SVG or too large.
pub(crate) fn png(svg: &str) -> Result<Vec<u8>, Error> {
    let tree = tree(svg)?;
    let too_large = || Error::Raster { reason: "it has too many pixels".to_owned() };
    let size = tree.size().to_int_size().scale_by(SCALE);
    let size = size.filter(|size| u64::from(size.width()) * u64::from(size.height()) <= MOST_PIXELS);
    let size = size.ok_or_else(too_large)?;
    let mut pixels = Pixmap::new(size.width(), size.height()).ok_or_else(too_large)?;
    pixels.fill(Color::WHITE);
    resvg::render(&tree, Transform::from_scale(SCALE, SCALE), &mut pixels.as_mut());
    pixels.encode_png().map_err(|error| Error::Raster { reason: error.to_string() })
}

/// The document with all text laid out in the font that the program carries.
pub(super) fn tree(svg: &str) -> Result<Tree, Error> {
    let mut fonts = fontdb::Database::new();
    fonts.load_font_source(fontdb::Source::Binary(Arc::new(FONT)));
    let options = Options {
        fontdb: Arc::new(fonts),
        font_resolver: FontResolver {
            select_font: Box::new(|_, fonts| fonts.faces().next().map(|face| face.id)),
            select_fallback: Box::new(|_, _, _| None),
        },
        // Figures hold no images, and none is looked for.
        image_href_resolver: ImageHrefResolver {
            resolve_data: Box::new(|_, _, _| None),
            resolve_string: Box::new(|_, _| None),
        },
        ..Options::default()
    };
    Tree::from_str(svg, &options).map_err(|error| Error::Raster { reason: error.to_string() })
}
