//! Dense linear algebra: the only place that names the linear-algebra library.
//!
//! Matrices are row-major slices. Every function gives the same bits for any number of threads: work is cut into tiles
//! of a fixed size, each computed by one thread in a fixed order.

mod cholesky;
mod decompositions;
mod dense;
mod eigen;
mod kernel;
mod overlap;
mod peak;
mod product;
mod scratch;
mod squares;
mod triangle;
mod vector;
mod vectorized;

pub use cholesky::cholesky;
pub use decompositions::{ThinSvd, singular_values, thin_svd};
pub use dense::{
    Svd, product, product_transposed, singular_values_and_vectors, symmetric_function, transposed_product,
};
pub use eigen::{SymmetricEigen, symmetric_eigen, symmetric_eigenvalues};
pub use overlap::{column_products, nuclear_norm};
pub use peak::{square_product_f32, square_product_f64};
pub use product::{
    Element, Panels, STRIPS, add_lower_product, add_lower_product_of, add_product_transposed, roundoff_of_products,
};
pub(crate) use scratch::Scratch;
pub use triangle::StackedTriangle;
pub use vector::{angle_between_unit_vectors, dot, norm, norms_of_difference_and_sum};
pub use vectorized::{Loop, vectorized};
