"""Translates the conformance suite's cases (Python 2) to a package that Python 3 imports.

port.py FOLDER: makes FOLDER/cases from the installed autobahntestsuite. The cases hold bytes in Python 2 strings. Here
they become text in which each character is one byte (latin-1), and drive.py turns them to bytes at the socket.
"""

import importlib.util
import pathlib
import re
import sys
import warnings

warnings.filterwarnings("ignore")
from fissix import refactor  # noqa: E402

# Besides the syntax: what the cases take from modules whose meaning changed.
BYTES = '''"""Python 2's view of bytes, for the translated cases: one character a byte."""

import binascii

from autobahn.websocket import utf8validator


def b2a_hex(text):
    return binascii.b2a_hex(text if isinstance(text, bytes) else text.encode("latin-1")).decode()


class Utf8Validator(utf8validator.Utf8Validator):
    def validate(self, text):
        return super().validate(text.encode("latin-1"))
'''


def rewritten(name: str, text: str) -> str:
    text = text.replace("# coding=utf-8", "# coding=latin-1")
    text = re.sub(r"^import binascii$", "import latin as binascii", text, flags=re.M)
    text = text.replace("from autobahn.websocket.utf8validator import", "from latin import")
    # A class can't name `object` before another of its bases any more.
    text = text.replace("(object, Case, )", "(Case, )")
    if name == "case10_1_1.py":
        text = text.replace("len(self.payload) / self.p.autoFragmentSize", "len(self.payload) // self.p.autoFragmentSize")
    return text


def main(folder: str) -> None:
    found = importlib.util.find_spec("autobahntestsuite")
    source = pathlib.Path(found.submodule_search_locations[0])
    target = pathlib.Path(folder) / "cases"
    (target / "case").mkdir(parents=True, exist_ok=True)
    (target / "latin.py").write_text(BYTES)
    tool = refactor.RefactoringTool(refactor.get_fixers_from_package("fissix.fixes"))
    for path in [source / "caseset.py", *sorted((source / "case").glob("*.py"))]:
        # 9.9 is in no list; 12 and 13 are compression, which the server never negotiates.
        if path.name in ("case9_9_1.py", "case12_x_x.py"):
            continue
        text = path.read_text(encoding="latin-1")
        if path.name == "__init__.py":
            text = re.sub(r"^.*(case12_x_x|case9_9_1|Case1[23]_X_X).*$", "", text, flags=re.M)
            # Relative imports of a package that becomes top-level.
            text = re.sub(r"^from (case\d)", r"from .\1", text, flags=re.M)
        elif path.name != "caseset.py":
            text = re.sub(r"^from (case\w*) import", r"from .\1 import", text, flags=re.M)
        text = str(tool.refactor_string(rewritten(path.name, text) + "\n", path.name))
        place = target / path.name if path.name == "caseset.py" else target / "case" / path.name
        place.write_text(text, encoding="latin-1" if "coding=latin-1" in text else "utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
