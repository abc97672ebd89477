//! Apache that takes uploads from who shows a certificate. TLS, certificates and the upload are real;
//! what the page makes of a file is ours, after what is publicly described of HR-BA-XML.

use std::process::Command;

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
supplier = "SUPPLIER"
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
link = { template = "READERS/job.php?id={id}" }
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
[board.update]
method = "POST"
url = "{base}/in/upload.php"
ok = { status = [200], body_not = "<title>Fehler" }
[board.update.body.upload]
field = "upload"
file_name = "DS{values.supplier}_{at:%Y-%m-%d_%H-%M-%S}.xml"
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

/// The shipped preset, with the numbers that the agency hands out.
const SHIPPED: &str = r#"
preset = "boards/hr-ba-xml"
[values]
supplier_id = "SUPPLIER"
supplier_name = "Tidal Lab"
alliance_id = "10001"
hiring_org_id = "A000000000"
title_code = "B 84304-101"
region = "05"
postal_code = "26789"
street = "Deichweg 1"
[board]
base = "BASE"
client_certificate = { file = "CERTIFICATE" }
ca = "CA"
[board.create]
link = { template = "READERS/job.php?id={id}" }
"#;

impl Board {
    async fn of_a_lab(certificate: &str, change: impl Fn(String) -> String) -> Option<Self> {
        Self::described(FILE, certificate, change).await
    }

    async fn described(
        file: &str,
        certificate: &str,
        change: impl Fn(String) -> String,
    ) -> Option<Self> {
        let peers = Peers::need(&[Peer::Upload]).await?;
        // A file is named after who sends it and the second: each test sends as somebody else.
        let supplier = uuid::Uuid::new_v4().as_u128() % 1_000_000_000;
        let file = file
            .replace("BASE", &peers.says("UPLOAD"))
            .replace("CERTIFICATE", &format!("{}/{certificate}.pem", peers.says("UPLOAD_FOLDER")))
            .replace("CA", &peers.says("CA"))
            .replace("READERS", &peers.says("UPLOAD_READERS"))
            .replace("SUPPLIER", &format!("V{supplier:09}"));
        let lab = Lab::with_file(&peers, "agency", &change(file));
        lab.site.write("templates/upload/document.xml.j2", TEMPLATE);
        let reference = unique("tides");
        lab.site.replace(PAGE, "id: tides", &format!("id: {reference}"));
        Some(Self { peers, lab, reference })
    }

    /// The files that the board took and that speak of our ad, the first one first.
    fn taken(&self) -> Vec<String> {
        let folder = format!("{}/taken", self.peers.says("UPLOAD_FOLDER"));
        let names = std::fs::read_to_string(format!("{folder}/uploads")).unwrap_or_default();
        names
            .lines()
            .filter_map(|name| std::fs::read_to_string(format!("{folder}/{name}")).ok())
            .filter(|text| text.contains(&format!("10001-{}-S", self.reference)))
            .collect()
    }

    /// The server dies of the next upload of our ad: after it took it (`lose`), or before (`drop`).
    fn dies_once(&self, when: &str) {
        let folder = format!("{}/taken", self.peers.says("UPLOAD_FOLDER"));
        let marker = format!("{folder}/{when}-{}", self.reference);
        std::fs::write(marker, "").unwrap();
    }

