#!/usr/bin/env python3
"""Writes the hashes of the inline style and script into each page's content security policy.

    python3 scripts/page-hashes.py            writes
    python3 scripts/page-hashes.py --check    says which page is stale, exit 1
"""

import base64
import hashlib
import pathlib
import re
import sys

RESOURCES = pathlib.Path(__file__).resolve().parent.parent / "Sources/LeadwireServer/Resources"


def with_hashes(page: str) -> str:
    for tag, directive in (("style", "style-src"), ("script", "script-src")):
        blocks = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        if len(blocks) != 1:
            raise SystemExit(f"expected one <{tag}>, found {len(blocks)}")
        digest = base64.b64encode(hashlib.sha256(blocks[0].encode()).digest()).decode()
        page, count = re.subn(rf"{directive} 'sha256-[^']*'", f"{directive} 'sha256-{digest}'", page)
        if count != 1:
            raise SystemExit(f"expected one {directive} with a hash, found {count}")
    return page


def main() -> int:
    stale = 0
    for path in sorted(RESOURCES.glob("*.html")):
        page = path.read_text(encoding="utf-8")
        fresh = with_hashes(page)
        if page == fresh:
            continue
        if "--check" in sys.argv[1:]:
            print(f"{path.name}: stale hashes; run scripts/page-hashes.py", file=sys.stderr)
            stale = 1
        else:
            path.write_text(fresh, encoding="utf-8")
            print(f"{path.name}: hashes written", file=sys.stderr)
    return stale


if __name__ == "__main__":
    sys.exit(main())
