//! Which paths a list of points contains.

use std::collections::BTreeMap;

use super::{Along, Epoch, PathDescription, PointRecord};

/// The unique name of a captured point, `network@epoch/layer`, of which the parts that are unknown are left out.
///
/// ```
/// use layerpath::analysis::{Epoch, point_name};
/// assert_eq!(point_name(Some("resnet8x8-seed0"), Some(Epoch::from(3)), "pool"), "resnet8x8-seed0@3/pool");
/// assert_eq!(point_name(None, None, "pool"), "pool");
/// ```
pub fn point_name(network: Option<&str>, epoch: Option<Epoch>, layer: &str) -> String {
    match path_name(network, epoch) {
        Some(path) => format!("{path}/{layer}"),
        None => layer.to_owned(),
    }
}

fn path_name(network: Option<&str>, epoch: Option<Epoch>) -> Option<String> {
    match (network, epoch) {
        (Some(network), Some(epoch)) => Some(format!("{network}@{epoch}")),
        (Some(network), None) => Some(network.to_owned()),
        (None, Some(epoch)) => Some(format!("@{epoch}")),
        (None, None) => None,
    }
}

/// Network, seed, and the epoch or the layer that all points of a path share.
type GroupKey<'a> = (Option<&'a str>, Option<u64>, Option<String>);

/// The paths in a list of points.
///
/// A record without an index is a target: of its network if it names one, else of all. Along layers there is one path
/// for each network and epoch, through its points by index; along epochs one for each network and layer, through its
/// points by epoch, and points whose epoch is unknown are left out. Paths come in the order in which their first points
/// stand in the list; those with a single point are left out, for they have no step.
///
/// ```
/// use layerpath::analysis::{Along, PointRecord, paths};
/// let record = |layer: &str, index| PointRecord { layer: layer.into(), index, ..PointRecord::default() };
/// let found = paths(&[record("labels", None), record("b", Some(1)), record("a", Some(0))], Along::Layers);
/// assert_eq!((&found[0].points[..], found[0].target), (&[2, 1][..], Some(0)));
/// ```
pub fn paths(records: &[PointRecord], along: Along) -> Vec<PathDescription> {
    let target_of = |network: &Option<String>| {
        let targets = || records.iter().enumerate().filter(|(_, record)| record.index.is_none());
        targets()
            .find(|(_, record)| record.network.is_some() && record.network == *network)
            .or_else(|| targets().find(|(_, record)| record.network.is_none()))
            .map(|(place, _)| place)
    };
    let mut groups: BTreeMap<GroupKey<'_>, Vec<usize>> = BTreeMap::new();
    for (place, record) in records.iter().enumerate().filter(|(_, record)| record.index.is_some()) {
        let group = match along {
            Along::Layers => record.epoch.map(|epoch| epoch.to_string()),
            Along::Epochs if record.epoch.is_none() => continue,
            Along::Epochs => Some(record.layer.clone()),
        };
        groups.entry((record.network.as_deref(), record.seed, group)).or_default().push(place);
    }
    let mut groups: Vec<Vec<usize>> = groups.into_values().filter(|places| places.len() > 1).collect();
    groups.sort_by_key(|places| places[0]);
    groups
        .into_iter()
        .map(|mut places| {
            match along {
                Along::Layers => places.sort_by_key(|&place| records[place].index),
                Along::Epochs => places.sort_by_key(|&place| records[place].epoch),
            }
            let first = &records[places[0]];
            let name = match along {
                Along::Layers => path_name(first.network.as_deref(), first.epoch).unwrap_or_else(|| "path".to_owned()),
                Along::Epochs => point_name(first.network.as_deref(), None, &first.layer),
            };
            PathDescription { name, along, points: places, target: target_of(&first.network) }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(network: &str, epoch: u32, layer: &str, index: usize) -> PointRecord {
        let epoch = Some(Epoch::from(epoch));
        PointRecord {
            name: point_name(Some(network), epoch, layer),
            layer: layer.to_owned(),
            index: Some(index),
            network: Some(network.to_owned()),
            epoch,
            ..PointRecord::default()
        }
    }

    #[test]
    fn networks_and_epochs_are_told_apart() {
        let mut records: Vec<PointRecord> = Vec::new();
        for network in ["wide", "deep"] {
            for epoch in [0, 2, 10] {
                records.extend([record(network, epoch, "input", 0), record(network, epoch, "pool", 1)]);
            }
        }
        records.push(PointRecord { name: "labels".into(), layer: "labels".into(), ..PointRecord::default() });
        let layers = paths(&records, Along::Layers);
        let names: Vec<&str> = layers.iter().map(|path| path.name.as_str()).collect();
        assert_eq!(names, ["wide@0", "wide@2", "wide@10", "deep@0", "deep@2", "deep@10"]);
        assert!(layers.iter().all(|path| path.target == Some(12)));
        assert_eq!(layers[2].points, [4, 5]);

        let epochs = paths(&records, Along::Epochs);
        assert_eq!(epochs[1].name, "wide/pool");
        assert_eq!(epochs[1].points, [1, 3, 5]);
        assert_eq!(epochs.len(), 4);
    }

    #[test]
    fn a_network_prefers_its_own_target() {
        let own = PointRecord { network: Some("net".into()), ..PointRecord::default() };
        let records = [PointRecord::default(), own, record("net", 0, "a", 0), record("net", 0, "b", 1)];
        assert_eq!(paths(&records, Along::Layers)[0].target, Some(1));
    }
}
