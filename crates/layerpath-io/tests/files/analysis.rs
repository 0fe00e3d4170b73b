//! The analysis file and its tables.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::Path;

use layerpath::analysis::{
    Along, Analysis, EmbeddingRecord, Epoch, PathRecord, PointRecord, ProjectionRecord, SCHEMA, Stimuli,
    UndefinedRecord,
};
use layerpath_io::analysis::{analysis_to_json, layers_table, pairs_table, read_analysis, write_analysis};

use crate::support::{no_mutation_panics, put};

/// Three layers on a straight line of length 0.3, and a target 0.1 beyond; numbers chosen, not computed.
fn example() -> Analysis {
    let point = |name: &str, layer: &str, index| PointRecord {
        name: name.into(),
        layer: layer.into(),
        index,
        network: index.map(|_| "net".into()),
        ..PointRecord::default()
    };
    let path = PathRecord {
        name: "net@2".into(),
        along: Along::Layers,
        network: Some("net".into()),
        epoch: Some(Epoch::from(2)),
        seed: Some(7),
        network_accuracy: None,
        points: vec!["net@2/a".into(), "net@2/b, \"second\"".into(), "net@2/c".into()],
        target: Some("labels".into()),
        distances: vec![
            vec![0.0, 0.1, 0.3, 0.4],
            vec![0.1, 0.0, 0.2, 0.3],
            vec![0.3, 0.2, 0.0, 0.1],
            vec![0.4, 0.3, 0.1, 0.0],
        ],
        steps: vec![0.1, 0.2],
        length: 0.1 + 0.2,
        displacement: 0.3,
        straightness: Some(1.0),
        interior_angles: vec![Some(std::f64::consts::PI)],
        heading_angles: Some(vec![Some(0.0), None]),
        distance_to_start: vec![0.0, 0.1, 0.3],
        distance_to_target: Some(vec![0.4, 0.3, 0.1]),
        progress: Some(vec![0.1, 0.2]),
        efficiency: Some(vec![Some(1.0), Some(1.0)]),
        projection: Some(vec![Some(ProjectionRecord { t: 0.25, distance: 1e-17 }), None, None]),
        undefined: vec![UndefinedRecord { statistic: "heading_angles".into(), index: Some(1), reason: "r".into() }],
        baselines: None,
        intervals: None,
        convergence: None,
        decoding: None,
        stimulus_shares: None,
    };
    let bare = PathRecord {
        name: "bare".into(),
        points: vec!["net@2/a".into()],
        target: None,
        distances: vec![vec![0.0]],
        steps: vec![],
        interior_angles: vec![],
        heading_angles: None,
        distance_to_start: vec![0.0],
        distance_to_target: None,
        progress: None,
        efficiency: None,
        projection: None,
        undefined: vec![],
        baselines: None,
        intervals: None,
        convergence: None,
        decoding: None,
        stimulus_shares: None,
        ..path.clone()
    };
    Analysis {
        schema: SCHEMA.into(),
        program: "layerpath 0.1.0".into(),
        metric: "angular-cka[estimator=unbiased,kernel=linear]".into(),
        unit: "rad".into(),
        stimuli: Stimuli::row_numbers(24),
        points: vec![
            point("net@2/a", "a", Some(0)),
            point("net@2/b, \"second\"", "b, \"second\"", Some(1)),
            point("net@2/c", "c", Some(2)),
            point("labels", "labels", None),
        ],
        paths: vec![path, bare],
        embedding: Some(EmbeddingRecord {
            method: "classical-mds".into(),
            points: vec!["net@2/a".into(), "labels".into()],
            coordinates: vec![vec![0.0, 0.1], vec![0.2, 0.3]],
            stress: 0.05,
            ..EmbeddingRecord::default()
        }),
        notes: vec!["A note.".into()],
    }
}

#[test]
fn an_analysis_round_trips_exactly() {
    let folder = tempfile::tempdir().unwrap();
    let mut analysis = example();
    // Numbers whose shortest form is known to come back wrong from careless readers.
    analysis.paths[0].length = 0.1 + 0.2;
    analysis.paths[0].displacement = 1.234_567_890_123_456_7e-308;
    let results = folder.path().join("new/results");
    let files = write_analysis(&results, &analysis).unwrap();
    assert_eq!(read_analysis(&files.analysis).unwrap(), analysis);
    assert_eq!(read_analysis(&results).unwrap(), analysis);
    let text = std::fs::read_to_string(&files.analysis).unwrap();
    assert!(text.starts_with("{\n  \"schema\": \"layerpath.analysis/1\""), "{text}");
    assert!(text.contains("0.30000000000000004"), "{text}");
    assert_eq!(analysis_to_json(&analysis).unwrap(), text);
}

