//! Loops over long vectors, for the processor at hand.

/// Runs `work` compiled for the widest vector instructions of this processor.
///
/// The compiler keeps the order of floating-point operations and fuses none, so the bits are the same on every processor:
/// loops that are to profit sum in several lanes of their own accord. Costs a few nanoseconds.
///
/// ```
/// let doubled = layerpath::linalg::vectorized(|| [1.0, 2.0, 3.0].map(|x: f64| 2.0 * x));
/// assert_eq!(doubled, [2.0, 4.0, 6.0]);
/// ```
#[inline(always)]
#[expect(clippy::inline_always, reason = "only what is inlined is compiled for the processor at hand")]
pub fn vectorized<R>(work: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(work)
}
