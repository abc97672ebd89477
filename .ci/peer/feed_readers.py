"""What a feed reader makes of a list: reads it, and prints whether it is sound, how many entries it
has, and how many of these have an id, a title, a link, a date and words."""

import sys

import feedparser

feed = feedparser.parse(sys.stdin.buffer.read())
if feed.bozo:
    print(f"not sound: {feed.bozo_exception}")
entries = feed.entries
print(feed.version, len(entries), len({entry.id for entry in entries}))
for entry in entries:
    lacking = [
        name for name in ("title", "link", "summary") if not entry.get(name)
    ]
    if lacking:
        print(f"{entry.id} lacks {', '.join(lacking)}")
