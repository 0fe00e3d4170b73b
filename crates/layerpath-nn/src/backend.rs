//! Where networks are trained.

use crate::error::{Error, Result};
use burn::tensor::Device;

/// What carries out the steps of training. Evaluation and capture always run on the processor.
///
/// ```
/// use layerpath_nn::Backend;
/// assert!(Backend::Cpu.check().is_ok());
/// // Without the cargo feature `gpu`, or without a graphics processor, the message says what to do.
/// if let Err(error) = Backend::Gpu.check() {
///     assert!(error.to_string().contains("train_torch.py"));
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Backend {
    /// The processor, on all threads; the same bits for any number of them.
    #[default]
    Cpu,
    /// The graphics processor that Vulkan offers first, in programs built with the cargo feature `gpu`. Sums are made in an
    /// order of the device's own, so a network is another replica of the one trained on the processor.
    Gpu,
}

const INSTEAD: &str = "train on the processor, or with examples/train_torch.py, whose runs are studied here as well";

impl Backend {
    /// Whether this program can train there, on this machine.
    ///
    /// # Errors
    /// [`Error::Backend`] where it was built without, or where there is no graphics processor.
    pub fn check(self) -> Result<()> {
        match self {
            Self::Cpu => Ok(()),
            Self::Gpu => graphics_processor(),
        }
    }

    /// The framework's word for it. Only after [`check`](Self::check), for the framework panics where nothing is there.
    pub(crate) fn device(self) -> Device {
        match self {
            Self::Cpu => Device::flex(),
            #[cfg(feature = "gpu")]
            Self::Gpu => Device::vulkan(burn::tensor::DeviceKind::DefaultDevice),
            #[cfg(not(feature = "gpu"))]
            Self::Gpu => Device::flex(),
        }
    }
}

#[cfg(not(feature = "gpu"))]
fn graphics_processor() -> Result<()> {
    let reason =
        format!("this program was built without it; build with `cargo build --release --features gpu`, {INSTEAD}");
    Err(Error::Backend { reason })
}

/// Asks Vulkan. Software that plays a graphics processor does not count: it is slower than the processor's own backend, and the
/// framework does not run on all of it.
#[cfg(feature = "gpu")]
fn graphics_processor() -> Result<()> {
    use std::task::{Context, Poll, Waker};
    use wgpu::{Backends, DeviceType, Instance, InstanceDescriptor};

    let instance = Instance::new(InstanceDescriptor {
        backends: Backends::VULKAN,
        ..InstanceDescriptor::new_without_display_handle()
    });
    // Outside browsers the answer is there at once.
    let asked = std::pin::pin!(instance.enumerate_adapters(Backends::VULKAN));
    let Poll::Ready(adapters) = asked.poll(&mut Context::from_waker(Waker::noop())) else {
        return Err(Error::Framework { task: "list graphics processors", reason: "it does not answer".to_owned() });
    };
    let found: Vec<_> = adapters.iter().map(wgpu::Adapter::get_info).collect();
    if found.iter().any(|adapter| adapter.device_type != DeviceType::Cpu) {
        return Ok(());
    }
    let names: Vec<_> = found.into_iter().map(|adapter| adapter.name).collect();
    let there = if names.is_empty() { "nothing".to_owned() } else { format!("only software ({})", names.join(", ")) };
    Err(Error::Backend { reason: format!("Vulkan offers {there} on this machine; install the driver, {INSTEAD}") })
}
