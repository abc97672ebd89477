//! Apache that takes uploads from who shows a certificate. TLS, certificates and the upload are real;
//! what the page makes of a file is ours, after what is publicly described of HR-BA-XML.

use super::{Lab, PAGE, Peer, Peers, unique};

struct Board {
    peers: Peers,
    lab: Lab,
    reference: String,
}

const FILE: &str = r#"
kind = "board"
template = "upload"
[values]
supplier = "V000517500"
[board]
base = "BASE"
client_certificate = { file = "CERTIFICATE" }
ca = "CA"
format = "xml"
[board.create]
method = "POST"
url = "{base}/in/upload.php"
ok = { status = [200], body_not = "<title>Fehler" }
id = { template = "10001-{reference}-S" }
link = { template = "https://board.example/jobdetail/{id}" }
repeat = "replaces"
[board.create.body.upload]
field = "upload"
file_name = "DS{values.supplier}_{at:%Y-%m-%d_%H-%M-%S}.xml"
content_type = "text/xml"
[board.poll]
method = "GET"
url = "{base}/"
file = '^DS(.*)\.xml$'
result = { regex = 'href="(/get\.php\?f=ES[PV]{file}\.xml)"' }
ok = { body = 'count="0"' }
error = { regex = '<Error>(.*?)</Error>' }
[board.withdraw]
method = "POST"
url = "{base}/in/upload.php"
ok = { status = [200], body_not = "<title>Fehler" }
[board.withdraw.body.upload]
field = "upload"
file_name = "DS{values.supplier}_{at:%Y-%m-%d_%H-%M-%S}.xml"
content = "<HRBAXMLJobPositionPosting><Data><DeleteEntry><EntryId>{id}</EntryId></DeleteEntry></Data></HRBAXMLJobPositionPosting>"
"#;

const TEMPLATE: &str = "<HRBAXMLJobPositionPosting><Data><JobPositionPosting>\
    <JobPositionPostingId>10001-{{ id }}-S</JobPositionPostingId><JobPositionInformation>\
    <JobPositionTitleDescription>{{ required(\"title\") }}</JobPositionTitleDescription>\
    <Objective>{{ text }}</Objective></JobPositionInformation></JobPositionPosting></Data>\
    </HRBAXMLJobPositionPosting>";

impl Board {
    async fn of_a_lab(certificate: &str, change: impl Fn(String) -> String) -> Option<Self> {
        let peers = Peers::need(&[Peer::Upload]).await?;
        let file = FILE
            .replace("BASE", &peers.says("UPLOAD"))
            .replace("CERTIFICATE", &format!("{}/{certificate}.pem", peers.says("UPLOAD_FOLDER")))
            .replace("CA", &peers.says("CA"));
        let lab = Lab::with_file(&peers, "agency", &change(file));
        lab.site.write("templates/upload/document.xml.j2", TEMPLATE);
        let reference = unique("tides");
        lab.site.replace(PAGE, "id: tides", &format!("id: {reference}"));
        Some(Self { peers, lab, reference })
    }

    /// The files that the board took and that speak of our ad.
    fn taken(&self) -> Vec<String> {
        let folder = format!("{}/taken", self.peers.says("UPLOAD_FOLDER"));
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("DS"))
            .filter_map(|path| std::fs::read_to_string(path).ok())
            .filter(|text| text.contains(&format!("10001-{}-S", self.reference)))
            .collect();
        files.sort();
        files
    }
}

#[tokio::test]
async fn an_upload_is_live_once_its_result_says_so_and_taken_back_by_another() {
    let Some(mut board) = Board::of_a_lab("client", |file| file).await else { return };
    let post = board.lab.post();
    assert_eq!(post.code, 0, "{post:?}");
    board.lab.settle_down();
    assert_eq!(board.lab.standing(), "live");
    assert_eq!(board.taken().len(), 1);
    let link = board.lab.link("announce");
    assert_eq!(link, format!("https://board.example/jobdetail/10001-{}-S", board.reference));
    board.lab.site.replace(PAGE, "job:\n", "job:\n  closed: true\n");
    board.lab.settle_down();
    let taken = board.taken();
    assert!(taken.len() == 2 && taken[0].contains("<DeleteEntry>"), "{taken:?}");
    assert_eq!(board.lab.standing(), "withdrawn");
}

#[tokio::test]
async fn what_the_result_refuses_is_refused_with_its_words() {
    let Some(mut board) = Board::of_a_lab("client", |file| file).await else { return };
    let long = "PhD position in forecasting the tides of all the harbours on the northern coast";
    board.lab.site.replace(PAGE, super::SUBJECT_WORDS, long);
    board.lab.post();
    board.lab.settle_down();
    assert_eq!(board.lab.standing(), "refused");
    let row = board.lab.row("announce");
    assert!(row.to_string().contains("longer than 60"), "{row:#}");
}

#[tokio::test]
async fn a_page_that_says_error_with_200_is_no_success() {
    let wrong_name =
        |file: String| file.replace("\"DS{values.supplier}_", "\"XX{values.supplier}_");
    let Some(board) = Board::of_a_lab("client", wrong_name).await else { return };
    let post = board.lab.post();
    assert_eq!(post.code, 1, "{post:?}");
    assert_eq!(board.lab.standing(), "refused");
    assert!(board.lab.row("announce").to_string().contains("The name is not valid"));
    assert!(board.taken().is_empty());
}

#[tokio::test]
async fn without_a_certificate_that_is_taken_nothing_is_uploaded_and_the_channel_stops() {
    let nobody = |file: String| {
        let lines = file.lines().filter(|line| !line.starts_with("client_certificate"));
        lines.collect::<Vec<_>>().join("\n")
    };
    for (certificate, without) in [("stranger", false), ("client", true)] {
        let change = |file: String| if without { nobody(file) } else { file };
        let Some(board) = Board::of_a_lab(certificate, change).await else { return };
        board.lab.post();
        assert_eq!(board.lab.standing(), "planned", "{certificate}");
        let paused = board.lab.handbill(&["log"]);
        assert!(paused.out.contains("certificate"), "{paused:?}");
        assert!(board.taken().is_empty());
    }
}
