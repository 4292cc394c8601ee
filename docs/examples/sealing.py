"""Seals and opens messages as docs/sealing.md says, with jwcrypto and cryptography alone.

    sealing.py <command>    command and answer are JSON, on stdin and stdout:

    {"do": "key", "privateKey"}                     -> {"key"}
    {"do": "seal", "privateKey", "recipients", …}   -> {"payload"}
    {"do": "open", "privateKey", "payload", …}      -> {"payload", "contentType"}, or an error
"""
import base64, hashlib, json, sys
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from jwcrypto import jwe, jwk

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def digest(text):
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def sealing_key(pem):
    """The key pair that follows from a private key."""
    secret = decode(json.loads(jwk.JWK.from_pem(pem.encode()).export())["d"])
    derived = HKDF(hashes.SHA256(), 48, None, b"Hermes v1 sealing key").derive(secret)
    return ec.derive_private_key(int.from_bytes(derived, "big") % (ORDER - 1) + 1, ec.SECP256R1())


def point(public):
    return public.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def as_jwk(key):
    return jwk.JWK.from_pyca(key)


def public_of(key):
    return as_jwk(ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decode(key)))


def signed(context, text):
    return b" " * 64 + context.encode() + b"\0" + text.encode()


def text_of(place, content, recipients):
    content_type = content.get("contentType")
    return "".join(
        line + "\n"
        for line in [
            "hermes-sealed-message-v1",
            "hub=" + place["hub"],
            "conversation=" + place["conversation"],
            "message=" + place["messageId"],
            "sender=" + place["username"],
            "sender-certificate=" + place["fingerprint"],
            "recipients=" + digest("\n".join(sorted(recipients))),
            "content-type=" + (digest(content_type) if content_type is not None else "-"),
            "payload=" + digest(content["payload"]),
        ]
    )


def seal(command):
    """For a sender whose certificate has a key on P-256."""
    content, keys = command["content"], [public_of(key) for key in command["recipients"]]
    text = text_of(command["place"], content, [key.thumbprint() for key in keys])
    private = serialization.load_pem_private_key(command["privateKey"].encode(), None)
    signature = private.sign(signed("Hermes v1 sealed message", text), ec.ECDSA(hashes.SHA256()))
    inner = {**content, "certificate": command["certificate"], "signature": base64url(signature)}
    plaintext = json.dumps(inner)
    token = jwe.JWE(plaintext.encode(), protected=json.dumps({"enc": "A256GCM", "digest": digest(plaintext)}))
    for key in keys:
        token.add_recipient(key, header=json.dumps({"alg": "ECDH-ES+A256KW", "kid": key.thumbprint()}))
    return {"payload": json.dumps({**json.loads(token.serialize())})}


def open_sealed(command):
    own = as_jwk(sealing_key(command["privateKey"]))
    sealed = json.loads(command["payload"])
    kids = [one["header"]["kid"] for one in sealed["recipients"]]
    mine = [one for one in sealed["recipients"] if one["header"]["kid"] == own.thumbprint()]
    token = jwe.JWE(algs=["ECDH-ES+A256KW", "A256GCM"])
    token.deserialize(json.dumps({**sealed, "recipients": mine}), own)
    header = json.loads(decode(sealed["protected"]))
    assert set(header) == {"enc", "digest"} and header["digest"] == digest(token.payload.decode())
    inner = json.loads(token.payload)
    certificate = x509.load_pem_x509_certificate(inner["certificate"].encode())
    place = {**command["place"], "fingerprint": "sha256:" + certificate.fingerprint(hashes.SHA256()).hex()}
    content = {name: inner[name] for name in ("payload", "contentType") if name in inner}
    bytes_signed = signed("Hermes v1 sealed message", text_of(place, content, kids))
    certificate.public_key().verify(decode(inner["signature"]), bytes_signed, ec.ECDSA(hashes.SHA256()))
    return content  # A client verifies the certificate up to its pinned root too, as client.py does.


def run(command):
    if command["do"] == "key":
        return {"key": base64url(point(sealing_key(command["privateKey"]).public_key()))}
    return seal(command) if command["do"] == "seal" else open_sealed(command)


if __name__ == "__main__":
    print(json.dumps(run(json.load(sys.stdin))))
