//! Loops over long vectors, for the processor at hand.

/// A loop that [`vectorized`] runs. A trait and not a closure, because only what is inlined is compiled for the processor at
/// hand, and only methods can be marked so.
pub trait Loop {
    /// What it gives.
    type Output;

    /// Runs the loop; to be marked `#[inline(always)]`.
    fn run(self) -> Self::Output;
}

/// Runs a loop compiled for the widest vector instructions of this processor.
///
/// The compiler keeps the order of floating-point operations and fuses none, so the bits are the same on every processor:
/// loops that are to profit sum in several lanes of their own accord. Costs a few nanoseconds.
///
/// ```
/// use layerpath::linalg::{Loop, vectorized};
/// struct Double<'a>(&'a mut [f64]);
/// impl Loop for Double<'_> {
///     type Output = ();
///     #[inline(always)]
///     fn run(self) {
///         self.0.iter_mut().for_each(|x| *x *= 2.0);
///     }
/// }
/// let mut x = [1.0, 2.0];
/// vectorized(Double(&mut x));
/// assert_eq!(x, [2.0, 4.0]);
/// ```
pub fn vectorized<L: Loop>(work: L) -> L::Output {
    struct Adapter<L>(L);

    impl<L: Loop> pulp::NullaryFnOnce for Adapter<L> {
        type Output = L::Output;

        #[inline(always)]
        fn call(self) -> L::Output {
            self.0.run()
        }
    }

    pulp::Arch::new().dispatch(Adapter(work))
}
