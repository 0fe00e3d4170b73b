//! Names in any script, and paths with blanks, through every command and the report.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::determinism::small_plan;
use crate::program::{layerpath, npy, scrambled};

/// Layers: Cyrillic, Chinese, Arabic (right to left), Devanagari with a virama, an emoji of two code points, combining
/// marks, and what HTML, CSV, shells and formats take for something else.
const LAYERS: [&str; 8] = [
    "1 слой первый",
    "2 第二层",
    "3 الطبقة الثالثة",
    "4 चौथी परत्",
    "5 🧑\u{200d}🔬",
    "6 é e\u{301} ﬁ",
    "7 <b onclick=alert(1)>&amp;\"'`",
    "8 a,b;%s{0}$HOME*?[x]#",
];

/// Runs, expects success, and gives standard output.
fn said(folder: &Path, arguments: &[&dyn AsRef<OsStr>]) -> String {
    let output = layerpath(folder).arg("-q").args(arguments.iter().map(AsRef::as_ref)).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    let shown: Vec<_> = arguments.iter().map(|one| one.as_ref().to_string_lossy()).collect();
    assert!(output.status.success(), "layerpath {shown:?}\n{stderr}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn any_name_through_every_command() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path().join("a folder with blanks").join("und Ümläute – 数据 <i>");
    let net = folder.join("die Schichten $(x) 'y'");
    fs::create_dir_all(&net).unwrap();
    for (i, name) in LAYERS.iter().enumerate() {
        fs::write(net.join(format!("{name}.npy")), npy(&[24, 6 + i], &scrambled(24 * (6 + i), i))).unwrap();
    }
    let layer = |place: usize| LAYERS[place];
    let names = |value: &Value, key: &str| -> Vec<String> {
        value.as_array().unwrap().iter().map(|one| one[key].as_str().unwrap_or_default().to_owned()).collect()
    };
    let json = |text: String| -> Value { serde_json::from_str(&text).unwrap() };

    let analysis =
        json(said(&folder, &[&"analyze", &net, &"--target", &layer(7), &"--out", &"der Weg", &"--format", &"json"]));
    assert_eq!(names(&analysis["points"], "layer"), LAYERS);
    assert_eq!(analysis["paths"][0]["target"], LAYERS[7]);
    let layers = fs::read_to_string(folder.join("der Weg/layers.csv")).unwrap();
    assert!(layers.contains(LAYERS[2]) && layers.contains("\"7 <b onclick=alert(1)>&amp;\"\"'`\""), "{layers}");

    let distances = json(said(&folder, &[&"distances", &net, &"--out", &"die Tafel.npy", &"--format", &"json"]));
    assert_eq!(distances["points"].as_array().unwrap().len(), 8);
    assert!(folder.join("die Tafel.npy").is_file());
    let [a, b, c] = [LAYERS[0], LAYERS[3], LAYERS[6]];
    let triangle = json(said(&folder, &[&"triangle", &net, &a, &b, &c, &"--format", &"json"]));
    assert!(triangle["sides"]["ab"].is_number());
    let embedding = json(said(&folder, &[&"embed", &net, &"--out", &"Bild –.json", &"--format", &"json"]));
    assert!(embedding.to_string().contains(LAYERS[4]));
    assert!(folder.join("Bild –.json").is_file());
    assert!(said(&folder, &[&"similarities", &net, &"--out", &"Ähnlich.npy"]).contains(LAYERS[1]));
    assert!(said(&folder, &[&"verify", &net]).contains("24"));

    // A run whose folder, and so whose network, has such a name.
    let run = "сеть 网络 <script>alert('x')</script>".replace('/', "∕");
    let train = ["train", "--model", "resnet8x1", "--data", "builtin", "--training-images", "20", "--epochs", "1"];
    let mut arguments: Vec<&dyn AsRef<OsStr>> = train.iter().map(|one| one as &dyn AsRef<OsStr>).collect();
    arguments.extend([&"--checkpoints" as &dyn AsRef<OsStr>, &"all", &"--out", &run]);
    said(&folder, &arguments);
    let capture =
        ["--data", "builtin", "--stimuli", "24", "--layers", "blocks", "--epochs", "all", "--out", "точки.zarr"];
    let mut arguments: Vec<&dyn AsRef<OsStr>> = vec![&"capture", &run];
    arguments.extend(capture.iter().map(|one| one as &dyn AsRef<OsStr>));
    said(&folder, &arguments);
    let analysis = json(said(&folder, &[&"analyze", &"точки.zarr", &"--out", &"путь", &"--format", &"json"]));
    assert_eq!(names(&analysis["paths"], "network"), [run.clone(), run.clone()]);
    assert_eq!(analysis["paths"][1]["name"], format!("{run}@1"));
    let compared = json(said(&folder, &[&"compare", &"точки.zarr", &"--format", &"json"]));
    assert_eq!(compared["pairs"].as_array().unwrap().len(), 1);

    // The page shows the names and runs none of them.
    said(
        &folder,
        &[
            &"report",
            &"der Weg",
            &"путь",
            &"--title",
            &"Отчёт <script>alert('title')</script>",
            &"--out",
            &"die Seite –.html",
            &"--figures",
            &"Bilder 图",
        ],
    );
    let page = fs::read_to_string(folder.join("die Seite –.html")).unwrap();
    // Characters without a width, such as the joiner between two emoji, are shown as such: they could hide text.
    for name in [LAYERS[0], LAYERS[1], LAYERS[2], LAYERS[3], "5 🧑\u{fffd}🔬", LAYERS[5], "сеть 网络", "Отчёт"]
    {
        assert!(page.contains(name), "{name} is not on the page");
    }
    for markup in ["<b onclick", "<script>alert", "alert('x')</script>"] {
        assert!(!page.contains(markup), "{markup} is on the page");
    }
    assert!(page.contains("&lt;b onclick=alert(1)&gt;&amp;amp;"), "shown as it is called");
    let figures: Vec<_> = fs::read_dir(folder.join("Bilder 图")).unwrap().map(|one| one.unwrap().path()).collect();
    assert!(figures.len() > 2);
    for figure in figures.iter().filter(|path| path.extension().is_some_and(|ending| ending == "svg")) {
        let text = fs::read_to_string(figure).unwrap();
        assert!(!text.contains("<b onclick") && !text.contains("<script"), "{}", figure.display());
    }

    fs::write(folder.join("der Plan.json"), small_plan().to_string()).unwrap();
    let study = ["reproduce", "straightness", "--data", "builtin", "--plan", "der Plan.json", "--out", "Studie – 研究"];
    let arguments: Vec<&dyn AsRef<OsStr>> = study.iter().map(|one| one as &dyn AsRef<OsStr>).collect();
    assert!(said(&folder, &arguments).contains("Studie – 研究/report/report.html"));
    assert!(folder.join("Studie – 研究/report/report.html").is_file());
}

/// A name with line breaks stays in its row of every table, and is whole where programs read it.
#[cfg(unix)]
#[test]
fn a_name_makes_no_rows_of_its_own() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    let net = folder.join("net");
    fs::create_dir(&net).unwrap();
    let faked = "1 a\n1 b         0.0000\r\tc";
    let layers = ["0 first", faked, "2 last"];
    for (i, name) in layers.iter().enumerate() {
        fs::write(net.join(format!("{name}.npy")), npy(&[24, 6 + i], &scrambled(24 * (6 + i), i))).unwrap();
    }
    let inputs: [&dyn AsRef<OsStr>; 1] = [&net];
    for command in ["distances", "similarities", "embed", "analyze", "verify"] {
        let text = said(folder, &[&[&command as &dyn AsRef<OsStr>], &inputs[..]].concat());
        assert!(text.contains("1 a␊1 b         0.0000␍␉c "), "{command}: {text}");
        assert!(!text.contains("\n1 b") && !text.contains('\t'), "{command}: {text}");
    }
    let text = said(folder, &[&"triangle", &net, &layers[0], &layers[1], &layers[2]]);
    assert!(text.contains("B = 1 a␊1 b"), "{text}");
    let distances: Value = serde_json::from_str(&said(folder, &[&"distances", &net, &"--format", &"json"])).unwrap();
    assert_eq!(distances["points"][1], faked);
}
