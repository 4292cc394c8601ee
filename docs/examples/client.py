#!/usr/bin/env python3
"""Two users, from nothing to a conversation over the WebSocket, with Python's library, `websockets` and openssl (3).

    docs/examples/client.py sha256:<fingerprint of the root> [https://localhost:8443]

It follows docs/protocol.md. Each user knows of the other only what the hub relays and he has verified. Keys are P-256.
"""
import asyncio, base64, hashlib, itertools, json, os, ssl, subprocess, sys, tempfile, urllib.error, urllib.request, uuid
from datetime import datetime, timedelta, timezone
from pathlib import Path

import websockets


def openssl(*arguments, given=b""):
    """What openssl prints; raises where it fails."""
    return subprocess.run(["openssl", *arguments], input=given, capture_output=True, check=True).stdout


def fingerprint(pem):
    return "sha256:" + hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()


def to_base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def check(holds, what):
    if not holds:
        raise SystemExit(f"refused: {what}")


# ---- The server --------------------------------------------------------------------------------------------------


class Server:
    """The identity listener of the server whose root has the fingerprint that somebody told you."""

    def __init__(self, url, root_fingerprint, folder):
        self.url, self.root_fingerprint = url, root_fingerprint
        unpinned = ssl.create_default_context()
        unpinned.check_hostname, unpinned.verify_mode = False, ssl.CERT_NONE
        try:
            root = self.ask(f"/ca/root/{root_fingerprint}", context=unpinned).decode()
        except urllib.error.HTTPError as error:
            raise SystemExit(f"refused: {url} has no root {root_fingerprint} ({error})") from None
        check(fingerprint(root) == root_fingerprint, "another root than the pinned one")
        self.root = folder / "root.pem"
        self.root.write_text(root)
        self.context = ssl.create_default_context(cafile=self.root)
        self.authorities = folder / "ca.pem"
        self.authorities.write_bytes(self.ask("/ca"))
        self.hub = json.loads(self.ask("/.well-known/hermes"))["hubUrl"]

    def ask(self, path, body=None, context=None):
        data = None if body is None else json.dumps(body).encode()
        headers = {} if body is None else {"content-type": "application/json"}
        request = urllib.request.Request(self.url + path, data, headers)
        with urllib.request.urlopen(request, context=context or self.context) as answer:
            return answer.read()

    def verify(self, pem, username):
        """That a certificate is of this authority, for clients, in its time, and names the user."""
        with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
            file.write(pem)
            file.flush()
            trust = ["-CAfile", str(self.root), "-untrusted", str(self.authorities)]
            openssl("verify", "-x509_strict", "-purpose", "sslclient", *trust, file.name)
        names = openssl("x509", "-noout", "-ext", "subjectAltName", given=pem.encode()).decode()
        check(f"URI:acct:{username}@" in names, f"the certificate does not name {username}")


# ---- A user ------------------------------------------------------------------------------------------------------


class User:
    def __init__(self, server, username, folder):
        self.server, self.username = server, username
        self.key, self.file = folder / f"{username}.key", folder / f"{username}.pem"
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", str(self.key))
        csr = openssl("req", "-new", "-key", str(self.key), "-subj", f"/CN={username}").decode()
        body = {"username": username, "password": to_base64url(os.urandom(24)), "csr": csr}
        self.certificate = json.loads(server.ask("/register", body))["certificate"]
        server.verify(self.certificate, username)
        self.file.write_text(self.certificate)
        self.fingerprint = fingerprint(self.certificate)

    def sign(self, context, transcript):
        given = b" " * 64 + context.encode() + b"\0" + transcript.encode()
        return to_base64url(openssl("dgst", "-sha256", "-sign", str(self.key), given=given))


def verify_signature(certificate, context, transcript, signature):
    given = b" " * 64 + context.encode() + b"\0" + transcript.encode()
    with tempfile.TemporaryDirectory() as folder:
        public, signed = Path(folder, "public.pem"), Path(folder, "signature")
        public.write_bytes(openssl("x509", "-pubkey", "-noout", given=certificate.encode()))
        signed.write_bytes(from_base64url(signature))
        openssl("dgst", "-sha256", "-verify", str(public), "-signature", str(signed), given=given)