    /// What a reader gets who follows the link of the log.
    async fn page(&self) -> (u16, String) {
        let answer = self.peers.client().get(self.lab.link("announce")).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// The board looks at its uploads when somebody asks for results, the second time.
    fn works(&self) {
        for _ in 0..2 {
            let certificate = format!("{}/client.pem", self.peers.says("UPLOAD_FOLDER"));
            let asked = Command::new("curl")
                .args(["--silent", "--output", "/dev/null", "--cert", &certificate, "--cacert"])
                .args([self.peers.says("CA"), self.peers.says("UPLOAD")])
                .status();
            assert!(asked.unwrap().success());
        }
    }

    fn close(&self) {
        self.lab.site.replace(PAGE, "job:\n", "job:\n  closed: true\n");
    }
}

#[tokio::test]
async fn an_upload_is_live_once_its_result_says_so_is_changed_and_taken_back_by_others() {
    for file in [FILE, SHIPPED] {
        let Some(mut board) = Board::described(file, "client", |file| file).await else { return };
        let employer = "job:\n  organisation: Küstenlabor\n  city: Nordhafen\n  country: DE\n";
        board.lab.site.replace(PAGE, "job:\n", employer);
        let post = board.lab.post();
        assert_eq!(post.code, 0, "{post:?}");
        assert_eq!(board.lab.standing(), "sent", "nobody has looked at it yet");
        board.lab.settle_down();
        assert_eq!(board.lab.standing(), "live");
        assert_eq!(board.taken().len(), 1);
        let (status, page) = board.page().await;
        assert!(status == 200 && page.contains("fourteen harbours"), "{status} {page}");
        let seen = board.lab.handbill(&["verify"]);
        assert!(seen.code == 0 && seen.out.contains("agrees"), "{seen:?}");

        board.lab.site.replace(PAGE, "fourteen harbours", "fifteen harbours");
        board.lab.settle_down();
        assert_eq!(board.lab.standing(), "edited");
        assert_eq!(board.taken().len(), 2);
        board.works();
        let (status, page) = board.page().await;
        assert!(status == 200 && page.contains("fifteen harbours"), "{status} {page}");

        board.close();
        board.lab.settle_down();
        let taken = board.taken();
        assert!(taken.len() == 3 && taken[2].contains("<DeleteEntry>"), "{taken:?}");
        assert_eq!(board.lab.standing(), "withdrawn");
        board.works();
        assert_eq!(board.page().await.0, 404);
    }
}

#[tokio::test]
async fn an_upload_whose_answer_is_lost_is_one_ad() {
    let Some(mut board) = Board::of_a_lab("client", |file| file).await else { return };
    board.dies_once("lose");
    let post = board.lab.post();
    assert_eq!(post.code, 3, "{post:?}");
    assert_eq!(board.lab.standing(), "unknown");
    board.lab.settle_down();
    assert_eq!(board.lab.standing(), "live");
    assert_eq!(board.taken().len(), 1, "its result said that it was taken");
    assert_eq!(board.page().await.0, 200);

    // The same for a change, and for taking it back.
    board.lab.site.replace(PAGE, "fourteen harbours", "fifteen harbours");
    board.dies_once("lose");
    board.lab.settle_down();
    assert_eq!(board.lab.standing(), "edited");
    board.works();
    assert!(board.page().await.1.contains("fifteen harbours"));
    board.close();
    board.dies_once("lose");
    board.lab.settle_down();
    assert_eq!(board.lab.standing(), "withdrawn");
}

#[tokio::test]
async fn an_upload_that_is_lost_goes_out_again_once_no_result_of_it_came() {
    let Some(mut board) = Board::of_a_lab("client", |file| file).await else { return };
    board.dies_once("drop");
    board.lab.post();
    board.lab.settle_down();
    assert_eq!(board.lab.standing(), "unknown", "a result may still come");
    board.lab.wait(6 * 60);
    board.lab.settle_down();
    assert_eq!(board.lab.standing(), "live");
    assert_eq!(board.taken().len(), 1);
    assert_eq!(board.page().await.0, 200);
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
    for (certificate, without) in [("stranger", false), ("expired", false), ("client", true)] {
        let change = |file: String| if without { nobody(file) } else { file };
        let Some(board) = Board::of_a_lab(certificate, change).await else { return };
        board.lab.post();
        assert_eq!(board.lab.standing(), "planned", "{certificate}");
        let paused = board.lab.handbill(&["log"]);
        assert!(paused.out.contains("certificate"), "{paused:?}");
        assert!(board.taken().is_empty());
        if certificate == "expired" {
            assert!(paused.out.contains("Expired"), "{paused:?}");
        }
    }
}