#[test]
fn tables_hold_one_row_a_layer_and_one_a_pair() {
    let folder = tempfile::tempdir().unwrap();
    let written = write_analysis(folder.path(), &example()).unwrap();
    assert_eq!(written.tables, ["layers", "pairs"]);
    let layers = std::fs::read_to_string(folder.path().join("layers.csv")).unwrap();
    let expected = "\
path,network,epoch,seed,layer,index,step,interior_angle,heading_angle,distance_to_start,distance_to_target,progress,\
efficiency,fraction_along,detour
net@2,net,2,7,a,0,0.1,,0,0,0.4,0.1,1,0.25,0.00000000000000001
net@2,net,2,7,\"b, \"\"second\"\"\",1,0.2,3.141592653589793,,0.1,0.3,0.2,1,,
net@2,net,2,7,c,2,,,,0.3,0.1,,,,
bare,net,2,7,a,0,,,,0,,,,,
";
    assert_eq!(layers, expected);
    let pairs = std::fs::read_to_string(folder.path().join("pairs.csv")).unwrap();
    let mut reader = csv::Reader::from_reader(pairs.as_bytes());
    assert_eq!(
        reader.headers().unwrap().iter().collect::<Vec<_>>().join(","),
        "model_x,layer_x,index_x,model_y,layer_y,index_y,metric,stimuli,value,low,high"
    );
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 6, "4 points make 6 pairs, a single point none");
    let metric = "angular-cka[estimator=unbiased,kernel=linear]";
    assert_eq!(
        rows[0].iter().collect::<Vec<_>>(),
        ["net@2", "a", "0", "net@2", "b, \"second\"", "1", metric, "24", "0.1", "", ""]
    );
    assert_eq!(
        rows[5].iter().collect::<Vec<_>>(),
        ["net@2", "c", "2", "net@2", "labels", "", metric, "24", "0.1", "", ""]
    );
}

/// The Parquet tables hold what the CSV tables hold, typed, and are the same bytes every time.
#[test]
fn parquet_tables_are_the_csv_tables() {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::Field;

    let folder = tempfile::tempdir().unwrap();
    let mut analysis = example();
    for point in &mut analysis.points {
        point.seed = point.seed.map(|_| u64::MAX);
    }
    let files = write_analysis(folder.path(), &analysis).unwrap();
    for name in files.tables {
        let [csv_file, parquet_file] = ["csv", "parquet"].map(|kind| folder.path().join(format!("{name}.{kind}")));
        let (csv_file, parquet_file) = (&csv_file, &parquet_file);
        let bytes = std::fs::read(parquet_file).unwrap();
        write_analysis(folder.path(), &analysis).unwrap();
        assert_eq!(std::fs::read(parquet_file).unwrap(), bytes);
        let mut table = csv::Reader::from_path(csv_file).unwrap();
        let reader = SerializedFileReader::new(std::fs::File::open(parquet_file).unwrap()).unwrap();
        let headers: Vec<String> = table.headers().unwrap().iter().map(str::to_owned).collect();
        let mut n_rows = 0;
        for (row, record) in reader.get_row_iter(None).unwrap().zip(table.records()) {
            let (row, record) = (row.unwrap(), record.unwrap());
            let cells: Vec<String> = row
                .get_column_iter()
                .map(|(_, field)| match field {
                    Field::Null => String::new(),
                    Field::Str(text) => text.clone(),
                    Field::ULong(value) => value.to_string(),
                    Field::Double(value) => value.to_string(),
                    other => panic!("{other:?} is no type of ours"),
                })
                .collect();
            let names: Vec<String> = row.get_column_iter().map(|(name, _)| name.clone()).collect();
            assert_eq!(names, headers);
            assert_eq!(cells, record.iter().collect::<Vec<_>>());
            n_rows += 1;
        }
        assert_eq!(n_rows, reader.metadata().file_metadata().num_rows());
        assert_eq!(n_rows + 1, i64::try_from(std::fs::read_to_string(csv_file).unwrap().lines().count()).unwrap());
    }
}

