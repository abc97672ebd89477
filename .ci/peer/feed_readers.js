// What Google would say of JobPosting documents: reads a JSON list of them, and prints one line for
// each error of npm's structured-data-validator.
import Validator from "@adobe/structured-data-validator";
import extractor from "@marbec/web-auto-extractor";

const Extractor = extractor.default ?? extractor;
let text = "";
for await (const chunk of process.stdin) text += chunk;
let seen = 0;
for (const document of JSON.parse(text)) {
  const json = JSON.stringify(document).replaceAll("<", "\\u003c");
  const page = `<html><head><script type="application/ld+json">${json}</script></head></html>`;
  const found = new Extractor({ addLocation: true }).parse(page);
  seen += found.jsonld?.JobPosting?.length ?? 0;
  for (const issue of await new Validator().validate(found)) {
    if (issue.severity === "ERROR") console.log(`${document.title}: ${issue.issueMessage}`);
  }
}
console.log(`seen ${seen}`);
