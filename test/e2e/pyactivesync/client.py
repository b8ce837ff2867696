"""A phone that is not ours: pyactivesync does all that it can with alice's mailbox, in 16.1 over TLS.

    POSTROOM_PASSWORD=… REQUESTS_CA_BUNDLE=cert.pem python client.py --server 127.0.0.1:8443

Prints one JSON object a line. Two letters must have been delivered before; after {"step": "pinging"} it waits for a third.
"""

import argparse
import inspect
import json
import os
import subprocess
import sys
import time
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default as modern

import requests
from pyactivesync import (
    BodyType,
    Client,
    Contact,
    ContactChange,
    EmailChange,
    FolderType,
    OofState,
    ProtocolError,
    StatusError,
)

ALICE = "alice@demo.test"
BOB = "bob@demo.test"
PATIENCE = 60.0


def say(step: str, **facts: object) -> None:
    print(json.dumps({"step": step, **facts}), flush=True)


class Phone:
    """The client, and which of its methods were called."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._called: set[str] = set()

    def __getattr__(self, name: str) -> object:
        self._called.add(name)
        return getattr(self._client, name)

    def never_called(self) -> list[str]:
        methods = inspect.getmembers(Client, inspect.isfunction)
        return [name for name, _ in methods if not name.startswith("_") and name not in self._called]


def refusal(call: object, *arguments: object, **named: object) -> str:
    """The status that a call is refused with."""
    try:
        call(*arguments, **named)
    except StatusError as error:
        return error.code
    return "none"


def until_found(search: object) -> list[object]:
    """Mail is indexed a moment after it came."""
    end = time.monotonic() + PATIENCE
    while not (found := search()) and time.monotonic() < end:
        time.sleep(0.05)
    return found


class Folder:
    """One folder as the phone has it: its key, and what was told of it last."""

    def __init__(self, phone: Phone, folder_id: str) -> None:
        self.phone = phone
        self.id = folder_id
        self.key = phone.sync_folder(folder_id).sync_key

    def told(self, **options: object) -> object:
        result = self.phone.sync_folder(self.id, self.key, **options)
        self.key = result.sync_key
        return result

    def everything(self, **options: object) -> list[object]:
        windows = [self.told(**options)]
        while windows[-1].more_available:
            windows.append(self.told(**options))
        return [item for window in windows for item in window.added]

    def change(self, *changes: EmailChange, **options: object) -> list[str]:
        result = self.phone.apply_email_changes(self.id, self.key, changes, **options)
        self.key = result.sync_key
        return list(result.statuses.values())


def subjects(items: list[object]) -> list[str]:
    return sorted(item.fields["Email.Subject"] for item in items)


def letter(subject: str, to: str, text: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = ALICE
    message["To"] = to
    message["Subject"] = subject
    message.set_content(text)
    message.add_attachment(bytes(range(256)), maintype="application", subtype="octet-stream", filename="all.bin")
    return message


def folders(phone: Phone) -> dict[FolderType, str]:
    say("provision", key=phone.provision().isdigit())
    listed = phone.list_folders()
    say("folders", types=sorted({folder.type.name for folder in listed}))
    made = phone.create_folder("Made")
    inner = phone.create_folder("Inner", parent_id=made.id)
    twice = refusal(phone.create_folder, "Made")
    phone.update_folder(made.id, "Renamed")
    renamed = [folder.name for folder in phone.list_folders() if folder.id in (made.id, inner.id)]
    phone.delete_folder(made.id)
    trash = next(folder.id for folder in listed if folder.type == FolderType.DELETED_ITEMS)
    thrown_away = [folder.parent_id == trash for folder in phone.list_folders() if folder.id == made.id]
    phone.delete_folder(made.id)
    say(
        "hierarchy",
        renamed=sorted(renamed),
        twice=twice,
        calendar=refusal(phone.create_folder, "Plans", type=FolderType.USER_MAIL),
        thrown_away=thrown_away,
        gone=refusal(phone.delete_folder, made.id),
    )
    return {folder.type: folder.id for folder in listed}


def read(phone: Phone, inbox: Folder) -> object:
    estimate = phone.get_item_estimate(inbox.id, inbox.key)
    items = inbox.everything(window_size=1)
    say("sync", estimate=estimate, subjects=subjects(items), left=phone.get_item_estimate(inbox.id, inbox.key))
    item = next(item for item in items if item.fields["Email.Subject"] == "first")
    plain = phone.fetch_item(inbox.id, item.server_id, body_type=BodyType.PLAIN_TEXT)
    html = phone.fetch_item(inbox.id, item.server_id)
    mime = phone.fetch_item(inbox.id, item.server_id, body_type=BodyType.MIME)
    message = BytesParser(policy=modern).parsebytes(mime.body.data)
    (attachment,) = plain.attachments
    say(
        "fetch",
        sender=plain.fields["Email.From"],
        plain=plain.body.data,
        html=html.body.data,
        native=plain.native_body_type.name,
        mime=message["Subject"],
        attachment=[attachment.display_name, phone.fetch_attachment(attachment.file_reference).decode()],
        missing=refusal(phone.fetch_item, inbox.id, "999999"),
    )
    return item


def mark(phone: Phone, inbox: Folder, item: object) -> None:
    statuses = inbox.change(EmailChange(item.server_id, read=True, flagged=True), EmailChange("999999", read=True))
    echo = inbox.told()
    fields = phone.fetch_item(inbox.id, item.server_id).fields
    say(
        "marks",
        statuses=statuses,
        echoed=len(echo.changed),
        read=fields["Email.Read"],
        flag=[fields["Email.Status"], fields["Email.FlagType"]],
    )


def push(phone: Phone, inbox: Folder) -> None:
    say("pinging")
    result = phone.ping([inbox.id], heartbeat=60, timeout=PATIENCE)
    say("ping", status=result.status, folder=result.changed_folder_ids == [inbox.id], subjects=subjects(inbox.told().added))


def send(phone: Phone, inbox: Folder, sent: Folder) -> None:
    message = letter("sent", f"{ALICE}, {BOB}", "On the way.\n")
    phone.send_mail(message, client_id="python-1")
    again = refusal(phone.send_mail, message, client_id="python-1")
    bad = refusal(phone.send_mail, letter("nowhere", "nobody at all", "Lost.\n"))
    phone.ping(folder_id=inbox.id, heartbeat=60, timeout=PATIENCE)
    arrived = inbox.told().added
    say("send", again=again, bad=bad, arrived=subjects(arrived), kept=subjects(sent.everything()))


def move(phone: Phone, inbox: Folder, trash: Folder, item: object) -> None:
    archive = phone.create_folder("Archive of Python")
    moved = phone.move_item(item.server_id, inbox.id, archive.id)
    kept = Folder(phone, archive.id)
    say(
        "move",
        there=[item.fields["Email.Subject"] for item in kept.everything() if item.server_id == moved],
        gone=inbox.told().deleted == [item.server_id],
        unknown=refusal(phone.move_item, "999999", inbox.id, archive.id),
    )
    kept.change(EmailChange(moved, delete=True))
    (again,) = trash.everything()
    trash.change(EmailChange(again.server_id, delete=True), deletes_as_moves=False)
    say("delete", moved=again.fields["Email.Subject"], left=subjects(Folder(phone, trash.id).everything()))


def draft(phone: Phone, drafts: Folder) -> None:
    message = letter("begun", BOB, "First words – of some.\n")
    made = phone.create_email_draft(drafts.id, drafts.key, message, read=True, flagged=True, client_id="draft-1")
    drafts.key = made.sync_key
    fetched = phone.fetch_item(drafts.id, made.server_id, body_type=BodyType.PLAIN_TEXT)
    (attachment,) = fetched.attachments
    say(
        "draft",
        status=made.status,
        echoed=len(drafts.told().added),
        subject=fetched.fields["Email.Subject"],
        to=fetched.fields["Email.To"],
        text=fetched.body.data,
        attachment=[attachment.display_name, list(phone.fetch_attachment(attachment.file_reference)) == list(range(256))],
        marks=[fetched.fields["Email.Read"], fetched.fields.get("Email.Status"), fetched.fields.get("Email.FlagType")],
    )


def contacts(phone: Phone, inbox: Folder, item: object) -> None:
    """There are no contacts yet: neither does a folder of mail take them, nor is mail changed into one."""
    made = phone.create_contact(inbox.id, inbox.key, Contact(first_name="Nora"))
    changed = phone.apply_contact_changes(
        inbox.id, made.sync_key, [ContactChange(item.server_id, contact=Contact(first_name="Nora"))]
    )
    inbox.key = changed.sync_key
    say("contacts", made=made.status, changed=list(changed.statuses.values()), told=len(inbox.told().changed))


def directory(phone: Phone) -> None:
    say(
        "directory",
        resolved=[recipient.email_address for recipient in phone.resolve_recipients(BOB)],
        searched=[[entry.display_name, entry.email_address] for entry in phone.search_gal("Bob")],
        found=[item.fields["GAL.EmailAddress"] for item in phone.find_gal("carol").items],
    )


def search(phone: Phone, inbox: Folder) -> None:
    found = until_found(lambda: phone.find_mailbox("melancholy", folder_id=inbox.id).items)
    say(
        "search",
        found=[item.fields.get("Email.Subject") for item in found],
        free=[row.get("Email.Subject") for row in phone.search_mailbox(inbox.id, free_text="melancholy")],
        dated=sorted(
            row["Email.Subject"]
            for row in phone.search_mailbox(inbox.id, date_received_after="2020-01-01T00:00:00.000Z")
        ),
        future=phone.search_mailbox(inbox.id, date_received_after="2100-01-01T00:00:00.000Z"),
    )


def away(phone: Phone) -> None:
    before = phone.get_oof().state.name
    start, end = "2030-01-01T00:00:00.000Z", "2030-02-01T00:00:00.000Z"
    phone.set_oof(OofState.ENABLED_SCHEDULED, start_time=start, end_time=end, reply_message="Gone fishing")
    after = phone.get_oof()
    phone.set_oof(OofState.DISABLED)
    say(
        "away",
        before=before,
        after=[after.state.name, after.start_time, after.end_time],
        messages=[[message.applies_to, message.enabled, message.reply_message] for message in after.messages],
        later=phone.get_oof().state.name,
    )


def strangers(server: str) -> None:
    with Client(server, ALICE, "wrong", device_id="PYTHON2") as stranger:
        try:
            stranger.provision()
        except requests.HTTPError as error:
            wrong = error.response.status_code
    with Client(server, ALICE, os.environ["POSTROOM_PASSWORD"], device_id="no, commas") as nameless:
        nameless_status = refusal(nameless.provision)
    say("strangers", wrong=wrong, nameless=nameless_status)


def command_line(server: str) -> None:
    """What it installs as a program."""
    arguments = ["list-folders", "--server", server, "--username", ALICE, "--password", os.environ["POSTROOM_PASSWORD"]]
    done = subprocess.run([sys.executable, "-m", "pyactivesync.cli", *arguments], capture_output=True, text=True)
    say("program", code=done.returncode, inbox="INBOX" in done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", required=True)
    server = parser.parse_args().server

    with Client(server, ALICE, os.environ["POSTROOM_PASSWORD"], device_id="PYTHON1") as client:
        phone = Phone(client)
        ids = folders(phone)
        inbox = Folder(phone, ids[FolderType.INBOX])
        sent = Folder(phone, ids[FolderType.SENT_ITEMS])
        trash = Folder(phone, ids[FolderType.DELETED_ITEMS])
        drafts = Folder(phone, ids[FolderType.DRAFTS])
        trash.everything()
        item = read(phone, inbox)
        mark(phone, inbox, item)
        push(phone, inbox)
        send(phone, inbox, sent)
        draft(phone, drafts)
        contacts(phone, inbox, item)
        directory(phone)
        search(phone, inbox)
        away(phone)
        move(phone, inbox, trash, item)
        phone.close()
        say("repertoire", never_called=phone.never_called())
    strangers(server)
    command_line(server)


if __name__ == "__main__":
    try:
        main()
    except ProtocolError as error:
        raise SystemExit(f"{type(error).__name__}: {error}") from error
