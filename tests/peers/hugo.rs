//! Links on a page that Debian's Hugo makes: the shipped partial shows them, with microformats.

use std::process::Command;

use super::{Peer, Peers};
use crate::support::TestSite;

const PAGE: &str = "content/jobs/phd-tidal-forecasting/index.md";
const LINK: &str = "https://careers.example/jobs/7?a=1&b=2";

#[tokio::test]
async fn the_links_stand_on_the_page_with_microformats_and_the_next_plan_is_empty() {
    let Some(_peers) = Peers::need(&[Peer::Hugo]).await else { return };
    let site = TestSite::with_channels(&["careers-office"]);
    std::fs::remove_dir_all(site.path("content/jobs/postdoc-sediment-transport")).unwrap();
    site.waits_for_no_page();
    let text = site.read("handbill.toml");
    site.write("handbill.toml", format!("{text}\n[write_back]\nfront_matter = true\n"));
    site.replace(PAGE, "publishDate: \"2027-01-11T00:00:00Z\"", "publishDate: 2020-01-11");
    let post = site.run(&["post", PAGE]);
    assert_eq!(post.code, 0, "{post:?}");
    let log: serde_json::Value =
        serde_json::from_str(&site.run(&["log", "--format", "json"]).out).unwrap();
    let recorded = site.run(&["record", log[0]["id"].as_str().unwrap(), LINK]);
    assert_eq!(recorded.code, 0, "{recorded:?}");
    let posted = site.run(&["post"]);
    assert_eq!(posted.code, 0, "{posted:?}");

    site.write("hugo.toml", "baseURL = \"https://tidal.example/\"\ntitle = \"Tides\"\n");
    site.write("layouts/partials/syndication.html", site.run(&["write-back", "--partial"]).out);
    site.write(
        "layouts/_default/single.html",
        "<article class=\"h-entry\">{{ .Content }}{{ partial \"syndication.html\" . }}\
         <i>{{ range .Params.syndication }}{{ . }}{{ end }}</i></article>",
    );
    let build = || {
        let ran = Command::new("hugo")
            .args(["--quiet", "--buildFuture", "--config", "hugo.toml"])
            .current_dir(site.root())
            .output()
            .unwrap();
        assert!(ran.status.success(), "{ran:?}");
        site.read("public/jobs/phd-tidal-forecasting/index.html")
    };
    let page = build();
    let link = "<a class=\"u-syndication\" rel=\"syndication\" \
                href=\"https://careers.example/jobs/7?a=1&amp;b=2\">careers.example</a>";
    assert!(page.contains(link), "{page}");
    assert!(page.contains("<i>https://careers.example/jobs/7?a=1&amp;b=2</i>"), "{page}");

    // What was written back is no news to the plan.
    let again = site.run(&["post"]);
    assert!(
        again.code == 0 && again.out == "Nothing to do: everything stands as it should.\n",
        "{again:?}"
    );
    let change = site.run(&["write-back", "--dry-run"]);
    assert_eq!(change.out, "The site has the links that stand.\n");
}