ACCEPT, CONFIRM = "Hermes v1 invitation accept", "Hermes v1 invitation confirm"


def transcript(fields):
    return "hermes-invitation-v1\n" + "".join(f"{name}={value}\n" for name, value in fields.items())


def roster(members):
    lines = sorted(f"{member['username']} {member['fingerprint']}\n".encode() for member in members)
    return "sha256:" + hashlib.sha256(b"".join(lines)).hexdigest()


# ---- A connection to the hub -------------------------------------------------------------------------------------


class Refused(Exception):
    def __init__(self, error):
        super().__init__(f"{error['data']['code']}: {error['message']}")
        self.code = error["data"]["code"]


class Hub:
    """One WebSocket: `call` asks, `event` waits for the next event of a type. Nothing is acknowledged by itself."""

    def __init__(self, socket):
        self.socket, self.ids, self.waiting, self.events = socket, itertools.count(1), {}, asyncio.Queue()
        self.reader = asyncio.create_task(self.read())

    @classmethod
    async def connect(cls, user, device="python"):
        context = ssl.create_default_context(cafile=user.server.root)
        context.load_cert_chain(user.file, user.key)
        url = f"{user.server.hub.replace('https', 'wss')}/hub?device={device}"
        return cls(await websockets.connect(url, ssl=context, subprotocols=["hermes.v1"], max_size=None))

    async def read(self):
        async for text in self.socket:
            frame = json.loads(text)
            if frame.get("id") in self.waiting:
                self.waiting.pop(frame["id"]).set_result(frame)
            elif frame.get("method") == "event":
                self.events.put_nowait(frame["params"])

    async def call(self, method, **params):
        number = next(self.ids)
        answer = self.waiting[number] = asyncio.get_running_loop().create_future()
        await self.socket.send(json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}))
        frame = await answer
        if "error" in frame:
            raise Refused(frame["error"])
        return frame["result"]

    async def event(self, kind):
        while True:
            event = await asyncio.wait_for(self.events.get(), 20)
            if event["type"] == kind:
                return event

    async def close(self):
        await self.socket.close()
        await self.reader


# ---- Becoming a member -------------------------------------------------------------------------------------------


def accept_fields(server, inviter, invitee, challenges, told):
    """The lines of the transcript. `told` is what the hub says of this invitation: each side has checked its part."""
    return {
        "hub": server.root_fingerprint,
        "conversation": told["conversation"],
        "invitation": told["invitation"],
        "expires": told["expiresAt"],
        "inviter": inviter["username"],
        "inviter-certificate": inviter["fingerprint"],
        "inviter-challenge": challenges[0],
        "invitee": invitee["username"],
        "invitee-certificate": invitee["fingerprint"],
        "invitee-challenge": challenges[1],
        "roster": told["roster"],
        "inviter-attachment": "-",
        "invitee-attachment": "-",
    }


def me(user):
    return {"username": user.username, "fingerprint": user.fingerprint}


def check_invited(user, invited):
    """All that an invitee checks before he signs."""
    inviter = invited["from"]
    user.server.verify(invited["certificate"], inviter["username"])
    check(fingerprint(invited["certificate"]) == inviter["fingerprint"], "another certificate of the inviter")
    check(invited["invitee"] == me(user), "the invitation is for somebody else")
    check(roster(invited["members"]) == invited["roster"], "the roster is not that of the members")
    names = [member["username"] for member in invited["members"]]
    check(inviter["username"] in names and user.username not in names, "the wrong members")
    check("attachment" not in invited and invited["attachmentDigest"] == "-", "an attachment that nobody expects")
    left = datetime.fromisoformat(invited["expiresAt"].replace("Z", "+00:00")) - datetime.now(timezone.utc)
    check(timedelta(0) < left <= timedelta(days=30), "the invitation has ended, or never will")


