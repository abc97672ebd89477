"""Reads a log from standard input as csv, jsonl, markdown or html, and prints its cells as JSON: a
list of rows, each a list of texts (for jsonl the objects). What is no plain table ends it with 1."""

import csv
import io
import json
import sys


def markdown(text):
    """The cells of the one table; words and links to themselves are all that may be in them."""
    from markdown_it import MarkdownIt

    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text)
    rows = []
    for token in tokens:
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            kinds = {child.type for child in token.children}
            assert kinds <= {"text", "text_special", "link_open", "link_close"}, kinds
            rows[-1].append("".join(child.content for child in token.children))
        else:
            assert token.type in {
                "table_open", "table_close", "thead_open", "thead_close", "tbody_open", "tbody_close",
                "tr_close", "th_open", "th_close", "td_open", "td_close",
            }, token.type
    return rows


def html(text):
    """The cells of the one table; nothing else than a quiet page may be around it."""
    import html5lib

    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    page = parser.parse(text)
    allowed = {
        "html", "head", "meta", "title", "style", "body", "h1", "table", "caption", "thead", "tbody",
        "tr", "th", "td", "bdi", "a", "time",
    }
    for element in page.iter():
        assert element.tag in allowed, element.tag
        for name, value in element.attrib.items():
            assert not name.startswith("on"), name
            assert name != "href" or value.startswith(("http://", "https://", "mailto:")), value
    return [["".join(cell.itertext()) for cell in row] for row in page.iter("tr")]


text = sys.stdin.buffer.read().decode("utf-8")
rows = {
    "csv": lambda: list(csv.reader(io.StringIO(text, newline=""), strict=True)),
    "jsonl": lambda: [json.loads(line) for line in text.splitlines()],
    "markdown": lambda: markdown(text),
    "html": lambda: html(text),
}[sys.argv[1]]()
json.dump(rows, sys.stdout)
