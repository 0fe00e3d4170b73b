//! W7: what making points adds to a network's forward pass.

use std::rc::Rc;

use layerpath::metric::{Metric, Point};
use layerpath::representation::Representation;
use layerpath_nn::{
    BatchNormInit, ImageSet, LayerSelection, Network, State, builtin, capture, evaluate, initial_weights, state_names,
};

use crate::harness::{Contender, Failure, Settings, Workload, largest_gap};

const ARCHITECTURE: &str = "resnet20x16";
const STIMULI: usize = 1000;
/// Images that one thread takes through a layer at a time, as in the program.
const CHUNK: usize = 50;

struct Subject {
    network: Network,
    images: ImageSet,
}

impl Subject {
    /// Hands the chosen states on and gives the logits, which are always among them.
    fn take(&self, layers: &str, mut take: impl FnMut(&State) -> Result<(), Failure>) -> Result<Vec<f64>, Failure> {
        let selection: LayerSelection = layers.parse()?;
        let mut logits = Vec::new();
        capture(&self.network, &self.images, &selection, CHUNK, |state| {
            take(&state)?;
            if state.name == "logits" {
                logits = state.values.iter().map(|&value| f64::from(value)).collect();
            }
            Ok::<(), Failure>(())
        })?;
        Ok(logits)
    }

    fn take_points(&self, layers: &str, metric: &Metric) -> Result<Vec<f64>, Failure> {
        self.take(layers, |state| {
            let x = Representation::new(&state.values[..], STIMULI, state.values.len() / STIMULI)?;
            // The program writes the point and lets it go.
            let point: Point = metric.embed(&x)?;
            std::hint::black_box(point);
            Ok(())
        })
    }
}

pub(super) fn prepare() -> Result<Workload, Failure> {
    let architecture = ARCHITECTURE.parse()?;
    let weights = initial_weights(architecture, 1, BatchNormInit::Ones)?;
    let network = Network::from_weights(architecture, &weights)?;
    let subject = Rc::new(Subject { network, images: builtin(1, 10, STIMULI).test });
    let gflop = |layers: &str| -> Result<(usize, f64), Failure> {
        let chosen = layers.parse::<LayerSelection>()?.resolve(architecture)?;
        let states = state_names(architecture).into_iter().filter(|state| chosen.contains(&state.name));
        let widths: Vec<usize> = states.map(|state| state.shape.iter().product()).collect();
        Ok((widths.len(), widths.iter().sum::<usize>() as f64 * (STIMULI * STIMULI) as f64 / 1e9))
    };
    let ((all, all_gflop), (blocks, blocks_gflop)) = (gflop("all")?, gflop("blocks")?);
    let metric = Metric::default();
    let forward = "forward pass, logits alone";
    let with = |name: &'static str, run: fn(&Subject, &Metric) -> Result<Vec<f64>, Failure>| {
        let subject = Rc::clone(&subject);
        Contender::ours(name, move || run(&subject, &metric)).against(forward)
    };
    let contenders = vec![
        with(forward, |subject, _| subject.take("logits", |_| Ok(()))),
        with("evaluation, images in chunks through all layers", |subject, _| {
            let evaluation = evaluate(&subject.network, &subject.images)?;
            std::hint::black_box(evaluation);
            Ok(Vec::new())
        }),
        with("capture of all states, handed over and dropped", |subject, _| subject.take("all", |_| Ok(()))),
        with("capture of all states, each made a point", |subject, metric| subject.take_points("all", metric)),
        with("capture of blocks, each made a point", |subject, metric| subject.take_points("blocks", metric)),
    ];
    let judge = Box::new(|ours: &[f64], theirs: &[f64]| match theirs.len() {
        0 => "–".to_owned(),
        count => format!("{count} logits, largest difference {:.1e}", largest_gap(ours, theirs)),
    });
    let afterwards = Box::new(move |_: &[Option<Vec<f64>>]| {
        Ok(vec![format!(
            "Gram matrices, symmetric halves: {all_gflop:.0} GFLOP for all {all} states, {blocks_gflop:.0} GFLOP for the \
             {blocks} of `blocks`"
        )])
    });
    let what = format!("capture of {ARCHITECTURE}, m = {STIMULI} built-in images, {}", Metric::default());
    let limit = Settings { runs: 3, peer_runs: 0 };
    Ok(Workload { limit, afterwards, ..Workload::new("W7", what, contenders, judge) })
}