def check_accepted(user, invitee, own, fields, accepted):
    """All that an inviter checks before he signs."""
    user.server.verify(accepted["certificate"], invitee["username"])
    check(fingerprint(accepted["certificate"]) == invitee["fingerprint"], "another certificate of the invitee")
    check(accepted["challenge"] != own, "my own challenge came back")
    check(accepted["attachmentDigest"] == "-", "an attachment that nobody expects")
    verify_signature(accepted["certificate"], ACCEPT, transcript(fields), accepted["signature"])


async def invite(user, hub, conversation, invitee):
    """The inviter's side, from his challenge to his signature."""
    own = to_base64url(os.urandom(32))
    answer = await hub.call("invite", conversation=conversation, challenge=own, **invitee)
    check(roster(answer["members"]) == answer["roster"], "the roster is not that of the members")
    accepted = await hub.event("accepted")
    told = {**answer, "conversation": conversation}
    fields = accept_fields(user.server, me(user), invitee, (own, accepted["challenge"]), told)
    check_accepted(user, invitee, own, fields, accepted)
    nothing = {"confirmation-attachment": "-", "commit-attachment": "-"}
    signed = transcript({**fields, "confirmation-roster": answer["roster"], **nothing})
    await hub.call("confirm", invitation=answer["invitation"], signature=user.sign(CONFIRM, signed))


async def join(user, hub):
    """The invitee's side, from `invited` to `joined`. Answers the conversation."""
    invited = await hub.event("invited")
    check_invited(user, invited)
    own = to_base64url(os.urandom(32))
    fields = accept_fields(user.server, invited["from"], me(user), (invited["challenge"], own), invited)
    signature = user.sign(ACCEPT, transcript(fields))
    await hub.call("accept", invitation=invited["invitation"], challenge=own, signature=signature)
    joined = await hub.event("joined")
    extra = {
        "confirmation-roster": joined["confirmationRoster"],
        "confirmation-attachment": joined["confirmationAttachment"],
        "commit-attachment": joined["commitAttachment"],
    }
    verify_signature(invited["certificate"], CONFIRM, transcript({**fields, **extra}), joined["inviterSignature"])
    return joined["conversation"]


# ---- The story ---------------------------------------------------------------------------------------------------


async def story(server, folder):
    tag = uuid.uuid4().hex[:8]
    alice, bob = (User(server, f"{name}-{tag}", folder) for name in ("alice", "bob"))
    a, b = await Hub.connect(alice), await Hub.connect(bob)
    started = await a.call("start", participants=[me(bob)])
    invited = asyncio.create_task(join(bob, b))
    await invite(alice, a, started["conversation"], me(bob))
    conversation = await invited
    print(f"{bob.username} verified that {alice.username} brought him in")

    message = {"messageId": str(uuid.uuid4()), "payload": "Hello bob"}
    sent = await a.call("send", conversation=conversation, **message)
    again = await a.call("send", conversation=conversation, **message)
    check(again["seq"] == sent["seq"] and again["duplicate"], "a repeated message was stored twice")
    check((await b.event("message"))["payload"] == "Hello bob", "another message came")
    await b.close()  # Before it was acknowledged: on the next connection it comes again.
    b = await Hub.connect(bob)
    event = await b.event("message")
    print(f"{event['from']['username']}: {event['payload']}")
    await b.call("ack", conversation=conversation, seq=event["seq"])
    await b.call("leave", conversation=conversation)
    print(f"{(await a.event('left'))['from']['username']} left")
    try:
        await b.call("send", conversation=conversation, messageId=str(uuid.uuid4()), payload="too late")
    except Refused as refused:
        print(f"refused: {refused.code}")
    await a.close()
    await b.close()


def main():
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    url = sys.argv[2] if len(sys.argv) > 2 else "https://localhost:8443"
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(story(Server(url, sys.argv[1], Path(folder)), Path(folder)))


if __name__ == "__main__":
    main()
