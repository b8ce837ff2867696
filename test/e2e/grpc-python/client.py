"""A client of another language, made from proto/ alone: lists, reads and watches a mailbox.

    POSTROOM_AUTHORIZATION='Basic …' python client.py --target 127.0.0.1:9090 --proto proto

Prints one JSON object a line. After {"step": "watching"} it waits for one new message, reads it and ends.
"""

import argparse
import hashlib
import importlib
import json
import os
import pathlib
import sys
import tempfile

import grpc
import grpc_tools
from grpc_tools import protoc


def generate(proto: pathlib.Path, out: str) -> None:
    """Makes the stubs, as anybody would who has the contract only."""
    files = sorted(str(path) for path in (proto / "postroom" / "core" / "v1").glob("*.proto"))
    well_known = str(pathlib.Path(grpc_tools.__file__).parent / "_proto")
    arguments = ["protoc", f"-I{proto}", f"-I{well_known}", f"--python_out={out}", f"--grpc_python_out={out}"]
    if protoc.main([*arguments, *files]) != 0:
        raise SystemExit("protoc failed")
    sys.path.insert(0, out)


def say(step: str, **facts: object) -> None:
    print(json.dumps({"step": step, **facts}), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--target", required=True)
    parser.add_argument("--proto", required=True, type=pathlib.Path)
    options = parser.parse_args()
    metadata = [("authorization", os.environ["POSTROOM_AUTHORIZATION"]), ("x-correlation-id", "python-1")]

    with tempfile.TemporaryDirectory() as out, grpc.insecure_channel(options.target) as channel:
        generate(options.proto, out)
        messages = importlib.import_module("postroom.core.v1.messages_pb2")
        mailbox = importlib.import_module("postroom.core.v1.mailbox_pb2")
        stubs = importlib.import_module("postroom.core.v1.mailbox_pb2_grpc")
        service = stubs.MailboxServiceStub(channel)

        folders, call = service.ListFolders.with_call(mailbox.ListFoldersRequest(), metadata=metadata, timeout=30)
        headers = dict(call.initial_metadata())
        say("folders", names=[folder.name for folder in folders.folders], correlation=headers["x-correlation-id"])
        inbox = next(folder for folder in folders.folders if folder.role == messages.FOLDER_ROLE_INBOX)

        request = mailbox.ListMessagesRequest(folder_id=inbox.id, page_size=10)
        page = service.ListMessages(request, metadata=metadata, timeout=30)
        say("messages", subjects=[message.subject for message in page.messages])

        try:
            service.GetMessage(mailbox.GetMessageRequest(message_id=999999), metadata=metadata, timeout=30)
        except grpc.RpcError as error:
            say("error", code=error.code().name, details=error.details())

        try:
            service.ListFolders(mailbox.ListFoldersRequest(), timeout=30)
        except grpc.RpcError as error:
            say("anonymous", code=error.code().name)

        watch = service.Watch(mailbox.WatchRequest(after_mod_seq=page.mod_seq), metadata=metadata, timeout=60)
        next(watch)
        say("watching", mod_seq=page.mod_seq)
        added = next(
            change.message_added
            for answer in watch
            for change in answer.changes
            if change.WhichOneof("fact") == "message_added"
        )
        watch.cancel()

        one = mailbox.GetMessageRequest(message_id=added.message_id)
        message = service.GetMessage(one, metadata=metadata, timeout=30).message
        body = service.GetBody(mailbox.GetBodyRequest(message_id=added.message_id), metadata=metadata, timeout=30)
        raw = service.GetRaw(mailbox.GetRawRequest(message_id=added.message_id), metadata=metadata, timeout=60)
        octets = b"".join(piece.data for piece in raw)
        say(
            "read",
            subject=message.subject,
            body=body.content,
            size=message.size_bytes,
            octets=len(octets),
            sha256=hashlib.sha256(octets).hexdigest(),
        )


if __name__ == "__main__":
    main()
