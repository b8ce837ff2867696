#!/usr/bin/env python3
"""eas-lint.py FILE.wbxml...: are these ActiveSync responses? Prints `FILE: what is wrong` for each fault; exit code 1 where there is one.

Each is decoded by Debian's libwbxml, a codec that is not ours; its private tag names are mapped back to those of MS-ASWBXML
(codepages.json), and all together are validated against Microsoft's schemas (xsd-xmllint/eas.xsd) in one run of xmllint. Where libwbxml 0.11.8
does not know a tag (Find, MeetingResponse:Proposed*Time, Provision:AccountOnlyRemoteWipe), FILE.xml is validated in its place if it is there.
Needs libwbxml2-utils, libxml2-utils."""
import json
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
with open(f"{HERE}/codepages.json") as file:
    PAGES = json.load(file)["pages"]
NAMES = {(page["namespace"], tag["libwbxml"]): tag["name"] for page in PAGES for tag in page["tags"] if tag.get("libwbxml")}
# Where the schemas, of an older revision, differ from the table of MS-ASWBXML.
SCHEMA_NAMES = {("ComposeMail", "Name"): "ForwardeeName", ("ComposeMail", "Email"): "ForwardeeEmail"}
SCHEMA_NAMESPACES = {"Gal": "GAL"}
TAG = re.compile(r"<(/?)(?:(\w+):)?([\w-]+)((?: [^>]*?)?)(/?)>$")


def renamed(xml):
    """libwbxml's XML with the names that the schemas use; every element says its namespace."""
    out, open_tags = [], []
    for part in re.split(r"(<[^>]+>)", xml):
        tag = TAG.match(part)
        if not tag:
            out.append(part)
            continue
        close, prefix, name, attributes, empty = tag.groups()
        if close:
            out.append(f"</{open_tags.pop()[1]}>")
            continue
        xmlns = re.search(r'xmlns="([^"]*?):?"', attributes)
        namespace = prefix or (xmlns[1] if xmlns else (open_tags[-1][0] if open_tags else ""))
        name = NAMES.get((namespace, name), name)
        name = SCHEMA_NAMES.get((namespace, name), name)
        if not empty:
            open_tags.append((namespace, name))
        out.append(f'<{name} xmlns="{SCHEMA_NAMESPACES.get(namespace, namespace)}"{"/" if empty else ""}>')
    return "".join(out)


def decoded(path):
    """(XML or None, faults)."""
    with open(path, "rb") as file:
        head = file.read(4)
    if head != b"\x03\x01\x6a\x00":
        return None, [f"the header is {head.hex()}, not 03016a00"]
    run = subprocess.run(["wbxml2xml", "-l", "ACTIVESYNC", "-m", "0", "-o", "-", path], capture_output=True)
    if run.returncode or not run.stdout:
        return None, ["wbxml2xml: " + run.stderr.decode(errors="replace").strip()]
    xml = re.sub(r'^<\?xml.*?"http://www\.microsoft\.com/">', "", run.stdout.decode("utf-8"), count=1, flags=re.S)
    if "<unknown" not in xml:
        return renamed(xml), []
    own = re.sub(r"\.wbxml$", ".xml", path)
    if not os.path.exists(own):
        return None, ["a token that libwbxml does not know"]
    with open(own) as file:
        return renamed(file.read()), []


def main(paths):
    faults = {path: [] for path in paths}
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(4) as pool:
        written = {}
        for path, (xml, found) in zip(paths, pool.map(decoded, paths)):
            faults[path] += found
            if xml is not None:
                name = f"{folder}/{len(written)}.xml"
                written[name] = path
                with open(name, "w") as file:
                    file.write(xml)
        # A few thousand at once: the kernel bounds a command line.
        names = list(written)
        for begin in range(0, len(names), 2000):
            schema = ["xmllint", "--noout", "--nowarning", "--schema", f"{HERE}/xsd-xmllint/eas.xsd"]
            run = subprocess.run([*schema, *names[begin : begin + 2000]], capture_output=True)
            bad = set()
            for line in run.stderr.decode(errors="replace").splitlines():
                name, _, said = line.partition(":")
                if name in written and "error" in said:
                    bad.add(name)
                    faults[written[name]].append(said.strip())
                verdict = re.match(r"(.*) (fails to validate|validates)", line)
                if verdict and verdict[2] == "fails to validate" and verdict[1] not in bad and verdict[1] in written:
                    faults[written[verdict[1]]].append("does not validate")
            if run.returncode not in (0, 3, 4) or (run.returncode and not bad):
                faults[paths[0]].append(f"xmllint ended with {run.returncode}")
    for path, found in faults.items():
        for fault in found:
            print(f"{path}: {fault[:400]}")
    return 1 if any(faults.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
