//! The documents whose numbers are tests: their Rust blocks run as documentation tests of this crate.

macro_rules! documents {
    ($($name:ident: $file:literal),* $(,)?) => {
        $(#[doc = include_str!(concat!("../../../docs/", $file))]
        pub struct $name;)*
    };
}

documents! {
    Geometry: "geometry.md",
    Which: "metrics/README.md",
    AngularCka: "metrics/angular-cka.md",
    Shape: "metrics/shape.md",
    Grassmann: "metrics/grassmann.md",
    PositiveDefinite: "metrics/spd.md",
    Dissimilarities: "metrics/rdm.md",
    Similarities: "metrics/similarities.md",
}