#[test]
fn numbers_that_are_not_finite_are_never_written() {
    let spoil: [fn(&mut Analysis); 4] = [
        |analysis| analysis.paths[0].length = f64::NAN,
        |analysis| analysis.paths[0].straightness = Some(f64::NAN),
        |analysis| analysis.paths[0].distances[1][2] = f64::INFINITY,
        |analysis| analysis.points[0].network_accuracy = Some(f64::NEG_INFINITY),
    ];
    let folder = tempfile::tempdir().unwrap();
    for spoil in spoil {
        let mut analysis = example();
        spoil(&mut analysis);
        let error = write_analysis(folder.path(), &analysis).unwrap_err();
        assert!(!error.is_user_error() && error.to_string().contains("not finite"), "{error}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}

#[test]
fn parts_that_contradict_each_other_are_named() {
    type Spoil = fn(&mut Analysis);
    let spoil: [(Spoil, &str); 14] = [
        (|analysis| analysis.points.push(analysis.points[0].clone()), "two points are called `net@2/a`"),
        (|analysis| analysis.paths[1].name = "net@2".into(), "two paths"),
        (|analysis| analysis.paths[0].points[1] = "gone".into(), "there is no point `gone`"),
        (|analysis| analysis.paths[0].target = Some("gone".into()), "there is no point `gone`"),
        (|analysis| analysis.paths[0].target = None, "`distances` has 4 values where 3"),
        (|analysis| analysis.paths[0].steps.truncate(1), "`steps` has 1 values where 2"),
        (|analysis| analysis.paths[0].distances[2].truncate(3), "row 2 of `distances`"),
        (|analysis| analysis.paths[0].interior_angles.push(None), "`interior_angles` has 2"),
        (|analysis| analysis.paths[0].projection = Some(vec![]), "`projection` has 0"),
        (|analysis| analysis.paths[1].progress = Some(vec![]), "`progress` is given without a target"),
        (|analysis| analysis.paths[1].points.clear(), "no points"),
        (|analysis| analysis.stimuli.count = 0, "no stimuli"),
        (|analysis| analysis.embedding.as_mut().unwrap().points[0] = "gone".into(), "embedding"),
        (|analysis| analysis.embedding.as_mut().unwrap().coordinates[0].truncate(1), "embedding"),
    ];
    let folder = tempfile::tempdir().unwrap();
    for (spoil, words) in spoil {
        let mut analysis = example();
        spoil(&mut analysis);
        let error = analysis_to_json(&analysis).unwrap_err();
        assert!(!error.is_user_error() && error.to_string().contains(words), "{error}");
        let text = serde_json::to_string(&analysis).unwrap();
        let error = read_analysis(&put(folder.path(), "analysis.json", text.as_bytes())).unwrap_err();
        assert!(error.is_user_error() && error.to_string().contains(words), "{error}");
    }
}

#[test]
fn other_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let text = analysis_to_json(&example()).unwrap();
    for (content, words) in [
        (text.replace("layerpath.analysis/1", "layerpath.analysis/2"), "schema `layerpath.analysis/2`"),
        (text.replace("\"steps\"", "\"stairs\""), "missing field `steps`"),
        (text.replace("0.30000000000000004", "1e999"), "out of range"),
        (text.replace("0.30000000000000004", "NaN"), ""),
        (text.replace("0.30000000000000004", "null"), "invalid type: null"),
        ("[]".into(), "no analysis file"),
        ("{\"schema\": 1}".into(), "no analysis file"),
        (format!("{{\"schema\": \"layerpath.analysis/1\", \"points\": {}", "[".repeat(100_000)), ""),
        (text.replace("\"A note.\"", &("[".repeat(100_000) + &"]".repeat(100_000))), ""),
        (String::new(), "no analysis file"),
        ("\u{feff}{}".into(), "no analysis file"),
    ] {
        let error = read_analysis(&put(folder.path(), "analysis.json", content.as_bytes())).unwrap_err();
        assert!(error.is_user_error() && error.to_string().contains(words), "`{words}`: {error}");
    }
    assert!(read_analysis(&put(folder.path(), "a.json", b"\xff\xfe")).unwrap_err().to_string().contains("UTF-8"));
    assert!(read_analysis(&folder.path().join("none.json")).unwrap_err().is_user_error());
    let path = put(folder.path(), "analysis.json", text.as_bytes());
    for part in 0..64 {
        std::fs::write(&path, &text[..text.len() * part / 64]).unwrap();
        assert!(read_analysis(&path).unwrap_err().is_user_error());
    }
    std::fs::write(&path, &text).unwrap();
    no_mutation_panics(&path, 3, 2000, read_analysis);
}

/// The example in docs/analysis-schema.md is a whole analysis, and its tables are the ones shown.
#[test]
fn the_documented_example_is_true() {
    let document = include_str!("../../../../docs/analysis-schema.md");
    let block = |start: &str| {
        let from = document.find(start).unwrap();
        let text = &document[from..];
        &text[..text.find("```").unwrap()]
    };
    let folder = tempfile::tempdir().unwrap();
    let path = put(folder.path(), "analysis.json", block("{\n  \"schema\"").as_bytes());
    let analysis = read_analysis(&path).unwrap();
    assert_eq!(layers_table(&analysis).unwrap(), block("path,network"));
    assert_eq!(pairs_table(&analysis).unwrap(), block("model_x,layer_x"));
}

/// Two programs that write into one folder: the files of one of them stay, never some of each.
#[test]
fn of_two_writers_one_stays() {
    let (ours, theirs) = (example(), Analysis { metric: "angular-rsa".into(), ..example() });
    let folder = tempfile::tempdir().unwrap();
    let files = |analysis: &Analysis| {
        let alone = tempfile::tempdir().unwrap();
        write_analysis(alone.path(), analysis).unwrap();
        everything(alone.path())
    };
    let alone = [files(&ours), files(&theirs)];
    for _ in 0..20 {
        std::thread::scope(|scope| {
            for analysis in [&ours, &theirs] {
                scope.spawn(|| write_analysis(folder.path(), analysis).unwrap());
            }
        });
        assert!(alone.contains(&everything(folder.path())));
    }
}

fn everything(folder: &Path) -> BTreeMap<OsString, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries.map(|entry| (entry.file_name(), fs::read(entry.path()).unwrap())).collect()
}
