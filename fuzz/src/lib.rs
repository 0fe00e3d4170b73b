//! What the targets share: files in a folder that lies in memory where the system has one, and what must be true of
//! everything that a reader accepts.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use layerpath_io::NamedArray;
use layerpath_io::activations::{ActivationSource, for_each_batch};
use tempfile::TempDir;

/// One folder for each process; the fuzzer runs one input at a time.
static FOLDER: LazyLock<TempDir> = LazyLock::new(|| {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() }.expect("a temporary folder")
});

/// The folder of [`file`].
pub fn folder() -> &'static Path {
    FOLDER.path()
}

/// The file `name` with these bytes, beside what was put there before.
pub fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder().join(name);
    // The file is cut and filled again, which is faster than a new one.
    let mut file = match fs::File::create(&path) {
        Ok(file) => file,
        Err(_) => {
            fs::create_dir_all(path.parent().expect("a file in a folder")).expect("a folder");
            fs::File::create(&path).expect("a file")
        }
    };
    file.write_all(bytes).expect("a written file");
    path
}

/// A folder of CIFAR-10 in its binary version, with this many images to train on and to test on.
pub fn images(train: usize, test: usize) -> PathBuf {
    let records = |count: usize| -> Vec<u8> {
        (0..count)
            .flat_map(|image| (0..3073).map(move |i| if i == 0 { image % 10 } else { i * (image + 1) % 251 } as u8))
            .collect()
    };
    file("images/data_batch_1.bin", &records(train));
    file("images/test_batch.bin", &records(test));
    folder().join("images")
}

/// The first part of an input and the rest: two bytes say how long it is.
pub fn split(input: &[u8]) -> (&[u8], &[u8]) {
    let Some((&[low, high], rest)) = input.split_first_chunk::<2>() else { return (&[], input) };
    rest.split_at(usize::from(u16::from_le_bytes([low, high])).min(rest.len()))
}

/// Reads activations in every way that the program does: headers, whole arrays, batches of rows. All of them agree about
/// shapes and numbers.
pub fn read_activations(path: &Path) {
    let Ok(source) = ActivationSource::open(path) else { return };
    let (count, shapes) =
        (source.stimuli.count, source.arrays.iter().map(|array| array.shape.clone()).collect::<Vec<_>>());
    assert!(shapes.iter().all(|shape| shape.first() == Some(&count)), "{shapes:?} of {count} stimuli");
    assert!(source.stimuli.ids.is_empty() || source.stimuli.ids.len() == count, "names of stimuli");
    let mut batches: Vec<Vec<NamedArray>> = Vec::new();
    let by_rows = for_each_batch::<layerpath_io::Error>(&source.arrays, 3, |start, arrays| {
        assert!(arrays.iter().all(|array| array.n_rows() == (count - start).min(3)), "rows of a batch");
        batches.push(arrays);
        Ok(())
    });
    let Ok(set) = source.read() else { return };
    for (place, (array, shape)) in set.arrays.iter().zip(&shapes).enumerate() {
        assert_eq!(array.shape, *shape, "the shape that was announced");
        assert_eq!(array.elements.len(), shape.iter().product::<usize>(), "as many numbers as the shape says");
        if by_rows.is_ok() {
            let pieces: Vec<u64> =
                batches.iter().flat_map(|arrays| arrays[place].elements.to_f64()).map(f64::to_bits).collect();
            let whole: Vec<u64> = array.elements.to_f64().into_iter().map(f64::to_bits).collect();
            assert!(pieces == whole, "the same numbers by rows and as a whole");
        }
    }
}

/// Elements that our pages and figures are made of.
const ELEMENTS: [&str; 71] = [
    "a",
    "article",
    "b",
    "body",
    "br",
    "button",
    "caption",
    "circle",
    "clippath",
    "code",
    "dd",
    "defs",
    "desc",
    "details",
    "div",
    "dl",
    "doctype",
    "dt",
    "em",
    "fieldset",
    "figcaption",
    "figure",
    "g",
    "h1",
    "h2",
    "h3",
    "h4",
    "head",
    "header",
    "html",
    "image",
    "input",
    "label",
    "legend",
    "li",
    "line",
    "lineargradient",
    "link",
    "main",
    "meta",
    "nav",
    "noscript",
    "ol",
    "option",
    "output",
    "p",
    "path",
    "polyline",
    "rect",
    "script",
    "section",
    "select",
    "span",
    "stop",
    "strong",
    "style",
    "sub",
    "summary",
    "sup",
    "svg",
    "table",
    "tbody",
    "td",
    "text",
    "th",
    "thead",
    "title",
    "tr",
    "tspan",
    "ul",
    "xml",
];

/// Whether a browser would build of `page` only what our templates hold: elements that they have, no attribute that runs
/// code, no address but places in the page and data.
pub fn assert_inert(page: &str) {
    let mut rest = page;
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !"/!?".contains(c)).unwrap_or(rest.len());
        let name = rest[..end].trim_start_matches(['/', '!', '?']).to_ascii_lowercase();
        assert!(ELEMENTS.contains(&name.as_str()), "an element <{name}> at {:.80}", rest);
        rest = attributes(&rest[end..]);
        if rest_is_raw(&name) {
            let close = rest.find(&format!("</{name}")).expect("an element that ends");
            rest = &rest[close..];
            // The closing tag itself comes next.
            rest = &rest[1 + rest[1..].find('>').expect("a tag that ends")..];
        }
    }
}

/// Whether the content of an element is no markup.
fn rest_is_raw(name: &str) -> bool {
    ["script", "style"].contains(&name)
}

/// Reads attributes up to the end of a tag, and returns what follows.
fn attributes(tag: &str) -> &str {
    let mut rest = tag;
    loop {
        rest = rest.trim_start();
        match rest.chars().next() {
            None => panic!("a tag that does not end"),
            Some('>') => return &rest[1..],
            Some('/' | '?') => rest = &rest[1..],
            Some(_) => {
                let end = rest.find(['=', ' ', '\n', '>', '/']).expect("an attribute that ends");
                let name = rest[..end].to_ascii_lowercase();
                rest = &rest[end..];
                assert!(!name.starts_with("on"), "an attribute {name}");
                let plain = |c: char| c.is_ascii_alphanumeric() || ":-".contains(c);
                assert!(!name.is_empty() && name.chars().all(plain), "an attribute {name:?}");
                if let Some(value) = rest.strip_prefix('=') {
                    let quote = value.chars().next().filter(|quote| "\"'".contains(*quote)).expect("a quoted value");
                    let (value, after) = value[1..].split_once(quote).expect("a value that ends");
                    let address =
                        ["href", "xlink:href", "src", "action", "formaction", "data"].contains(&name.as_str());
                    let inside = value.starts_with('#') || value.starts_with("data:");
                    assert!(!address || inside, "an address {value}");
                    rest = after;
                }
            }
        }
    }
}
